using Ktap.Cli.Tests.FirstLight;

namespace Ktap.Cli.Tests.Counters;

/// <summary><c>ktap list</c>, <c>-le</c>, <c>-lf</c> and <c>-lm</c>, against what the machine says itself.</summary>
public class ListingTests
{
    private const string TraceFs = "/sys/kernel/tracing";

    [Theory]
    [InlineData("list")]
    [InlineData("-le")]
    public void TracepointsAreThoseOfTraceFs(string how)
    {
        var names = File.ReadAllLines(TraceFs + "/available_events").Where(n => !n.StartsWith("ftrace:", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(names.Where(n => n.StartsWith("sched:", StringComparison.Ordinal)), Lines(how, "sched:*"));
        Assert.Equal(names, Lines(how, "*:*").Where(n => !n.StartsWith("sw:", StringComparison.Ordinal) && !n.StartsWith("hw:", StringComparison.Ordinal) && !n.StartsWith("cache:", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Equal(["sched:sched_switch"], Lines(how, "sched:sched_switch"));
    }

    [Fact]
    public void EverythingComesWithTheFormsOfWhatHasNoNames()
    {
        var lines = Lines("-le");
        Assert.Equal(lines, Lines("list"));
        foreach (var line in new[] { "sched:sched_switch", "sw:page-faults", "mem:ADDRESS[/LENGTH][:rwx]", "rCODE[:MODIFIERS][:PERIOD]", "fentry:FUNCTION", "sdt:FILE:[PROVIDER:]MARKER", "tick-N{us,ms,s,m}", "profile-N{us,ms,s,m,hz}" }) Assert.Contains(line, lines);
    }

    [Theory]
    [InlineData("sw:*faults", "sw:page-faults", "sw:minor-faults", "sw:major-faults", "sw:alignment-faults", "sw:emulation-faults")]
    [InlineData("page-faults:u", "sw:page-faults")]
    [InlineData("faults", "sw:page-faults")]
    [InlineData("sw:cs:1", "sw:context-switches")]
    [InlineData("*cgroup-sw*", "sw:cgroup-switches")]
    [InlineData("mem:0xffff888000001000/4:w", "mem:0xffff888000001000/4:w")]
    [InlineData("sched:sched_switch,irq:irq_handler_e*", "sched:sched_switch", "irq:irq_handler_entry", "irq:irq_handler_exit")]
    public void WhatTraceTakes(string spec, params string[] expected) => Assert.Equal(expected, Lines("list", spec));

    [Theory]
    [InlineData("syscalls:sys_enter_openat", "syscalls:sys_enter_openat(int dfd, const char *filename, int flags, umode_t mode)")]
    [InlineData("sched:sched_process_exec", "sched:sched_process_exec(char filename[], pid_t pid, pid_t old_pid)")]
    [InlineData("sw:page-faults", "sw:page-faults(u64 period, u64 ip, u64 addr)  each, also faults")]
    [InlineData("task-clock", "sw:task-clock(u64 period, u64 ip)  every 1000000 ns")]
    public void ArgumentsAndTypes(string spec, string expected)
    {
        Assert.Equal([expected], Lines("list", "-v", spec));
        Assert.Equal([expected], Lines("-le", spec, "-v"));
    }

    [Fact]
    public void FunctionsOfTheKernel()
    {
        Skip.Unless(File.Exists("/sys/kernel/btf/vmlinux"), "this kernel has no BTF");
        Assert.Equal(["probe:vfs_read", "probe:vfs_readlink", "probe:vfs_readv"], Lines("list", "probe:vfs_read*").Order(StringComparer.Ordinal));
        Assert.Equal(["probe:vfs_read(struct file *file, char *buf, size_t count, loff_t *pos)"], Lines("list", "-v", "probe:vfs_read"));
        Assert.Equal(["probe:vfs_read%return(ssize_t retval)"], Lines("list", "-v", "probe:vfs_read%return"));
        Assert.Equal(["fexit:vfs_read(ssize_t retval)"], Lines("list", "-v", "fexit:vfs_read"));
        Assert.Equal(["rawtp:sched_process_exit"], Lines("list", "rawtp:sched_process_ex?t"));
        Assert.StartsWith("rawtp:sched_process_exit(struct task_struct *", Assert.Single(Lines("list", "-v", "rawtp:sched_process_exit")), StringComparison.Ordinal);
    }

    [Fact]
    public void FunctionsOfAProgram()
    {
        var lines = Lines("-lf", SampleRun.Work);
        Assert.Contains($"probe:{SampleRun.Work}:write_watched", lines);
        Assert.Equal([$"probe:{SampleRun.Work}:main"], Lines("list", $"probe:{SampleRun.Work}:main"));
        Assert.Matches($"^probe:{SampleRun.Work}:main  at 0x[0-9a-f]+ of {SampleRun.Work}$", Assert.Single(Lines("list", "-v", $"probe:{SampleRun.Work}:mai*")));
        Assert.Contains("probe:libc:malloc", Lines("-lf", "libc"));
    }

    [Theory]
    [InlineData("KT0101", "list", "sched:sched_swich")]
    [InlineData("the nearest that exist: sched:sched_switch", "list", "sched:sched_swich")]
    [InlineData("'sched' is not an event", "list", "sched")]
    [InlineData("there is no library or program 'libnothing'", "-lf", "libnothing")]
    [InlineData("has no static markers", "-lm", "/bin/true")]
    public void WhatIsntThere(string message, params string[] arguments)
    {
        var run = KtapProcess.Run(arguments);
        Assert.Equal((1, ""), (run.Status, run.Output));
        Assert.Contains(message, run.Messages, StringComparison.Ordinal);
    }

    private static string[] Lines(params string[] arguments)
    {
        var run = KtapProcess.Run(arguments);
        Assert.True(run.Status == 0, run.Messages);
        return run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
