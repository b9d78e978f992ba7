# How long until everything is attached, and until nothing is left. Milliseconds.
# shellcheck shell=bash

measure_life() {
    local rounds=9 few=3 stop='trace syscalls:sys_enter_ioprio_set { exit() }'
    [ -z "$quick" ] || rounds=3 few=1
    local one="trace syscalls:sys_enter_ioprio_get { s[pid] += 1 }" bpftrace_one="tracepoint:syscalls:sys_enter_ioprio_get { @[pid] = count(); }"
    live "$rounds" runs:1 "$ktap -q -e '$one'"
    local attached=$lived_attached least=$least_attached twin new old
    live "$rounds" runs:1 "$built/loader $built/by_pid.plain.o"
    twin=$lived_attached
    live_bpftrace new "$few" runs:1 "$bpftrace_one"
    new=$lived_attached
    live_bpftrace old "$few" runs:1 "$bpftrace_one"
    old=$lived_attached
    row life "one tracepoint, start to attached" ms new="$new" old="$old" plain="$twin" ktap="$attached" least="$least" "most 10"

    # bpftrace takes a minute for it, and did while what its programs cost was measured. The end of C is that of its process by SIGINT: what
    # the kernel takes to forget one program.
    live "$rounds" runs:1 "$built/loader $built/by_call.tuned.o"
    local c_attached=$lived_attached c_gone=$lived_gone c_ended=$lived_ended
    live "$rounds" runs:1 "$ktap -q -e 'trace syscalls:sys_enter_* { s[probename] += 1 } $stop'" event
    row life "all system calls by name, start to attached" ms new="$(ms "${slow_start:--}")" old="$(ms "${old_slow_start:--}")" \
        tuned="$c_attached" ktap="$lived_attached" least="$least_attached" "most 15"
    row life "all system calls by name, exit() to ended" ms new="$(ms "${slow_end:--}")" old="$(ms "${old_slow_end:--}")" \
        tuned="$c_gone" ktap="$lived_gone" least="$least_gone" note="the process: C $c_ended ms, ktap $lived_ended ms" "most 15"

    # Its own word for "attached", since the first event isn't the last one here.
    live "$few" says:Tracing "$ktap -e 'trace *:* { s[probename] += 1 } $stop'" event
    row life "*:* by name, start to attached" ms ktap="$lived_attached" least="$least_attached" "most 300"
    row life "*:* by name, exit() to ended" ms ktap="$lived_gone" least="$least_gone" note="the process: $lived_ended ms" "most 300"
}

# Runs a command so many times; sets what the median, and the least, of its beginnings and ends was.
live() {
    local rounds=$1 how=$2 command=$3 by=${4:-signal} n all=''
    for ((n = 0; n < rounds; n++)); do
        all+=$("$built/meter" session -a "$how" -e "$by" "exec $command" 2>"$built/life.log")$'\n' || { cat "$built/life.log" >&2; break; }
        sleep 0.1 # what attaches within 60 ms of a detach waits for the kernel
    done
    lived_attached=$(ms "$(value attached <<<"$all" | median)") least_attached=$(ms "$(value attached <<<"$all" | least)")
    lived_ended=$(ms "$(value ended <<<"$all" | median)")
    lived_gone=$(ms "$(value gone <<<"$all" | median)") least_gone=$(ms "$(value gone <<<"$all" | least)")
}

live_bpftrace() {
    lived_attached=- lived_ended=-
    [ -z "${bpftrace[$1]:-}" ] || live "$2" "$3" "${bpftrace[$1]} -e '$4'"
}

ms() { awk -v us="$1" 'BEGIN { print us == "-" || us == "" ? "-" : us / 1000 }'; }
