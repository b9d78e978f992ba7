using Ktap.Cli.Tests.FirstLight;
using Ktap.Tests;

namespace Ktap.Cli.Tests.Pointers;

/// <summary>What is behind pointers, on the running kernel: the kernel's own structs, and those of system calls in user memory.</summary>
public class MemberTests
{
    private static readonly string[] ThreeCalls = ["--", "perl", "-e", "getppid() for 1..3"];

    [Fact]
    public void TheTasksMembersAreWhatHelpersSay()
    {
        var run = Run("""
            trace syscalls:sys_enter_getppid {
                n += 1
                if (curtask.pid == tid and curtask.tgid == pid and curtask.comm == execname) { same += 1 }
                if (curtask.cred.uid.val == uid and curtask.cred.gid.val == gid) { owner += 1 }
                if (curtask.group_leader.pid == pid and curtask.mm.mm_users.counter == 1) { leader += 1 }
            }
            """, ThreeCalls);
        Assert.Equal("n = 3\nsame = 3\nowner = 3\nleader = 3\n", run.Output);
        Assert.Equal("ktap: command exited with status 0\n", run.Messages);
    }

    [Fact]
    public void StringsAreRead()
    {
        var run = Run("trace syscalls:sys_enter_getppid { print(curtask.nsproxy.uts_ns.name.nodename, curtask.comm, curtask.comm[0], curtask.comm[3]) }", ThreeCalls);
        var line = $"{File.ReadAllText("/proc/sys/kernel/hostname").Trim()}\tperl\t112\t108\n";
        Assert.Equal(line + line + line, run.Output);
    }

    [Fact]
    public void SystemCallsHaveTheirStructsInUserMemory()
    {
        var run = Run("trace syscalls:sys_enter_clock_nanosleep, syscalls:sys_enter_nanosleep { print(rqtp.tv_sec, rqtp.tv_nsec) }", "--", "sleep", "0.123456789");
        Assert.Equal("0\t123456789\n", run.Output);
    }

    [Fact]
    public void SystemCallsHaveTheirArgumentsByType()
    {
        var run = Run("""
            trace syscalls:sys_enter_execve /execname == sh/ { print(user_string(argv[0]), user_string(argv[1]), user_string(argv[2]), user_string(argv[3]), argv[4]) }
            trace syscalls:sys_enter_openat /execname == perl/ {
                if (user_string(filename) == "/nowhere/at/all") { printf("%x %s %d\n", flags, user_string(filename), dfd) }
            }
            """, "--", "sh", "-c", "/usr/bin/perl -e 'sysopen(F, \"/nowhere/at/all\", 01 | 02000)' one; true");
        Assert.Equal("/usr/bin/perl\t-e\tsysopen(F, \"/nowhere/at/all\", 01 | 02000)\tone\tnil\n80401 /nowhere/at/all -100\n", run.Output);
    }

    [Fact]
    public void ANullPointerIsNil()
    {
        var run = Run("""
            function group(task) { return task.tgid }
            trace syscalls:sys_enter_getppid {
                var none = cast("struct task_struct", 0)
                print(none == nil, none == 0, none ? 1 : 2, curtask == nil, curtask ? 1 : 2)
                var task = nil
                if (pid > 0) { task = curtask }
                print(task.pid == tid, task == curtask, task.mm == curtask.mm, group(curtask) == pid, group(curtask.real_parent) == ppid)
                signals["x"] = curtask.signal
                print(signals["x"].oom_score_adj == curtask.signal.oom_score_adj, signals["y"].oom_score_adj)
                while (task.pid > 0) { task = task.real_parent }
                print(task.comm, task.mm, task.mm.total_vm)
            }
            """, "--", "perl", "-e", "getppid()");
        Assert.Equal("true\ttrue\t2\tfalse\t1\ntrue\ttrue\ttrue\ttrue\ttrue\ntrue\tnil\nswapper/0\tnil\tnil\n", run.Output);
        Assert.Equal("ktap: command exited with status 0\n", run.Messages);
    }

    [Fact]
    public void ReadingThroughAWrongPointerGivesNilAndIsCounted()
    {
        var run = Run("trace syscalls:sys_enter_getppid {\n    var p = cast(\"struct task_struct\", 8)\n    print(p.mm.total_vm)\n}\n", ThreeCalls);
        Assert.Equal("nil\nnil\nnil\n", run.Output);
        Assert.Matches(@"^ktap: command exited with status 0\nktap: \S+\.kp:3: a read of memory faulted 3 times and gave nil\n$", run.Messages);
    }

    [Theory]
    [InlineData("curtask.pidd", "KT0271: 'struct task_struct' has no member 'pidd'; did you mean 'pid'?")]
    [InlineData("cast(\"struct sk_buf\", 1).len", "KT0272: the type 'struct sk_buf' is not known; did you mean 'struct sk_buff'?")]
    [InlineData("pid.len", "KT0270: an integer has no member 'len'")]
    [InlineData("cast(\"void *\", pid).len", "KT0270: a 'void *' has no member 'len'")]
    [InlineData("cast(\"struct page **\", pid).flags", "KT0270: a pointer to 'struct page *' has no member 'flags'")]
    public void MistakesAreNamed(string expression, string message)
    {
        var run = Run($"trace syscalls:sys_enter_getppid {{ print({expression}) }}", "-d");
        Assert.Equal(1, run.Status);
        Assert.Contains("error " + message, run.Messages);
    }

    private static KtapResult Run(string script, params string[] rest) => KtapProcess.WithScript(script, file =>
        rest is ["-d"] ? KtapProcess.Run("-q", "-d", file) : KtapProcess.Run(["-q", file, .. rest]));
}
