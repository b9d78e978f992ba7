using Ktap.Cli.Tests.FirstLight;

namespace Ktap.Cli.Tests.Stacks;

/// <summary>Kernel stacks of the running kernel, as keys, values and output.</summary>
public class KernelStackTests
{
    // Where a system call's entry stands: nothing of the tracing itself is in a stack, and the outermost frame is the entry from user space.
    private const string SyscallEntry = @"\A\w+\+0x[0-9a-f]+\n(\w+\+0x[0-9a-f]+\n)?entry_SYSCALL_64_after_hwframe\+0x[0-9a-f]+\n *\|@{38} 1234\n\z";

    private static readonly string[] Calls1234 = ["--", "perl", "-e", "getppid() for 1..1234"];

    [Fact]
    public void AStackIsAKey()
    {
        var run = KtapProcess.Run(["-q", "-e", "trace syscalls:sys_enter_getppid { s[stack()] += 1 } trace_end { print_hist(s) }", .. Calls1234]);
        var (header, rest) = (run.Output[..run.Output.IndexOf('\n')], run.Output[(run.Output.IndexOf('\n') + 1)..]);
        Assert.Equal("                         value ------------- Distribution ------------- count", header);
        Assert.Matches(SyscallEntry.Replace(@"\A", @"\A(\w+\+0x[0-9a-f]+\n)?", StringComparison.Ordinal), rest);
        Assert.DoesNotContain("bpf_", rest, StringComparison.Ordinal);
    }

    [Fact]
    public void TheSameStackIsOneValueEverywhere()
    {
        var run = KtapProcess.Run("-q", "-e",
            "trace sched:sched_process_fork { var a = stack() var b = stack() t[a] = 1 t[b] += 1 last = b same = a == b none = a == nil other = a == ustack() } " +
            "trace_end { print(len(t), t[last], same, none, other) }", "--", "perl", "-e", "if (fork) { wait } ");
        Assert.Equal("1\t2\ttrue\tfalse\tfalse\n", run.Output);
    }

    [Fact]
    public void ATickReadsAndStoresUnderStacks()
    {
        var run = KtapProcess.Run("-q", "-e",
            "var t = {} trace syscalls:sys_enter_getppid { t[stack(), pid] += 1 } " +
            "tick-100ms { for (k, v in pairs(t)) { if (v == 7) { delete(t[k]) t[k] = -v exit() } } } trace_end { for (k, v in pairs(t)) print(len(k), v) }",
            "--", "perl", "-e", "getppid() for 1..7; sleep 20");
        Assert.Equal("2\t-7\n", run.Output);
    }

    // A program that only uses the name is attached as a raw tracepoint, another one through perf; with two of them on one event the kernel calls them from a function of its own.
    [Theory]
    [InlineData("", "")]
    [InlineData("", "trace sched:sched_process_fork { n += 1 }")]
    [InlineData("/parent_pid/", "")]
    [InlineData("/parent_pid/", "trace sched:sched_process_fork { n += 1 }")]
    public void DepthAndSkipTakePartsOfTheWhole(string filter, string other)
    {
        var run = KtapProcess.Run("-q", "-e", $$"""
            trace sched:sched_process_fork {{filter}} {
                var two = 2
                if (execname != "perl") return
                all = stack() deep = stack(100) first = stack(two) same = first == stack(2)
                rest = stack(-1, two) none = stack(-1, 100) nothing = stack(0) old = backtrace(1, 2)
            }
            {{other}}
            trace_end { print(all) print("-") print(deep) print("-") print(first) print(rest) print("-") print(none) print(nothing) print(old) print(same) }
            """, "--", "perl", "-e", "if (fork) { wait }");
        var parts = run.Output.Split("-\n");
        Assert.Equal(parts[0], parts[1]);
        Assert.Equal(parts[0], parts[2]);
        var lines = parts[0].Split('\n');
        Assert.StartsWith("kernel_clone+0x", lines[0], StringComparison.Ordinal);
        Assert.Equal($"(no kernel stack)\n(no kernel stack)\n{lines[1]}\n{lines[2]}\ntrue\n", parts[3]);
    }

    [Fact]
    public void WhatIsSkippedIsIgnoredInScriptsOfOlderReleases()
    {
        var run = KtapProcess.Run("-q", "--arg-base", "1", "-e", "trace sched:sched_process_fork { same = stack(2, 1) == stack(2) }", "--", "perl", "-e", "if (fork) { wait }");
        Assert.Equal("same = true\n", run.Output);
        Assert.Contains("note KT0265: the frames to skip are not looked at under --arg-base", run.Messages, StringComparison.Ordinal);
    }

    [Fact]
    public void TheOldFormsPrintAStack()
    {
        var run = KtapProcess.Run("-q", "-e", "trace sched:sched_process_fork { print_backtrace() kdebug.dumpstack() print(backtrace()) exit() }", "--", "perl", "-e", "if (fork) { wait } ");
        Assert.Equal((0, ""), (run.Status, string.Join('\n', run.Messages.Split('\n').Where(l => !l.Contains("exited", StringComparison.Ordinal)))));
        var third = run.Output.Length / 3;
        Assert.Equal(run.Output[..third], run.Output[third..(2 * third)]);
        Assert.Equal(run.Output[..third], run.Output[(2 * third)..]);
        Assert.EndsWith("entry_SYSCALL_64_after_hwframe+0x76\n", run.Output);
    }

    [Fact]
    public void AKernelThreadHasNoUserStack()
    {
        // The kernel frees a program and its maps in one of its threads.
        var run = KtapProcess.Trace(() =>
        {
            for (var i = 0; i < 5; i++) KtapProcess.Run("-d", "-e", "trace syscalls:sys_enter_getppid { s[pid] += 1 }");
            Thread.Sleep(300);
        }, "-e", "trace sched:sched_switch /prev_comm ~ \"kworker*\"/ { s[ustack()] += 1 } trace_end { for (k, v in pairs(s)) print(k) }");
        Assert.Equal("(no user stack)\n", run.Output);
    }
}
