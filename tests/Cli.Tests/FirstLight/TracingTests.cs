using System.Net;
using System.Net.Sockets;
using Ktap.Tests;

namespace Ktap.Cli.Tests.FirstLight;

/// <summary>Real scripts on the running kernel against known work: N calls are counted as N.</summary>
public class TracingTests
{
    private static readonly string[] Calls1234 = ["--", "perl", "-e", "getppid() for 1..1234"];

    [Fact]
    public void CountsTheCallsOfACommandExactly()
    {
        var run = KtapProcess.Run(["-q", "-e", "trace syscalls:sys_enter_getppid { n += 1 }", .. Calls1234]);
        Assert.Equal("n = 1234\n", run.Output);
        Assert.Equal((0, "ktap: command exited with status 0\n"), (run.Status, run.Messages));
    }

    [Fact]
    public void CountsTheCallsOfTheCommandsChildrenToo()
    {
        var run = KtapProcess.Run("-q", "-e", "trace syscalls:sys_enter_getppid { n += 1 }", "--", "perl", "-e",
            "for (1..3) { if (!fork) { getppid() for 1..7; exit } } wait for 1..3");
        Assert.Equal("n = 21\n", run.Output);
    }

    [Theory]
    [InlineData("trace skb:kfree_skb < s[arg2] += 1 >")]
    [InlineData("var s = {}\ntrace skb:kfree_skb {\n    s[arg2] += 1\n}\n")]
    public void NamesWhereDatagramsToAClosedPortAreDropped(string script)
    {
        var run = KtapProcess.Trace(SendDatagrams, "-e", script);
        var row = Assert.Single(run.Output.Split('\n'), l => l.Contains("__udp4_lib_rcv+0x", StringComparison.Ordinal));
        Assert.EndsWith(" 500", row);
        Assert.Equal(0, run.Status);
    }

    [Fact]
    public void OneHandlerServesAGlobAndKnowsTheName()
    {
        var run = KtapProcess.Run("-q", "-e", "trace syscalls:sys_*_getp?id { s[probename] += 1 } trace_end { print(s[\"sys_enter_getppid\"], s[\"sys_exit_getppid\"]) }",
            "--", "perl", "-e", "getppid() for 1..55");
        Assert.Equal("55\t55\n", run.Output);
    }

    [Fact]
    public void FiltersRunBeforeTheHandler()
    {
        var run = KtapProcess.Run(["-q", "-e", "trace syscalls:sys_enter_getppid /execname == perl && pid/ { n += 1 } trace syscalls:sys_enter_getppid /execname ~ \"py*\"/ { m += 1 } trace_end { print(n, m) }", .. Calls1234]);
        Assert.Equal("1234\tnil\n", run.Output);
    }

    [Fact]
    public void HandlersAndUserSpaceShareVariablesAndTables()
    {
        var run = KtapProcess.Run("-q", "-e", "var step = 5 var t = {first = 100} function twice(x) { return x * 2 } " +
            "trace syscalls:sys_enter_getppid { seen += 1 t[\"first\"] -= twice(step) t[execname] = seen } " +
            "trace_end { print(seen, t.first, t.perl) }", "--", "perl", "-e", "getppid() for 1..9");
        Assert.Equal("9\t10\t9\n", run.Output);
    }

    [Fact]
    public void KeysThatCantBeMixedAreToldWhenCompiling()
    {
        var run = KtapProcess.Run("-e", "trace syscalls:sys_enter_getppid { t[pid] += 1 t[pid, tid] += 1 }");
        Assert.Equal(1, run.Status);
        Assert.Contains("-e:1:48: error KT0256: the keys of table 't' would be of mixed kinds, integer and key of several parts", run.Messages, StringComparison.Ordinal);
    }

    [Fact]
    public void ExitInAHandlerEndsTracingWithItsCode()
    {
        var run = KtapProcess.Run("-q", "-e", "trace syscalls:sys_enter_getppid { n += 1 if (n == 5) { exit(7) } }", "--", "perl", "-e",
            "for (1..100000) { getppid() } sleep 20");
        Assert.Equal((7, "n = 5\n"), (run.Status, run.Output));
    }

    [Fact]
    public void ArithmeticIsTheSameInHandlersAndInMain()
    {
        const string Body = "var a = 7 var b = -3 print(a / b, a % b, -7 / 2, -7 % 3, a << 2, -8 >> 1, a ^ 5, a & 3, a | 8, ~a) print(a > b ? 1 : 2, a == 7, nil == false) var u print(u, u + 1, u == nil, u < 1)";
        var main = KtapProcess.Run("-e", Body);
        var handler = KtapProcess.Run("-q", "-e", "trace syscalls:sys_enter_getppid { " + Body + " }", "--", "perl", "-e", "getppid()");
        Assert.Equal("-2\t1\t-3\t-1\t28\t-4\t2\t3\t15\t-8\n1\ttrue\tfalse\nnil\tnil\ttrue\tfalse\n", main.Output);
        Assert.Equal(main.Output, handler.Output);
    }

    [Fact]
    public void DivisionByZeroEndsTheHandlerAndIsCounted()
    {
        string[] script = ["-q", "-e", "trace syscalls:sys_enter_getppid { before += 1 x = 1 / (pid - pid) after += 1 }", "--", "perl", "-e", "getppid() for 1..5"];
        var run = KtapProcess.Run(script);
        Assert.Contains("before = 5\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("after = nil\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("ktap: -e:1: divide by zero: 5 times, the handler ended there\n", run.Messages, StringComparison.Ordinal);
        Assert.Equal((0, 1), (run.Status, KtapProcess.Run(["--strict", .. script]).Status));
    }

    [Theory]
    [InlineData("print(1)", "1\n", 0)]
    [InlineData("tick-10ms { print(2) exit(5) }", "2\n", 5)]
    [InlineData("trace_end { print(3) }", "3\n", 0)]
    public void ACommandRunsWithoutProbesToo(string script, string output, int status)
    {
        var run = KtapProcess.Run("-q", "-e", script, "--", "sleep", "1");
        Assert.Equal((status, output, status == 0 ? "ktap: command exited with status 0\n" : ""), (run.Status, run.Output, run.Messages));
    }

    [Fact]
    public void ErrorsOfOneLineAreCountedTogether()
    {
        var run = KtapProcess.WithScript("trace syscalls:sys_enter_getppid {\n x = user_string(1) y = user_string(2)\n z = kernel_string(3) }\n", file => KtapProcess.Run("-q", file, "--", "perl", "-e", "getppid() for 1..5"));
        Assert.Matches(@"^ktap: [^ ]*\.kp:2: a read of memory faulted 10 times and gave nil\nktap: [^ ]*\.kp:3: a read of memory faulted 5 times and gave nil\n", run.Messages.Replace("ktap: command exited with status 0\n", ""));
    }

    [Fact]
    public void AFullTableRefusesAndSaysHowOften()
    {
        var run = KtapProcess.Run("-q", "--max-entries", "10", "-e", "trace syscalls:sys_enter_getppid { i += 1 t[i] = 1 } trace_end { print(len(t)) }", "--", "perl", "-e", "getppid() for 1..25");
        Assert.Equal("10\n", run.Output);
        Assert.Contains("table 't' was full: 15 updates refused (--max-entries is 10)", run.Messages, StringComparison.Ordinal);
    }

    [Fact]
    public void StringsOfTheTracedProcessAreRead()
    {
        var run = KtapProcess.Run("-q", "-e", "trace syscalls:sys_enter_execve { print(user_string(filename), user_string(argv[1])) }", "--", "/bin/sh", "-c", "/bin/echo a");
        Assert.Equal("/bin/sh\t-c\n/bin/echo\ta\na\n".Split('\n').Order(), run.Output.Split('\n').Order());
    }

    [Fact]
    public void RecordsOfTracepointsPrintAsTheKernelHasThem()
    {
        var run = KtapProcess.Run("-q", "-e", "trace sched:sched_process_exec { print(argstr) }", "--", "/bin/true");
        Assert.Matches(@"^filename=/bin/true pid=(\d+) old_pid=\1\n$", run.Output);
    }

    [Fact]
    public void TicksRunInUserSpaceAndSeeWhatHandlersCounted()
    {
        var run = KtapProcess.Run("-q", "-e", "trace syscalls:sys_enter_getppid { n += 1 } tick-100ms { if (n == 40) { print(\"forty\") exit(4) } }", "--", "perl", "-e", "getppid() for 1..40; sleep 20");
        Assert.Equal((4, "forty\n"), (run.Status, run.Output));
    }

    private static void SendDatagrams()
    {
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = closed.LocalEndPoint!;
        closed.Close();
        using var sender = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        for (var i = 0; i < 500; i++) sender.SendTo([1], port);
    }
}
