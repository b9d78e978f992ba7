# The bpftraces to compare with: Debian unstable's (or $BPFTRACE) and Debian 12's, each in a root of its own, on this kernel.
# shellcheck shell=bash
declare -A bpftrace bpftrace_version bpftrace_root

# Fills roots that are missing; they stay in a cache. Where one can't be had, its rows say so.
find_bpftrace() {
    local cache=${XDG_CACHE_HOME:-$HOME/.cache}/ktap-bench
    mkdir -p "$cache"
    if [ -n "${BPFTRACE:-}" ]; then
        bpftrace[new]=$BPFTRACE
    else
        enter_root new sid "$cache/bpftrace-sid"
    fi
    enter_root old bookworm "$cache/bpftrace-bookworm"
    local which
    for which in new old; do
        bpftrace_version[$which]=none
        [ -z "${bpftrace[$which]:-}" ] || bpftrace_version[$which]=$(${bpftrace[$which]} --version 2>/dev/null | sed -n 's/^bpftrace v//p')
    done
}

enter_root() {
    local which=$1 suite=$2 root=$3 folder
    [ -e "$root" ] || make_root "$suite" "$root" || return 0
    for folder in proc sys dev; do
        mount --rbind "/$folder" "$root/$folder"
    done
    bpftrace_root[$which]=$root
    bpftrace[$which]="chroot $root bpftrace"
}

# From the archive that apt uses on this machine.
make_root() {
    local suite=$1 root=$2 uri VERSION_CODENAME=''
    . /etc/os-release
    uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $VERSION_CODENAME" 'Component: main' | head -n1)
    [ -n "$uri" ] || { say "ktap: apt on this machine lists no Debian archive, so there is no bpftrace of $suite to compare with"; return 1; }
    say "ktap: installing the bpftrace of Debian $suite into $root"
    rm -rf "$root.new"
    if debootstrap --variant=minbase --include=bpftrace "$suite" "$root.new" "$uri" >"$root.log" 2>&1; then
        mv "$root.new" "$root"
    else
        say "ktap: there is no bpftrace of Debian $suite to compare with: debootstrap failed, see $root.log"
        return 1
    fi
}
