using System.Net;
using Ktap.Cli.Tests.FirstLight;

namespace Ktap.Cli.Tests.Handlers;

/// <summary>Names that the kernel knows, and what is said of those that it doesn't; addresses of the net.</summary>
public class NameTests
{
    private static readonly string[] OneCall = ["--", "perl", "-e", "getppid()"];

    private static KtapResult Run(string script, params string[] command) => KtapProcess.Run(["-q", "-e", script, .. command.Length > 0 ? command : OneCall]);

    [Theory]
    [InlineData("trace syscalls:sys_enter_getppid { print(TCP_CLOSE_WAIT, IPPROTO_TCP + 0) }", "8\t6\n")]
    [InlineData("ffi.cdef(\"enum mine { MINE_A = 41, MINE_B };\") trace syscalls:sys_enter_getppid { print(MINE_B) }", "42\n")]
    [InlineData("IPPROTO_TCP = 7 trace syscalls:sys_enter_getppid { print(IPPROTO_TCP) }", "7\n")]
    [InlineData("trace syscalls:sys_enter_getppid /__syscall_nr - 104 == IPPROTO_TCP/ { print(\"in a filter\") }", "in a filter\n")]
    public void EnumeratorsAreNames(string script, string expected) => Assert.Equal(expected, Run(script).Output);

    [Theory]
    [InlineData("trace sched:sched_switch /prev_pid == sleep/ { n += 1 }", "1:39: error KT0267: 'sleep' is no variable, builtin, field or enumerator, and beside an integer it is no string")]
    [InlineData("trace sched:sched_switch { n = TASK_RUNNING }", "1:32: error KT0252: unknown field 'TASK_RUNNING'")]
    [InlineData("trace syscalls:sys_exit_read { n = foo }", "hint: syscalls:sys_exit_read has: ret")]
    [InlineData("trace syscalls:sys_enter_openat { print(str(filename)) }", "1:41: error KT0266: unknown function 'str'")]
    [InlineData("trace syscalls:sys_exit_read /start[tid]/ { n += 1 }", "1:31: error KT0252: unknown field 'start'")]
    [InlineData("trace sys_enter_openat { n += 1 }", "hint: the nearest that exist: syscalls:sys_enter_openat\n")]
    [InlineData("trace syscalls:openat { n += 1 }", "hint: the nearest that exist: syscalls:sys_enter_openat, syscalls:sys_exit_openat\n")]
    [InlineData("trace openat { n += 1 }", "hint: the nearest that exist: syscalls:sys_enter_openat, syscalls:sys_exit_openat\n")]
    [InlineData("trace irq:sched_switch { n += 1 }", "hint: the nearest that exist: sched:sched_switch\n")]
    [InlineData("trace syscalls:sys_exit_read { s[ustack] = count() }", "hint: to call it, write ustack()")]
    [InlineData("trace syscalls:sys_exit_read { s[pid] = count }", "hint: to call it, write count()")]
    [InlineData("trace syscalls:sys_exit_read { n = nsecs / 1e6 }", "hint: write 1000000\n")]
    [InlineData("s = {} trace syscalls:sys_exit_read { s[1] = 2 delete(s, tid) }", "hint: Empties a table; `delete(t[k])` removes one slot.")]
    public void WhatIsWrongIsSaidOnce(string script, string expected)
    {
        var messages = Run(script).Messages;
        Assert.Contains(expected, messages);
        Assert.Equal(1, messages.Split("error KT").Length - 1);
    }

    // What is computed from a pointer's member may be nil, but is meant as a number.
    [Theory]
    [InlineData("if (curtask.flags & 4096) { n += 1 }", 1)]
    [InlineData("if (curtask.mm) { n += 1 }", 0)]
    [InlineData("if (s[pid]) { n += 1 } s[pid] = 1", 0)]
    public void AnIntegerAsAConditionIsWarnedOf(string body, int warnings) =>
        Assert.Equal(warnings, Run($"trace syscalls:sys_enter_getppid {{ {body} }}").Messages.Split("warning KT0259").Length - 1);

    [Fact]
    public void AProfileHasAFilter()
    {
        var run = Run("profile-199hz /execname == perl/ { s[execname] += 1 } profile-199hz /execname == nobody/ { n += 1 }",
            "--", "perl", "-e", "for (my $i = 0; $i < 3e7; $i++) { }");
        Assert.Single(run.Output.Split('\n'), line => line.TrimStart().StartsWith("perl |", StringComparison.Ordinal));
        Assert.EndsWith("n = nil\n", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void ATimeIsPrintedAsText() => Assert.Equal("1234567890 123456789\t1\n|     1234567890| 1234567890000000000\n",
        Run("trace syscalls:sys_enter_getppid { var ns = 1234567890 * 1000000000 + pid - pid print(strftime(\"%s %N\", ns + 123456789), 1) printf(\"|%15s| %d\\n\", strftime(\"%s\", ns), strftime(\"\", ns)) }").Output);

    [Theory]
    [InlineData("s[strftime(\"%H\", nsecs)] += 1", "KT0268: the text of a time is made in user space, so it can only be printed")]
    [InlineData("t = strftime(\"%H\", nsecs)", "KT0268: the text of a time is made in user space, so it can only be printed")]
    [InlineData("if (strftime(\"%H\", nsecs) == \"01\") { n += 1 }", "KT0268: the text of a time is made in user space, so it can only be printed")]
    [InlineData("print(strftime(\"%H\", nsecs) .. \" h\")", "KT0261: '..' joins strings and integers, not a time as text")]
    [InlineData("print(strftime(\"%H\", nsecs) + 1)", "KT0250: '+' can't take a time as text and an integer")]
    [InlineData("print(pid == 1 ? strftime(\"%H\", nsecs) : \"x\")", "KT0256: this expression would be of mixed kinds, time as text and string, which a handler can't keep in one place")]
    [InlineData("print(strftime(execname, nsecs))", "KT0258: in a handler the format must be known when compiling")]
    public void ATimeAsTextCanOnlyBePrinted(string statement, string expected) =>
        Assert.Contains("error " + expected, Run($"trace syscalls:sys_enter_getppid {{ {statement} }}").Messages);

    // What handlers keep while a call is going on is not shown when all have ended, unless there is nothing else.
    [Theory]
    [InlineData("n += at[tid] delete(at[tid])", "n = 1\n")]
    [InlineData("n += at[tid] at[tid] = nil", "n = 1\n")]
    [InlineData("n += at[tid]", "\nn = 1\n")]
    [InlineData("delete(at[tid])", "at: empty\n")]
    public void EmptiedTablesAreNotShownBesideResults(string statements, string end)
    {
        var output = Run($"trace syscalls:sys_enter_getppid {{ at[tid] = 1 }} trace syscalls:sys_exit_getppid {{ {statements} }}").Output;
        Assert.EndsWith(end, output, StringComparison.Ordinal);
        Assert.Equal(end[0] == '\n', output.Length > end.Length);
    }

    [Fact]
    public void AddressesInMemoryAreText()
    {
        string[] given =
        [
            "00000000000000000000000000000000", "00000000000000000000000000000001", "fe800000000000000000000000000000", "20010db8000000010000000000000001",
            "20010db8000100000000000100000001", "00010000000200030000000000040005", "0001000200030004000500060007abcd", "00000000000000000000ffffc0a8fffe", "00000000000000000001ffffc0a8fffe",
            "10000100001000010000000000000000", "00000001000000000001000000000000",
        ];
        var run = Run("trace syscalls:sys_enter_write /args.count == 16/ { print(net.ntop(10, buf), net.ntop(2, buf), strlen(net.ntop(10, buf))) }",
            ["--", "perl", "-e", "open(my $n, '>', '/dev/null'); syswrite($n, pack('H32', $_)) for @ARGV", .. given]);
        Assert.Equal(given.Select(Convert.FromHexString).Select(bytes => new IPAddress(bytes).ToString() is var text
            ? $"{text}\t{new IPAddress(bytes[..4])}\t{text.Length}" : ""), run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("net.ntop(arg1)", "in a handler the address is an integer (IPv4) or a pointer to 4 or 16 bytes")]
    [InlineData("net.ntop(10, pid)", "in a handler the address is an integer (IPv4) or a pointer to 4 or 16 bytes")]
    [InlineData("net.ntop(3, arg1)", "in a handler the address is an integer (IPv4) or a pointer to 4 or 16 bytes")]
    [InlineData("net.format_ip_addr(arg1)", "the address is an integer, not where one stands")]
    public void WhatIsNoAddressIsRefused(string call, string expected) =>
        Assert.Contains("error KT0258: " + expected, Run($"trace syscalls:sys_enter_newuname {{ print({call}) }}").Messages);
}
