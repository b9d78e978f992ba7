using System.Diagnostics;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Probes;
using Ktap.Runtime.Machine;
using Xunit.Abstractions;

namespace Ktap.Runtime.Tests.Machine;

public sealed class AttachingTests(ITestOutputHelper output) : KernelTest(output)
{
    [Theory]
    [InlineData(1)]
    [InlineData(12345)]
    public void ARawTracepointCountsExactlyTheCallsMade(int calls)
    {
        NeedKernel();
        var loaded = LoadProbes("count_enter");
        Want(loaded, GetPpid);
        CallGetPpid(10);
        var link = Machine.Attach(loaded.Program("count_enter"), new AttachPoint.RawTracepoint("sys_enter"));
        CallGetPpid(calls);
        Machine.Detach(link);
        CallGetPpid(10);
        Machine.Detach(link);
        Assert.Equal(calls, Read(loaded, Counter.Enters));
    }

    [Fact]
    public void EachAttachmentHasItsCookie()
    {
        NeedKernel();
        Assert.True(Machine.Features.RawTracepointCookies);
        var loaded = LoadProbes("count_cookie");
        Want(loaded, GetPpid);
        var program = loaded.Program("count_cookie");
        var links = new[] { 1000ul, 7ul }.Select(c => Machine.Attach(program, new AttachPoint.RawTracepoint("sys_enter", c))).ToList();
        CallGetPpid(100);
        Machine.Detach(links[0]);
        CallGetPpid(10);
        Machine.Detach(links[1]);
        CallGetPpid(10);
        Assert.Equal((100 * 1007) + (10 * 7), Read(loaded, Counter.Cookies));
    }

    [Fact]
    public void APerfTracepointCountsExactlyTheCallsMade()
    {
        NeedKernel();
        var loaded = LoadProbes("count_perf");
        Want(loaded, 0);
        var link = Machine.Attach(loaded.Program("count_perf"), new AttachPoint.Tracepoint("syscalls", "sys_enter_getppid"));
        CallGetPpid(777);
        Machine.Detach(link);
        CallGetPpid(10);
        Assert.Equal(777, Read(loaded, Counter.Perf));
    }

    [Fact]
    public void ASamplingProgramRunsOnEveryCpu()
    {
        NeedKernel();
        var loaded = LoadProbes("sample");
        const uint software = 1;
        const ulong cpuClock = 0;
        var clock = Stopwatch.StartNew();
        var link = Machine.Attach(loaded.Program("sample"), new AttachPoint.PerfEvent(software, cpuClock, Sampling.Hertz(1000)) { Name = "profile-1000hz" });
        AssertSamples(loaded, link, clock, [.. Enumerable.Range(0, Environment.ProcessorCount)]);
        var after = Read(loaded, Counter.Samples);
        Thread.Sleep(50);
        Assert.Equal(after, Read(loaded, Counter.Samples));
    }

    [Fact]
    public void OneCpuCanBeChosen()
    {
        NeedKernel();
        var loaded = LoadProbes("sample");
        var one = new AttachPoint.PerfEvent(1, 0, Sampling.Every(1_000_000)) { Cpu = 1 };
        var clock = Stopwatch.StartNew();
        var link = Machine.Attach(loaded.Program("sample"), one);
        Assert.Equal(1, PerfEvents());
        AssertSamples(loaded, link, clock, 1);
        Assert.Equal(0, Read(loaded, Counter.Samples));
        link = Machine.Attach(loaded.Program("sample"), one with { Cpu = null });
        Assert.Equal(Environment.ProcessorCount, PerfEvents());
        Machine.Detach(link);
        Assert.Equal(0, PerfEvents());
    }

    // How many this process has open.
    private static int PerfEvents() => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(fd => new FileInfo(fd).LinkTarget == "anon_inode:[perf_event]");

    // Waits for a hundred samples a CPU at 1 kHz. It may take longer: the kernel drops samples while a bpf system call is on that
    // CPU, also one of another process that is preempted (bpf_prog_active). The CPUs are kept busy: an idle one stops its clock, and in some virtual machines wakes seldom.
    private void AssertSamples(LoadedObject loaded, Link link, Stopwatch clock, params int[] cpus)
    {
        var busy = cpus.Select(cpu => Process.Start("taskset", ["-c", $"{cpu}", "sh", "-c", "while :; do :; done"])).ToArray();
        while (cpus.Any(c => Read(loaded, Counter.Samples + (8 * c)) < 100) && clock.ElapsedMilliseconds < 20_000) Thread.Sleep(10);
        Machine.Detach(link);
        foreach (var process in busy)
        {
            process.Kill();
            process.Dispose();
        }
        foreach (var cpu in cpus)
        {
            var samples = Read(loaded, Counter.Samples + (8 * cpu));
            Note($"cpu {cpu}: {samples} samples in {clock.ElapsedMilliseconds} ms");
            Assert.InRange(samples, 100, clock.ElapsedMilliseconds * 3 / 2);
        }
    }

    [Fact]
    public void ErrorsSayWhatToDo()
    {
        NeedKernel();
        var loaded = LoadProbes("count_enter", "too_many", "count_perf", "sample");
        AssertError("too_many", new AttachPoint.RawTracepoint("sys_enter"), 22, "attach to raw tracepoint sys_enter: invalid argument", "the program reads more arguments than the tracepoint has");
        AssertError("count_enter", new AttachPoint.RawTracepoint("no_such"), 2, "attach to raw tracepoint no_such: no such file or directory", "this kernel has no such event; ktap -le lists those it has");
        AssertError("count_perf", new AttachPoint.Tracepoint("sched", "no_such"), 2, "attach to tracepoint sched:no_such: no such file or directory", "this kernel has no such event; ktap -le lists those it has");
        AssertError("sample", new AttachPoint.PerfEvent(0, 0xffff, Sampling.Every(1)) { Name = "hw:nothing" }, null, null, null);

        void AssertError(string program, AttachPoint point, int? errno, string? operation, string? hint)
        {
            var error = Assert.Throws<KtapException>(() => Machine.Attach(loaded.Program(program), point));
            Note($"can't {error.Operation}: {error.Hint}");
            if (errno is null) return;
            Assert.Equal((errno.Value, operation, hint), (error.Errno, error.Operation, error.Hint));
        }
    }
}
