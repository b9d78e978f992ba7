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
