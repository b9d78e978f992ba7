#!/usr/bin/env bash
# Shows ktap's main job on the live system: which system calls it makes, counted for five seconds.
source "$(dirname "$0")/common.sh"

need_linux
why=$(why_no_bpf)
[ -z "$why" ] || die "$why"
make --silent out/ktap

exec out/ktap -e 'trace syscalls:sys_enter_* { s[probename] += 1 } tick-5s { print_hist(s) exit() }'
