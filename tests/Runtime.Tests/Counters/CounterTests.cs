using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Probes;
using Ktap.Runtime.Machine;
using Ktap.Runtime.Tests.Concurrency;

namespace Ktap.Runtime.Tests.Counters;

/// <summary>What counters count, against what the traced program counts of itself in the same run.</summary>
[Collection("kernel")]
public class CounterTests
{
    private const int Hardware = 0, Software = 1, TaskClock = 1, PageFaults = 2, ContextSwitches = 3;

    [Theory]
    [InlineData("sw:page-faults:1")]
    [InlineData("page-faults")]
    [InlineData("faults:1")]
    [InlineData("sw:faults:uk")]
    public void PageFaultsOneByOne(string spec)
    {
        var (run, counted) = CountedWork.Count(Software, PageFaults, "touch", 2000, $"trace {spec} /on/ {{ n += 1 }}");
        Assert.Equal($"n = {counted}", Variable(run, "n"));
        Assert.InRange(counted, 2000, 2010);
    }

    [Fact]
    public void PeriodsAddUpToTheEvents()
    {
        var (run, counted) = CountedWork.Count(Software, PageFaults, "touch", 5000, "trace page-faults:7 /on/ { hits += 1 sum += period } trace_end { print(hits, sum) }");
        Assert.Equal(run.Numbers[0] * 7, run.Numbers[1]);
        // One that had begun before on each of the processors that the program ran on, one that wasn't full.
        Assert.InRange(run.Numbers[1], counted - 7 * Environment.ProcessorCount, counted + 7 * Environment.ProcessorCount);
    }

    [Fact]
    public void UserAndKernelAreAllOfThem()
    {
        const string Script = "trace page-faults:u /on/ { u += 1 } trace page-faults:k /on/ { k += 1 } trace page-faults /on/ { all += 1 } trace_end { print(u or 0, k or 0, all) }";
        var user = CountedWork.Count(Software, PageFaults, "touch", 1000, Script).Run.Numbers;
        Assert.Equal(user[2], user[0] + user[1]);
        Assert.InRange(user[0], 1000, 1010);
        var kernel = CountedWork.Count(Software, PageFaults, "read", 1000, Script).Run.Numbers;
        Assert.Equal(kernel[2], kernel[0] + kernel[1]);
        Assert.InRange(kernel[1], 1000, 1010);
    }

    [Fact]
    public void AddressesOfFaults()
    {
        // Every page once: they lie one behind the other.
        var (run, _) = CountedWork.Count(Software, PageFaults, "touch", 500,
            "trace minor-faults:u /on/ { pages[addr / 4096] += 1 } trace_end { var n = 0 for (p, c in pairs(pages)) { if (pages[p + 1] or pages[p - 1]) n += 1 } print(n) }");
        Assert.InRange(run.Numbers[0], 500, 510);
    }

    [Theory]
    [InlineData("cs")]
    [InlineData("sw:context-switches:1")]
    public void Switches(string spec)
    {
        var (run, counted) = CountedWork.Count(Software, ContextSwitches, "sleep", 200, $"trace {spec} /on/ {{ n += 1 }}");
        Assert.Equal($"n = {counted}", Variable(run, "n"));
        Assert.True(counted >= 200);
    }

    [Theory]
    [InlineData("task-clock")]
    [InlineData("sw:cpu-clock:1ms")]
    [InlineData("cpu-clock:1000hz")]
    public void ClocksWithinOnePercent(string spec)
    {
        var (run, counted) = CountedWork.Count(Software, TaskClock, "spin", 2000, $"trace {spec} /on/ {{ sum += period }} trace_end {{ print(sum) }}");
        // perf's clock goes on while a hypervisor has taken the processor away, when no timer fires; the time of the thread, two seconds, doesn't.
        const double Spun = 2e9;
        Assert.InRange(run.Numbers[0], Math.Min(counted, Spun) * 0.99, Math.Max(counted, Spun) * 1.01);
    }

    [Theory]
    [InlineData("cycles:100000", 0)]
    [InlineData("hw:instructions:u:100000", 1)]
    [InlineData("hw:cycles:4000hz", 0)]
    public void HardwareWithinOnePercent(string spec, int config)
    {
        using var machine = new LocalMachine();
        Skip.Unless(machine.CanCount(Hardware, (ulong)config, 100_000), "this machine's processor has no counters");
        var (run, counted) = CountedWork.Count(Hardware, config, "spin", 1000, $"trace {spec} /on/ {{ sum += period }} trace_end {{ print(sum) }}");
        Assert.InRange(run.Numbers[0], counted * 0.99, counted * 1.01);
    }

    [Fact]
    public void AGlobIsOneHandlerThatKnowsTheirNames()
    {
        var (run, counted) = CountedWork.Count(Software, PageFaults, "touch", 300, "trace sw:*faults /on/ { s[probegroup, probename] += 1 } trace_end { print(s[\"sw\", \"page-faults\"], s[\"sw\", \"minor-faults\"], s[\"sw\", \"major-faults\"]) }");
        Assert.Equal($"{counted}\t{counted}\tnil", run.Lines[^1]);
    }

    [Fact]
    public void TheTextOfAnEvent()
    {
        var (run, _) = CountedWork.Count(Software, PageFaults, "touch", 1, "trace page-faults:u /on/ { print(argstr) on = false }");
        Assert.Matches("^period=1 ip=0x[0-9a-f]+ addr=0x[0-9a-f]+000$", run.Lines[0]);
    }

    [Fact]
    public void WhatIsNamedIsThereOrAnError()
    {
        using var machine = new LocalMachine();
        Skip.Unless(Environment.IsPrivilegedProcess, "tracing needs root");
        Skip.Unless(!machine.CanCount(Hardware, 0, 1_000_000), "this machine's processor has counters");
        var refusal = Assert.Throws<KtapException>(() => LiveScript.Run("trace hw:cycles { n += 1 } trace cs { m += 1 }", null, "/bin/true"));
        Assert.Equal("attach to perf event hw:cycles: no such file or directory", refusal.Operation);
        Assert.StartsWith("this processor has no such counter", refusal.Hint, StringComparison.Ordinal);
        var some = LiveScript.Run("trace hw:cycles*, sw:context* { n += 1 } trace_end { print(n > 0) }", null, "/bin/sleep", "0.1");
        Assert.Equal("true", some.Lines[^1]);
        Assert.Contains("left out 1 events that can't be attached", some.Messages, StringComparison.Ordinal);
    }

    private static string Variable(LiveRun run, string name) => run.Lines.Single(l => l.StartsWith(name + " = ", StringComparison.Ordinal));
}
