# Memory of the process and of its maps, and the processor time of a tracer that has nothing to do.
# shellcheck shell=bash

measure_memory() {
    local hook=syscalls:sys_enter_ioprio_get which result
    local -A peak=([new]=- [old]=-)
    result=$(session says:Tracing calls:1000 "$ktap -e 'trace $hook { s[pid] += 1 }'")
    for which in new old; do
        [ -z "${bpftrace[$which]:-}" ] || peak[$which]=$(session waits calls:1000 "${bpftrace[$which]} -e 'tracepoint:$hook { @[pid] = count(); }'" | peak_mb)
    done
    row memory "peak memory of a one-liner" MB new="${peak[new]}" old="${peak[old]}" ktap="$(peak_mb <<<"$result")" \
        note="its maps in the kernel: $(value map_bytes <<<"$result" | awk '{ printf "%.1f", $1 / 1048576 }') MB" "most 12"

    # What a table's entry takes in the kernel and in the process while tracing: a large table less a small one, over the difference in entries.
    local small large own
    small=$(session says:Tracing calls:10000 "$ktap --max-entries 10240 -e 'trace $hook { s[who] += 1 }'")
    large=$(session says:Tracing calls:1000000 "$ktap --max-entries 1048576 -e 'trace $hook { s[who] += 1 }'")
    own=$(awk -v a="$("$built/meter" map 10240)" -v b="$("$built/meter" map 1048576)" 'BEGIN { print (b - a) / (1048576 - 10240) }')
    row memory "memory of a table's entry while tracing" bytes own="$own" plain="$own" \
        ktap="$(awk -v a="$(held <<<"$small")" -v b="$(held <<<"$large")" 'BEGIN { print (b - a) / (1048576 - 10240) }')" \
        note="a million entries, printed: peak memory $(peak_mb <<<"$large" | awk '{ printf "%.0f", $1 }') MB" "own 1.1"
    measure_idle
}

session() { "$built/meter" session -a "$1" -w "$2" "exec $3" 2>"$built/memory.log" || cat "$built/memory.log" >&2; }

# The larger of what /proc said before the end and what the kernel said behind it.
peak_mb() { awk -F= '$1 == "peak_kb" || $1 == "peak_to_end_kb" { if ($2 > most) most = $2 } END { print most ? most / 1024 : "-" }'; }

# Bytes in the kernel's maps and in the process.
held() { awk -F= '$1 == "map_bytes" { sum += $2 } $1 == "resident_kb" { sum += $2 * 1024 } END { print sum }'; }

# All of them at once: none disturbs another.
measure_idle() {
    local folder milliseconds=10000 which hook=syscalls:sys_enter_ioprio_set
    [ -z "$quick" ] || milliseconds=3000
    folder=$(mktemp -d)
    session says:Tracing "idle:$milliseconds" "$ktap -e 'trace $hook { n += 1 }'" >"$folder/ktap" &
    for which in new old; do
        [ -z "${bpftrace[$which]:-}" ] || session waits "idle:$milliseconds" "${bpftrace[$which]} -e 'tracepoint:$hook { @ = count(); }'" >"$folder/$which" &
    done
    wait
    row memory "processor time, nothing happens" % new="$(busy "$folder/new")" old="$(busy "$folder/old")" ktap="$(busy "$folder/ktap")" "most 0.1"
    rm -r "$folder"
}

busy() { awk -F= '$1 == "cpu" { cpu = $2 } $1 == "working" { all = $2 } END { print all ? 100 * cpu / all : "-" }' "$1" 2>/dev/null || echo -; }
