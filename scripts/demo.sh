#!/usr/bin/env bash
# Shows ktap's main job on the live system: which system calls it makes, and who makes them, counted for five seconds.
source "$(dirname "$0")/common.sh"

need_linux
why=$(why_no_bpf)
[ -z "$why" ] || die "$why"
make --silent out/ktap

say "ktap: counting every system call of this machine for five seconds..."
exec out/ktap -q -e '
var calls = {}
var processes = {}

trace syscalls:sys_enter_* {
    calls[probename] += 1
    processes[execname] += 1
}

tick-5s {
    var total = 0
    for (name, count in pairs(calls)) total += count
    printf("\n%d system calls by %d programs. By name:\n\n", total, len(processes))
    print_hist(calls, 12)
    printf("\nBy program:\n\n")
    print_hist(processes, 12)
    exit()
}'
