# printf to a file, a million events a second: the work on CPU 1, the tracer on CPU 0. What is lost must be counted.
# shellcheck shell=bash

measure_output() {
    local folder seconds=30 few=5
    [ -z "$quick" ] || seconds=5 few=3
    folder=$(mktemp -d -p "$(roomy_folder)")
    local printf_fields='printf("%d %s %d\n", pid, ' hook=syscalls:sys_enter_ioprio_get
    local script="trace $hook { $printf_fields execname, nsecs) }" other="tracepoint:$hook { $printf_fields comm, nsecs); }"

    flood "$folder" runs:1 "$built/loader $built/empty.raw.o" "paced:$((few * 1000000)):1000000"
    local empty=$a_call
    flood "$folder" says:Tracing "$ktap -e '$script'" "paced:$((seconds * 1000000)):1000000"
    local lost_share=$lost_percent loop=$a_call processor=$cpu_percent uncounted=$((calls - printed - reported))
    flood "$folder" says:Tracing "$ktap -e '$script'" "calls:$((few * 1000000))"
    uncounted=$((uncounted + calls - printed - reported))
    local unpaced=$lost_percent unpaced_call=$a_call unpaced_reported=$reported
    local -A share=([new]=- [old]=-) slow=([new]=- [old]=-) free=([new]=- [old]=-)
    local which
    for which in new old; do
        [ -n "${bpftrace[$which]:-}" ] || continue
        flood "$folder" waits "${bpftrace[$which]} -e '$other'" "paced:$((few * 1000000)):1000000"
        share[$which]=$lost_percent slow[$which]=$a_call
        flood "$folder" waits "${bpftrace[$which]} -e '$other'" "calls:$((few * 1000000))"
        free[$which]=$lost_percent
    done
    rm -r "$folder"
    row output "printf, 1 M events/s for $seconds s: lost" % new="${share[new]}" old="${share[old]}" ktap="$lost_share" \
        note="the reader's processor was busy for $processor % of the time" "most 0"
    row output "printf, 1 M events/s: a traced call" ns new="${slow[new]}" old="${slow[old]}" empty="$empty" ktap="$loop" \
        note="under an empty program $empty" "empty 1.6"
    row output "printf, paced and as fast as it goes: lost, not counted" events ktap="$uncounted" \
        note="as fast as it goes: of $((few * 1000000)) calls of $unpaced_call ns each, $unpaced % were lost ($unpaced_reported reported); bpftrace ${free[new]} % and ${free[old]} %" "most 0"
}

# The lines of one run would be more than a gigabyte, and the disk's speed isn't the matter.
roomy_folder() {
    local kb
    kb=$(df -k --output=avail /dev/shm 2>/dev/null | tail -n1)
    if [ "${kb:-0}" -gt 4000000 ]; then echo /dev/shm; else echo "$built"; fi
}

# Runs a tracer while the work calls; sets a_call (ns), calls, printed, reported (lost, as it says), lost_percent, cpu_percent.
flood() {
    local folder=$1 how=$2 command=$3 work=$4 result
    calls=${work#*:} calls=${calls%%:*} a_call=- printed=0 reported=0 lost_percent=- cpu_percent=-
    result=$("$built/meter" session -a "$how" -w "$work" -c 0 -o "$folder/lines" "exec $command" 2>"$folder/said") || { cat "$folder/said" >&2; return; }
    a_call=$(value ns_a_call <<<"$result")
    printed=$(grep -c ' meter ' "$folder/lines" || true)
    reported=$(awk '/records of output were lost/ { for (i = 1; i < NF; i++) if ($(i + 1) == "records") sum += $i } END { print sum + 0 }' "$folder/said")
    lost_percent=$(awk -v all="$calls" -v got="$printed" 'BEGIN { print 100 * (all - got) / all }')
    cpu_percent=$(awk -v cpu="$(value cpu <<<"$result")" -v all="$(value working <<<"$result")" 'BEGIN { printf "%.0f", 100 * cpu / all }')
    sleep 0.1
}
