using Ktap.Cli.Tests.FirstLight;

namespace Ktap.Cli.Tests.Strings;

/// <summary>Strings, formats, clocks and what needs leave, in handlers, as a user runs them.</summary>
public class StringTests
{
    private static readonly string[] OneCall = ["--", "perl", "-e", "getppid()"];

    [Fact]
    public void StringsAreMadeAndUsedAsKeys()
    {
        var run = Handler("t[execname .. \":\" .. substr(probename, 5)] += 1 if (strstr(probename, \"getppid\") == 11 && execname < \"perm\") { x = upper(execname) .. strlen(execname) } print(x, glob(x, \"P?RL[0-9]\"), tostring(pid > 0))",
            "trace_end { for (k, v in pairs(t)) print(k, v) }");
        Assert.Equal("PERL4\ttrue\ttrue\nperl:enter_getppid\t1\n", run.Output);
        Assert.Equal(0, run.Status);
    }

    [Fact]
    public void WhatIsCutIsSaid()
    {
        var run = KtapProcess.Run(["-q", "--strlen", "10", "-e", "trace syscalls:sys_enter_getppid { print(execname .. \"-\" .. probename) }", .. OneCall]);
        Assert.Equal("perl-sys_e\n", run.Output);
        Assert.Contains("ktap: -e:1: a string was too long and was cut once (--strlen is 10)\n", run.Messages, StringComparison.Ordinal);
    }

    [Fact]
    public void NilInAStringEndsTheHandlerAndIsSaid()
    {
        var run = Handler("n += 1 x = \"at \" .. strstr(execname, \"q\") m += 1", "trace_end { print(n, m) }");
        Assert.Equal("1\tnil\n", run.Output);
        Assert.Contains("a value was nil or of the wrong kind: once, the handler ended there\n", run.Messages, StringComparison.Ordinal);
    }

    [Fact]
    public void ClocksOfHandlersAreThoseOfUserSpace()
    {
        var run = Handler("a = gettimeofday_ns() b = gettimeofday_us() c = gettimeofday_ms() d = gettimeofday_s() e = elapsed",
            "function between(x, y, z) { return x - 1 <= y and y <= z + 1 } trace_end { var now = gettimeofday_ns() print(now - a < 60000000000, between(a / 1000, b, now / 1000), between(b / 1000, c, now / 1000000), between(c / 1000, d, now / 1000000000), e > 0 && e < elapsed) }");
        Assert.Equal("true\ttrue\ttrue\ttrue\ttrue\n", run.Output);
    }

    [Fact]
    public void ConstantsOfTheMachineAreKnownInHandlers()
    {
        var run = Handler("print(arch .. \" \" .. kernel_v, num_cpus > 0, target == pid, ksym(kaddr(\"vfs_read\") + 4), usym(16), kaddr(\"no such symbol\"))");
        Assert.Equal($"x86_64 {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}\ttrue\ttrue\tvfs_read+0x4\t0x10\tnil\n", run.Output);
    }

    [Theory]
    [InlineData("printf(\"%d\\n\", execname)", "KT0263: the value for %d is string, not an integer")]
    [InlineData("printf(\"%d %d\\n\", pid)", "KT0263: the format wants 2 values, there is 1")]
    [InlineData("printf(\"%y\\n\", pid)", "KT0263: unknown conversion '%y' in the format")]
    [InlineData("printf(\"%*d\\n\", execname, pid)", "KT0263: the value for '*' is string, not an integer")]
    [InlineData("print(strlen(pid))", "KT0262: argument 1 of 'strlen' (s) must be a string, not an integer")]
    [InlineData("print(pid .. (pid == 1))", "KT0261: '..' joins strings and integers, not a boolean")]
    [InlineData("print(glob(execname, execname))", "KT0258: the pattern must be known when compiling")]
    [InlineData("send_signal(10)", "KT0307: 'send_signal' changes the system that is traced")]
    [InlineData("system(\"true\")", "KT0307: 'system' changes the system that is traced")]
    public void MistakesAreToldWhenCompiling(string statement, string message)
    {
        var run = KtapProcess.Run("-d", "-e", $"trace syscalls:sys_enter_getppid {{ {statement} }}");
        Assert.Equal(1, run.Status);
        Assert.Contains(message, run.Messages, StringComparison.Ordinal);
    }

    [Fact]
    public void FormatsTakeWhatTheySayAndPrintNil()
    {
        var run = Handler("printf(\"%5d|%-6s|%.2s|%u|%x|%s|%d|%03d\\n\", strlen(execname), execname, execname, 0 - 1, 0 - 1, nil, strstr(execname, \"q\"), 7)");
        Assert.Equal("    4|perl  |pe|18446744073709551615|ffffffffffffffff|nil|nil|007\n", run.Output);
    }

    [Fact]
    public void AFormatThatIsWrongInMainIsWarnedOfBeforeItIsReached()
    {
        var run = KtapProcess.Run("-e", "print(1) if (arg[1] == 1) { printf(\"%d\", \"a\") }");
        Assert.Equal((0, "1\n"), (run.Status, run.Output));
        Assert.Contains("warning KT0263: the value for %d is string, not an integer", run.Messages, StringComparison.Ordinal);
    }

    [Fact]
    public void SignalsAndCommandsRunWithLeave()
    {
        var run = KtapProcess.Run("-q", "--unsafe", "-e", "trace syscalls:sys_enter_getppid { send_signal(10) system(\"echo from the shell\") }", "--", "perl", "-e",
            "$| = 1; $SIG{USR1} = sub { print \"signalled\\n\" }; getppid(); 1");
        Assert.Equal("from the shell\nsignalled\n".Split('\n').Order(), run.Output.Split('\n').Order());
    }

    private static KtapResult Handler(string body, string rest = "") => KtapProcess.Run(["-q", "-e", $"trace syscalls:sys_enter_getppid {{ {body} }} {rest}", .. OneCall]);
}
