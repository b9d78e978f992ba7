# The scripts whose cost in the kernel is measured, for ktap and for bpftrace; their twins in C are bpf/NAME.plain.c and NAME.tuned.c.
# ioprio_get(0, n) looks at its arguments and returns, and nobody else calls it.
# shellcheck shell=bash
declare -A what ktap_script bpftrace_script twin
names=

script() { names+=" $1" what[$1]=$2 ktap_script[$1]=$3 bpftrace_script[$1]=$4 twin[$1]=${5:-$1}; }

event=syscalls:sys_enter_ioprio_get
script by_pid "count by pid" "trace $event { s[pid] += 1 }" "tracepoint:$event { @[pid] = count(); }"
script by_name "count by process name" "trace $event { s[execname] += 1 }" "tracepoint:$event { @[comm] = count(); }"
script latency "latency pair" "
    var started = {}
    trace $event { started[tid] = nsecs }
    trace syscalls:sys_exit_ioprio_get {
        var begun = started[tid]
        if (begun != nil) {
            took <<< nsecs - begun
            delete(started[tid])
        }
    }
    trace_end { quantize(took) }" "
    tracepoint:$event { @started[tid] = nsecs; }
    tracepoint:syscalls:sys_exit_ioprio_get /@started[tid]/ { @took = hist(nsecs - @started[tid]); delete(@started[tid]); }"
script two_part "two-part key" "trace $event { s[execname, pid] += 1 }" "tracepoint:$event { @[comm, pid] = count(); }"
script rejected "filter that rejects" "trace $event /pid == 1/ { s[execname] += 1 }" "tracepoint:$event /pid == 1/ { @[comm] = count(); }"
script stacks "user stack count" "trace $event { s[ustack()] += 1 }" "tracepoint:$event { @[ustack] = count(); }"
script by_probe "count by probe name" "trace syscalls:sys_enter_* { s[probename] += 1 }" "tracepoint:syscalls:sys_enter_* { @[probe] = count(); }" by_call
script by_cpu "count by cpu" "trace $event { s[cpu] += 1 }" "tracepoint:$event { @[cpu] = count(); }"
script by_call "count by system call" "trace syscalls:sys_enter_* { s[arg0] += 1 }" "tracepoint:raw_syscalls:sys_enter { @[args->id] = count(); }"
script histogram "values into a histogram" "trace $event { h <<< who } trace_end { quantize(h) }" "tracepoint:$event { @ = hist(args->who); }"
script scalar "n += 1" "trace $event { n += 1 }" "tracepoint:$event { @ = count(); }"
