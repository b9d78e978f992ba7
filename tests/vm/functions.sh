# Kernel functions, sourced by inside.sh: kernels of Debian have kprobes, trampolines (those of 5.10 too), and from 6.12 on kprobe.multi.
trace=/sys/kernel/tracing

check "a function's entry; its name, group and address" 0 '100\t100\t100\t100' -e 'trace probe:vfs_read { n += 1 s[probename] += 1 g[probegroup] += 1 a[arg0] += 1 }
    trace_end { print(n, s.vfs_read, g.probe, a[kaddr("vfs_read")]) }' -- $work copy 100 10
check "functions by a pattern" 0 '100\t100' -e 'trace probe:vfs* { s[probename] += 1 } trace_end { print(s.vfs_read, s.vfs_write) }' -- $work copy 100 10
check "several functions in one handler" 0 '100\t100\t2' -e 'trace probe:vfs_read, kprobe:vfs_write { s[probename] += 1 } trace_end { print(s.vfs_read, s.vfs_write, len(s)) }' -- $work copy 100 10
check "fetch arguments" 0 '-100\t/nowhere\t0x8000\t-100\t/nowhere\t0x8000\n-2\t-2' -e 'trace probe:do_sys_openat2 dfd=%di:s32 filename=+0(%si):ustring flags=+0(%dx):x64 { print(dfd, filename, flags, arg1, arg2, arg3) }
    trace probe:do_sys_openat2%return fd=$retval { print(fd, retval) }' -- $work open 1 /nowhere
check "fetch arguments of every kind" 0 'known_work\t40\t40\t0x28\t8\t5\t40\ttext\ttrue\ttrue\tvfs_read\t/' -e 'trace probe:vfs_read comm=$comm a=%dx b=$arg3:u8 c=%dx:x16 d=%dx:b4@0/8 e=\5 f=count g=\"text" h=$stack i=$stack0:x64 j=@vfs_read:u8 k=+0(+0(+8($arg1))):x64 l=$arg2:symbol m=+u0(%si):char {
    top = h hex = i present = k != nil code = j print(comm, a, f, c, d, e, arg3, g, top < 0, hex < 0, probename, "/") exit() }' -- $work copy 10 40
check "what can't be read is nil, and counted" 0 '7\tnil' -e 'trace probe:vfs_read bad=+0(+8(\0)):string { n += 1 if (bad != nil) { m += 1 } } trace_end { print(n, m) }' -- $work copy 7 10
grep -q "a read of memory faulted 7 times" /tmp/messages && pass || { cp /tmp/messages /tmp/why; fail "reads that fault are counted"; }
check "the text of an event" 0 '(do_sys_openat2) dfd=0xffffff9c filename="/nowhere"\t5\n(<- do_sys_openat2) fd=-2' -e 'trace probe:do_sys_openat2 dfd=%di filename=+0(%si):string { print(argstr, 5) } trace probe:do_sys_openat2%return fd=$retval:s32 { print(argstr) }' -- $work open 1 /nowhere
check "parameters by name and by number, as BTF has them" 0 'zero\t10\t10\t32768' -e 'trace probe:vfs_read { print(kernel_string(file.f_path.dentry.d_name.name), args.count, arg3, arg1.f_flags & 0x8000) exit() }' -- $work copy 5 10
check "parameters of a pattern's functions" 0 '50\t50' -e 'trace probe:vfs_[rw]* /args.count == 77/ { s[probename] += 1 } trace_end { print(s.vfs_read, s.vfs_write) }' -- $work copy 50 77
check "returns" 0 '50\t50\t50\t50' -e 'trace probe:vfs_read%return /retval == 77/ { a += 1 } trace kretprobe:vfs_read /arg1 == 77/ { b += 1 } trace probe:vfs_[rw]*%return { if (retval == 77) s[probename] += 1 }
    trace_end { print(a, b, s.vfs_read, s.vfs_write) }' -- $work copy 50 77
check "the old spellings" 0 '50\t50\t50\t50' -e 'function f(e) { s[e.name] += 1 } function g(e) { if (e.retval == 77) returned += 1 } kdebug.kprobe("vfs_read", f) kdebug.probe("kprobe:vfs_read!", g) trace probe:vfs_read! { m += 1 } trace kprobe:vfs_read! { k += 1 }
    trace_end { print(s.vfs_read, returned, m, k) }' -- $work copy 50 77
check "ftrace:function" 0 '50\t50' -e 'trace ftrace:function /ip == vfs_re* && execname == known_work/ { s[ip] += 1 p[ip, parent_ip] += 1 } trace_end { for (k, n in pairs(p)) if (k[1] == "vfs_read") print(s.vfs_read, n) }' -- $work copy 50 10
check "the latency of a function" 0 '50\t50' -e 'trace probe:vfs_read { at[tid] = nsecs } trace probe:vfs_read%return { if (at[tid] != nil) { h[execname] = hist(nsecs - at[tid]) h2[execname] <<< nsecs - at[tid] at[tid] = nil } } trace_end { print(count(h["known_work"]), count(h2["known_work"])) }' -- $work copy 50 10
check "stacks begin with the function" 0 'true\ttrue\t2' -e 'trace probe:vfs_read { s[stack(1)] += 1 } trace probe:vfs_[r]ea? { m[stack(1)] += 1 } trace_end { for (k, n in pairs(s)) a = glob(stringof(k), "vfs_read+*") for (k, n in pairs(m)) b = glob(stringof(k), "vfs_read+*") print(a, b, len(s) + len(m)) }' -- $work copy 5 10
check "the addresses of a struct sock" 0 '127.0.0.1\t127.0.0.1\t5' -e 'trace probe:tcp_connect { s[net.ip_sock_saddr(sk), net.ip_sock_daddr(arg1)] += 1 } trace_end { for (k, n in pairs(s)) print(net.format_ip_addr(k[1]), net.format_ip_addr(k[2]), n) }' -- $work connect 5
# An offset where an instruction begins: behind the call that the function tracer has at the start, with or without a mark for indirect branches.
inside=
for offset in 9 5 11 7; do
    timeout 600 ktap -q -e 'trace "probe:vfs_read+" .. arg[1] { exit() }' $offset -- $work copy 1 1 >/dev/null 2>&1 && inside=$offset && break
done
check "a place inside a function" 0 '50\t50' -e 'trace "probe:vfs_read+" .. (arg[1]) { n += 1 a[arg0 - kaddr("vfs_read")] += 1 } trace_end { print(n, a[arg[1]]) }' $inside -- $work copy 50 10
check "trampolines" 0 '50\t50\t50\t50\t50\ttrue' -e 'trace fentry:vfs_read { if (args.count == 77) n += 1 if (arg3 == 77) a += 1 flags = file.f_flags place = arg0 == kaddr("vfs_read") } trace fexit:vfs_read { if (retval == 77) m += 1 if (arg5 == 77) b += 1 if (args.count == 77) c += 1 }
    trace_end { print(n, a, m, b, c, place) }' -- $work copy 50 77
check "stacks of trampolines" 0 'true' -e 'trace fentry:vfs_read { s[stack(1)] += 1 } trace_end { for (k, n in pairs(s)) print(glob(stringof(k), "vfs_read+*")) }' -- $work copy 5 10
check "raw tracepoints" 0 '5\t5\t5' -e 'trace rawtp:sched_process_fork { n += 1 if (arg1.comm == "known_work") m += 1 } trace rawtp:sched_process_* { s[probename] += 1 } trace_end { print(n, m, s.sched_process_fork) }' -- $work exit 5 0

echo 'p:probe/myread vfs_read count=%dx:u64 comm=$comm' >$trace/kprobe_events
echo 'r:mine/mydone vfs_read $retval' >>$trace/kprobe_events
check "events that perf probe made" 0 '50\t50\t50\t50\t50' -e 'trace probe:myread { n += 1 if (args.count == 77) m += 1 if (arg1 == 77) k += 1 s[args.comm] += 1 } trace mine:* { if (arg1 == 77) r += 1 } trace_end { print(n, m, k, s.known_work, r) }' -- $work copy 50 77
echo >$trace/kprobe_events

# A store in a handler makes another probe hit, which can't run inside it. Kernels count that for programs of trampolines (5.12), and for kprobes (6.7).
misses() {
    check "$1" 0 '50' -e "trace probe:vfs_read { n += 1 t[nsecs] = n } trace $2:htab_map_update_elem { m += 1 u[nsecs] = m } trace_end { print(n) }" -- $work copy 50 10
    grep -q "^ktap: 50 hits of $2:htab_map_update_elem were missed" /tmp/messages && pass || { cp /tmp/messages /tmp/why; fail "$1"; }
}
case $(uname -r) in
    5.10.*) skip "missed hits are counted" "this kernel doesn't count them" ;;
    6.1.*) misses "hits of trampolines that were missed" fentry ;;
    *) misses "hits of trampolines that were missed" fentry; misses "hits of kprobes that were missed" probe ;;
esac

# refuses NAME STATUS MESSAGE ARGUMENTS...: what ktap has to say.
refuses() {
    name=$1 status=$2 text=$3
    shift 3
    timeout 600 ktap -q "$@" </dev/null >/tmp/messages 2>&1
    [ $? = "$status" ] && grep -qF "$text" /tmp/messages && pass || { cp /tmp/messages /tmp/why; fail "$name"; }
}
refuses "a function that isn't there" 1 "the nearest that exist: vfs_read" -e 'trace probe:vfs_rea {}'
refuses "a function that can't be probed" 1 "'get_kprobe' can't be probed" -e 'trace probe:get_kprobe {}'
refuses "the inside of an instruction" 3 "no instruction begins at that offset" -e 'trace probe:vfs_read+1 {}'
refuses "a return value for a function that must not fail" 1 "this kernel " --unsafe -e 'trace probe:vfs_read { override_return(0) }'
ktap -q -v -e 'trace probe:vfs* { n += 1 }' -- $work copy 1 1 </dev/null >/tmp/messages 2>&1
grep -q "can't attach to probe:vfs_caches_init: the kernel was built so that it can't be traced" /tmp/messages && pass || { cp /tmp/messages /tmp/why; fail "what a pattern leaves out is told"; }

sample() { script=$1; shift; timeout 600 ktap -q "/scripts/samples/kernel/$script.kp" "$@" </dev/null 2>/tmp/messages; }
has() {
    if grep -qE "$2" /tmp/out; then pass; else { cat /tmp/out /tmp/messages; } >/tmp/why; fail "the sample $1 has '$2'"; fi
}
sample vfs-calls -- $work copy 100 10 >/tmp/out
has vfs-calls '^ +vfs_read \|@+ +100$'
sample traced-functions -- $work copy 100 10 >/tmp/out
has traced-functions '^ +vfs_read \|@+ +100$'
sample function-latency vfs_write -- $work copy 100 10 >/tmp/out
has function-latency '^known_work: 100 calls of vfs_write, [1-9][0-9]* ns on average$'
sample opens -- $work open 3 /nowhere >/tmp/out
[ "$(grep -cE '^known_work +0x008000   -2 /nowhere$' /tmp/out)" = 3 ] && pass || { cat /tmp/out /tmp/messages >/tmp/why; fail "the sample opens shows each open"; }
sample tcp-connects -- $work connect 3 >/tmp/out
[ "$(grep -cE '^known_work +127\.0\.0\.1:[0-9]+ -> 127\.0\.0\.1:[0-9]+$' /tmp/out)" = 3 ] && pass || { cat /tmp/out /tmp/messages >/tmp/why; fail "the sample tcp-connects shows each connection"; }
sample return-values vfs_write -- $work copy 100 10 >/tmp/out
has return-values '^ +known_work, 10 \|@+ +100$'
