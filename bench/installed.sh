# What has to be on a machine: the executable and the libraries that it needs beyond libc's own package.
# shellcheck shell=bash

measure_installed() {
    local which libraries
    local -A size=([new]=- [old]=-)
    for which in new old; do
        if [ -n "${bpftrace_root[$which]:-}" ]; then
            size[$which]=$(chroot "${bpftrace_root[$which]}" sh -c "$needed /usr/bin/bpftrace" | megabytes)
        elif [ -n "${bpftrace[$which]:-}" ]; then
            size[$which]=$(sh -c "$needed ${bpftrace[$which]}" | megabytes)
        fi
    done
    libraries=$(sh -c "$needed $ktap" | tail -n +2 | wc -l)
    row installed "what must be installed" MB new="${size[new]}" old="${size[old]}" ktap="$(sh -c "$needed $ktap" | megabytes)" \
        note="libraries beyond libc: $libraries" "most 8"
}

# Prints the size of each file.
needed='f() { stat -Lc %s $1; ldd $1 | sed -n "s/.*=> \(\/[^ ]*\).*/\1/p" | grep -vE "/(libc|libm|libdl|libpthread|librt|libresolv)\.so" | while read -r library; do stat -Lc %s "$library"; done; }; f'
megabytes() { awk '{ sum += $1 } END { print sum / 1e6 }'; }
