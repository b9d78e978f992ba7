#!/bin/sh
# Runs inside a machine that tests/vm/run.sh boots: loads every script of /scripts, then traces known work. The last line is
# "N passed, N failed, N skipped".
passed=0 failed=0 skipped=0
pass() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); echo "failed: $1"; sed 's/^/    /' /tmp/why; }
skip() { skipped=$((skipped + 1)); echo "skipped: $1: $2"; }
work=/bin/known_work

# A script that compiles loads, and says so where it wants what this kernel has not. The first line of a script may have options:
# "# options: --strlen 64".
load() {
    options=$(sed -n '1s/^# options: //p' "$1")
    argument=getppid
    case $1 in
        */kernel/* | */files/slow.kp | */typed-lines.kp) argument= ;;
        */cycles.kp) argument=cpu-clock ;;
        */who-writes.kp) argument=jiffies ;;
    esac
    if ktap -d $options "$1" $argument </dev/null >/tmp/why 2>&1; then pass
    elif excused; then skip "$1" "$reason"
    else fail "$1 doesn't load"
    fi
}

# Whether all errors are about what this kernel has not, which is looked up.
excused() {
    reason=
    sed 's/\x1b\[[0-9;]*m//g' /tmp/why | grep -E 'error KT|^hint: .* has: ' >/tmp/errors
    while read -r line; do
        quoted=${line#*\'} quoted=${quoted%%\'*}
        case $line in
            *"error KT0101: no event matches "*)
                ! ls -d /sys/kernel/tracing/events/${quoted%%:*}/${quoted#*:} >/dev/null 2>&1 || return 1
                reason="this kernel has no event $quoted" ;;
            *"error KT0252: unknown field "*) field=$quoted reason= ;;
            "hint: "*" has: "*)
                event=${line#hint: } event=${event%% has: *}
                ! grep -q "[ *]$field[;\[]" "/sys/kernel/tracing/events/${event%%:*}/${event#*:}/format" || return 1
                reason="this kernel's $event has no field $field" ;;
            *"error KT0121: there is no library or program "*)
                [ -z "$(find / -xdev -name "$quoted.so*" 2>/dev/null)" ] || return 1
                reason="this machine has no $quoted" ;;
            *"error KT0121: there is no file "*)
                [ ! -e "${line##*there is no file }" ] || return 1
                reason="this machine has no ${line##*there is no file }" ;;
            *"error KT0277: the kernel has no function "*)
                ! grep -q " $quoted\$" /proc/kallsyms || return 1
                reason="this kernel has no function $quoted" ;;
            *"error KT0404: "*" needs Linux "*)
                needed=${line##*needs Linux }
                [ "$(printf '%s\n' "$needed" "$(uname -r)" | sort -t. -k1,1n -k2,2n | head -n 1)" != "$needed" ] || return 1
                reason=${line#*error KT0404: } ;;
            *) return 1 ;;
        esac
    done </tmp/errors
    [ "$reason" ]
}

# check NAME STATUS OUTPUT ARGUMENTS...: what ktap has to write and how it has to end; OUTPUT is printf's.
check() {
    name=$1 status=$2 output=$(printf "$3")
    shift 3
    got=$(timeout 600 ktap -q "$@" </dev/null 2>/tmp/messages)
    ended=$?
    if [ "$got" = "$output" ] && [ "$ended" = "$status" ]; then pass; return; fi
    { echo "status $ended, expected $status; output:"; echo "$got"; echo "expected:"; echo "$output"; echo "messages:"; cat /tmp/messages; } >/tmp/why
    fail "$name"
}

for script in $(find /scripts -name '*.kp' | sort); do load "$script"; done
loaded=$passed

check "a variable, += of one" 0 'n = 1234' -e 'trace syscalls:sys_enter_getppid { n += 1 }' -- $work getppid 1234
check "entries and returns under string keys" 0 '55\t55' \
    -e 'trace syscalls:sys_*_getp?id { s[probename] += 1 } trace_end { print(s["sys_enter_getppid"], s["sys_exit_getppid"]) }' -- $work getppid 55
check "the name of the process as a key" 0 '77' \
    -e 'trace syscalls:sys_enter_getppid { s[execname] += 1 } trace_end { print(s["known_work"]) }' -- $work getppid 77
check "keys of two parts" 0 '1\t20' \
    -e 'trace syscalls:sys_enter_getppid { s[execname, tid - pid] += 2 } trace_end { print(len(s), s["known_work", 0]) }' -- $work getppid 10
check "every update of a variable" 0 '108\t-92\t11\t2\t15\t1024\t3\t3\t1024\t1' -e 'var a = 8 var b = 8 var c = 0 var d = 6 var e = 5 var f = 1 var g = 3072 var h = 1003 var i = 1 var j = 1024
    trace syscalls:sys_enter_getppid { a += 10 b -= 10 c |= 11 d &= 10 e ^= 10 f *= 2 g /= 2 h %= 100 i <<= 1 j >>= 1 e ^= 5 e ^= 5 }
    trace_end { print(a, b, c, d, e == 5 ? 15 : e, f, g, h, i, j) }' -- $work getppid 10
check "every update of a slot" 0 '100\t-100\t11\t0\t0\t1024' -e 'var t = {f = 1}
    trace syscalls:sys_enter_getppid { t["a"] += 10 t["b"] -= 10 t["c"] |= 11 t["d"] &= 10 t["e"] ^= 10 t["f"] *= 2 }
    trace_end { print(t.a, t.b, t.c, t.d, t.e, t.f) }' -- $work getppid 10
check "interrupts" 0 'true\tnil\tnil\ttrue' -e 'trace syscalls:sys_enter_getppid { system_call[in_interrupt()] = true }
    profile-100hz { sample[in_interrupt()] = true } trace_end { print(system_call[false], system_call[true], sample[false], sample[true]) }' -- $work getppid 1000000
check "filters" 0 '1234\tnil' -e 'trace syscalls:sys_enter_getppid /execname == known_work && pid/ { n += 1 }
    trace syscalls:sys_enter_getppid /execname ~ "nown*"/ { m += 1 } trace_end { print(n, m) }' -- $work getppid 1234
check "exit ends tracing with its code" 7 'n = 5' -e 'trace syscalls:sys_enter_getppid { n += 1 if (n == 5) { exit(7) } }' -- $work getppid 100000
check "records in order, the end after them" 0 "$(seq 500)\nend" -e 'trace syscalls:sys_enter_getppid { n += 1 print(n) } trace_end { print("end") }' -- $work getppid 500
check "strings of the traced process" 0 'again once\nagain once\nagain once' \
    -e 'trace syscalls:sys_enter_execve /execname == known_work/ { printf("%s %s\n", user_string(argv[0]), user_string(argv[1])) }' -- $work run 3 /bin/true
check "fields of tracepoints; children" 0 '5' \
    -e 'trace sched:sched_process_fork /parent_comm == known_work/ { n += 1 } trace_end { print(n) }' -- $work exit 5 3
check "several tracepoints with names alone" 0 '4\t4' \
    -e 'trace sched:sched_process_* { s[probename] += 1 } trace_end { print(s.sched_process_fork, s.sched_process_exit - 1) }' -- $work exit 4 0
check "the kernel's text of an event" 0 'filename=/bin/true' -e 'trace sched:sched_process_exec /filename == "/bin/true"/ { printf("%.18s\n", argstr) }' -- $work run 1 /bin/true
check "arguments and results of system calls" 0 '-2\t321' -e 'trace syscalls:sys_exit_openat { if (ret < 0) { last = ret n += 1 } } trace_end { print(last, n) }' -- $work open 321 /nowhere
check "divide by zero is counted" 1 '5\tnil' --strict -e 'trace syscalls:sys_enter_getppid { a += 1 x = 1 / (pid - pid) b += 1 } trace_end { print(a, b) }' -- $work getppid 5
check "a full table refuses stores" 1 '10' --strict --max-entries 10 -e 'trace syscalls:sys_enter_getppid { i += 1 t[i] = 1 } trace_end { print(len(t)) }' -- $work getppid 25
grep -q "was full: 15 updates refused" /tmp/messages && pass || { cp /tmp/messages /tmp/why; fail "a full table counts what it refused"; }
check "a full table refuses updates" 1 '10' --strict --max-entries 10 -e 'trace syscalls:sys_enter_getppid { i += 1 t[i] += 1 } trace_end { print(len(t)) }' -- $work getppid 25
grep -q "was full: 15 updates refused" /tmp/messages && pass || { cp /tmp/messages /tmp/why; fail "a full table counts what it refused to add"; }
check "another command is not traced" 0 'n = 3' -e 'trace syscalls:sys_enter_getppid { n += 1 }' -- $work getppid 3
check "ticks" 4 'tick\ntick\ntick' -e 'tick-100ms { print("tick") n += 1 if (n == 3) exit(4) }'
check "ticks see what handlers count" 0 'sum 2000' -e 'trace syscalls:sys_enter_getppid { n += 1 } tick-10ms { if (n == 2000) { seen = n } } trace_end { printf("sum %d\n", n) }' -- $work getppid 2000
check "stacks: one of the kernel, one of the program, parts of them" 0 '1\t1\t50\ttrue\ttrue\ttrue' -e 'trace syscalls:sys_enter_getppid { k[stack()] += 1 u[ustack()] += 1
    same = stack(2) == stack(2) and stack(1, 1) == stack(1, pid - pid + 1) and ustack(2) == ustack(pid - pid + 2) other = stack(1) != stack(2) and stack(1) != stack(1, 1) kept = stack() != nil }
    trace_end { for (s, n in pairs(k)) print(len(k), len(u), n, same, other, kept) }' -- $work getppid 50
check "stacks of samples" 0 'true\ttrue' -e 'profile-100hz { k[stack()] += 1 u[ustack()] += 1 n += 1 } trace_end { var a = 0 var b = 0 for (s, c in pairs(k)) a += c for (s, c in pairs(u)) b += c print(a == n, b == n) }' -- $work spin 500
check "profile samples the processor" 0 'true' -e 'profile-100hz { n += 1 } trace_end { print(n > 20 and n < 200) }' -- $work spin 500

. /functions.sh

# Functions and static markers of a program, by whichever way this kernel has; then a command without cgroup2.
calls=/bin/known_calls
check "calls of a function" 0 '1234' -e "trace probe:$calls:negate { n += 1 } trace_end { print(n) }" -- $calls negate 1234
check "arguments of a function" 0 '0\t-2\t3\t4\t5\t6\t7\t8\t-9' -e "trace probe:$calls:nine { print(arg1, arg2, arg3, arg4, arg5, arg6, arg7, arg8, arg9) }" -- $calls nine 1
check "returns of a function" 0 '23\n22' -e "trace probe:$calls:nine%return { print(retval) }" -- $calls nine 2
check "functions by a glob" 0 '7\t14\t21' -e "trace probe:$calls:step_* { s[probename] += 1 } trace_end { print(s.step_one, s.step_two, s.step_three) }" -- $calls steps 7
check "fetch arguments of a function" 0 'Ada\nAda' -e "trace uprobe:$calls:greet name=+0(%di):ustring { print(name) }" -- $calls greet 2
check "markers, and their arguments" 0 '100\t-200\n-200\t300' -e "trace sdt:$calls:indexed { print(arg1, arg2) }" -- $calls marks 2
check "markers with a semaphore" 0 '0\n1\n2' -e "trace sdt:$calls:asked { print(arg1) }" -- $calls marks 3
check "markers by a glob" 0 '9\t10\t5' -e "trace sdt:$calls:* { s[probename] += 1 } trace_end { print(len(s), s.both, s.asked) }" -- $calls marks 5
check "a marker with its argument in two places" 0 '3\t3' -e "trace sdt:$calls:both { s[arg1 > 0 and arg1 < 4] += 1 } trace_end { print(s[true], s[false]) }" -- $calls marks 3
umount /sys/fs/cgroup
check "a command's children without cgroup2" 0 '6\t6\t9' -e "trace probe:$calls:step_* { s[probename] += 1 } trace_end { print(s.step_one, s.step_two, s.step_three) }" -- $calls children 3
check "a command's processes without cgroup2" 0 '8\t8' -e 'trace sched:sched_process_exec, sched:sched_process_exit { s[probename] += 1 } trace_end { print(s.sched_process_exec, s.sched_process_exit) }' -- $calls children 7
mount -t cgroup2 cgroup2 /sys/fs/cgroup

check "page faults one by one" 0 'true' -e 'trace sw:page-faults:1 { n += 1 } trace_end { print(n >= 1000 and n < 1100) }' -- $work touch 1000
check "periods of counters add up" 0 'true' -e 'trace page-faults:10 { n += period } trace_end { print(n >= 990 and n < 1100) }' -- $work touch 1000
check "a variable written" 0 '500\t1' -e 'trace mem:watched:w { n += 1 last = value } trace_end { print(n, last) }' -- $work write 500
check "a variable written or read" 0 '500' -e 'trace mem:watched:rw { n += 1 } trace_end { print(n) }' -- $work write 500
check "execution of an instruction" 0 '500' -e 'trace mem:write_watched:x { n += 1 } trace_end { print(n) }' -- $work write 500
check "a variable of the kernel" 0 '50\t4' -e 'trace mem:core_uses_pid/4:w { n += 1 size = sizeof("int") } trace_end { print(n, size) }' \
    -- sh -c 'i=0; while [ $i -lt 50 ]; do echo 0 >/proc/sys/kernel/core_uses_pid; i=$((i + 1)); done'
check "a clock samples the processor" 0 'true' -e 'trace cpu-clock:1ms { n += period } trace_end { print(n > 100000000) }' -- $work spin 500

echo "$loaded scripts loaded"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
