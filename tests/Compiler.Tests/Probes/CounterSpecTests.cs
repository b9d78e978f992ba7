using System.Collections.Immutable;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Tests.Fuzz;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Tests.Probes;

/// <summary>From the text of a counter or watchpoint to where its program is attached.</summary>
public class CounterSpecTests
{
    [Theory]
    [InlineData("hw:cycles", "0 0 every 1000000")]
    [InlineData("cycles", "0 0 every 1000000")]
    [InlineData("cpu-cycles:100000", "0 0 every 100000")]
    [InlineData("CYCLES:4000hz", "0 0 4000 hz")]
    [InlineData("cycles:u", "0 0 every 1000000 -kernel")]
    [InlineData("cycles:k:777", "0 0 every 777 -user")]
    [InlineData("cycles:uk", "0 0 every 1000000")]
    [InlineData("cycles:777:upp", "0 0 every 777 -kernel p2")]
    [InlineData("hw:branch-misses", "0 5 every 10000")]
    [InlineData("idle-cycles-backend", "0 8 every 1000000")]
    [InlineData("sw:page-faults:1", "1 2 every 1")]
    [InlineData("cs", "1 3 every 1")]
    [InlineData("cpu-clock", "1 0 every 1000000")]
    [InlineData("task-clock:10ms", "1 1 every 10000000")]
    [InlineData("cpu-clock:I:97hz", "1 0 97 hz -idle")]
    [InlineData("cache:L1-dcache-load-misses", "3 10000 every 10000")]
    [InlineData("l1-dcache-loads", "3 0 every 1000000")]
    [InlineData("cache:LLC-store-misses:5", "3 10102 every 5")]
    [InlineData("dTLB-prefetches", "3 203 every 1000000")]
    [InlineData("r01c2", "4 1c2 every 1000000")]
    [InlineData("r1:u:300", "4 1 every 300 -kernel")]
    [InlineData("cpu/event=0x3c/", "4 3c every 1000000")]
    [InlineData("cpu/\"event=0x1c2,umask=0x81,inv\"/u:5", "4 1008081c2 every 5 -kernel")]
    [InlineData("cpu/event=1,umask=2/", "4 201 every 1000000")]
    [InlineData("cpu/mem-loads/pp", "4 1cd every 1000000 p2 config1=3")]
    [InlineData("mem:0xffff888000001000", "5 0 every 1 access3 config1=ffff888000001000 config2=8")]
    [InlineData("mem:0xffff888000001004:w", "5 0 every 1 access2 config1=ffff888000001004 config2=4")]
    [InlineData("mem:0xffff888000001001/1:rw", "5 0 every 1 access3 config1=ffff888000001001 config2=1")]
    [InlineData("mem:jiffies:w", "5 0 every 1 access2 config1=ffffffff82000000 config2=8")]
    [InlineData("mem:flag:w", "5 0 every 1 access2 config1=ffffffff82000010 config2=1")]
    [InlineData("mem:jiffies+4/4:w", "5 0 every 1 access2 config1=ffffffff82000004 config2=4")]
    [InlineData("mem:schedule:x", "5 0 every 1 access4 config1=ffffffff81000000 config2=8")]
    public void WhereItIsAttached(string spec, string expected)
    {
        var (points, diagnostics) = Resolve(spec);
        Assert.Equal("", string.Join('\n', diagnostics.Select(d => d.Message)));
        Assert.Equal(expected, Text(Assert.Single(points)));
    }

    [Theory]
    [InlineData("hw:cylces", "KT0101: no event matches 'hw:cylces'; the nearest that exist: hw:cycles")]
    [InlineData("sw:nothing*", "KT0101: no event matches 'sw:nothing*'; 'ktap -le GLOB' lists the events that exist")]
    [InlineData("page-fautls", "KT0103: 'page-fautls' is not an event; the nearest that exist: page-faults")]
    [InlineData("sched", "KT0103: 'sched' is not an event; the nearest that exist: sched:*")]
    [InlineData("cycles:0", "KT0140: '0' in 'cycles:0' is no modifier, no period and no frequency")]
    [InlineData("cycles:10ms", "KT0140: '10ms' in 'cycles:10ms' is no modifier, no period and no frequency")]
    [InlineData("cycles:pppp", "KT0140: 'pppp' in 'cycles:pppp' is no modifier, no period and no frequency")]
    [InlineData("cpu-clock:9us", "KT0141: the period is too short: every 9000 ns; the most that the kernel allows a second is 100000, which is every 10000 ns")]
    [InlineData("cpu-clock:10us", "KT0141: the period is too short: every 10000 ns; the most that the kernel allows a second is 50000 (kernel.perf_event_max_sample_rate)")]
    [InlineData("cycles:50001hz", "KT0141: the period is too short: 50001 times a second; the most that the kernel allows a second is 50000 (kernel.perf_event_max_sample_rate)")]
    [InlineData("gpu/event=1/", "KT0142: this machine has no performance monitoring unit 'gpu'; it has: cpu")]
    [InlineData("cpu/evnet=1/", "KT0143: 'evnet=1' is nothing that 'cpu' counts; it knows: event=N, inv=N, ldlat=N, mem-loads, umask=N")]
    [InlineData("cpu/umask=0x100/", "KT0143: 'umask=0x100' is nothing that 'cpu' counts; it knows: event=N, inv=N, ldlat=N, mem-loads, umask=N")]
    [InlineData("mem:nothing:w", "KT0151: there is no variable 'nothing' to watch; /proc/kallsyms lists the kernel's variables; a program's are found with -p PID or -- COMMAND")]
    [InlineData("mem:0x601040:w", "KT0155: this address is in the memory of a process; say which: -p PID, or -- COMMAND")]
    [InlineData("mem:jiffies:r", "KT0153: x86_64 has no watchpoints for reads alone; write rw: writes count too, and 'value' tells what stands there after each")]
    [InlineData("mem:jiffies+2/4:w", "KT0152: 0xffffffff82000002 is no multiple of 4, which the address of a watchpoint of 4 bytes has to be; give a smaller length, or the address of the whole word")]
    [InlineData("mem:", "KT0150: 'mem:' is no watchpoint")]
    [InlineData("mem:jiffies/5", "KT0150: 'mem:jiffies/5' is no watchpoint")]
    [InlineData("mem:jiffies:ww", "KT0150: 'mem:jiffies:ww' is no watchpoint")]
    public void WhatIsWrong(string spec, string expected)
    {
        var (points, diagnostics) = Resolve(spec);
        Assert.Empty(points);
        var error = Assert.Single(diagnostics);
        Assert.StartsWith(expected, $"{error.Code}: {error.Message}; {error.Hint}", StringComparison.Ordinal);
    }

    [Fact]
    public void AGlobIsOneSiteForThoseWithAddressesAndOneForTheOthers()
    {
        var sites = Sites("sw:*", out _);
        Assert.Equal(2, sites.Length);
        Assert.Equal(10, sites.Sum(s => s.AttachPoints.Length));
        Assert.All(sites, s => Assert.Equal(Enumerable.Range(1, s.AttachPoints.Length).Select(i => (ulong)i), s.AttachPoints.Select(p => ((AttachPoint.PerfEvent)p).Cookie)));
        Assert.Equal([false, true], sites.Select(s => s.Field("addr") is not null).Order());
    }

    [Fact]
    public void OnlyTheChosenProcessor()
    {
        foreach (var spec in new[] { "cycles", "mem:jiffies:w" }) Assert.Equal(1, Assert.Single(Resolve(spec).Points).Cpu);
        Assert.Equal(1, new ProfileSite(new Kernel(), "profile-1hz", Sampling.Hertz(1), Options).Point.Cpu);
    }

    private static ProbeOptions Options => new(null, 256, new CTypes(() => new Kernel())) { Cpu = 1 };

    private static (ImmutableArray<AttachPoint.PerfEvent> Points, ImmutableArray<Diagnostic> Diagnostics) Resolve(string spec)
    {
        var sites = Sites(spec, out var diagnostics);
        return ([.. sites.SelectMany(s => s.AttachPoints).Cast<AttachPoint.PerfEvent>()], diagnostics);
    }

    private static ImmutableArray<ProbeSite> Sites(string spec, out ImmutableArray<Diagnostic> diagnostics)
    {
        var (source, found) = (SourceText.From(spec), new DiagnosticBag());
        var parsed = Parser.ParseEventSpecs(spec, source, new TextSpan(0, source.Bytes.Length), found);
        var sites = new ProbeRequest(new Kernel(), Options, EventUse.None, source, found).Resolve([.. parsed.Specs]);
        diagnostics = [.. found];
        return sites;
    }

    private static string Text(AttachPoint.PerfEvent point)
    {
        var often = point.Sampling.IsFrequency ? $"{point.Sampling.Value} hz" : $"every {point.Sampling.Value}";
        return $"{point.Type} {point.Config:x} {often}{(point.ExcludeUser ? " -user" : "")}{(point.ExcludeKernel ? " -kernel" : "")}{(point.ExcludeIdle ? " -idle" : "")}" +
            $"{(point.Precision > 0 ? $" p{point.Precision}" : "")}{(point.BreakpointType > 0 ? $" access{point.BreakpointType}" : "")}" +
            $"{(point.Config1 > 0 ? $" config1={point.Config1:x}" : "")}{(point.Config2 > 0 ? $" config2={point.Config2:x}" : "")}";
    }

    /// <summary>A kernel of a few events, with a processor that counts and some variables.</summary>
    private sealed class Kernel : FrozenTarget
    {
        public override IReadOnlyList<string> Pmus => ["cpu"];

        public override long? MaxSampleRate => 50_000;

        public override Pmu? Pmu(string name) => name != "cpu" ? null : new Pmu("cpu", 4,
            new Dictionary<string, string> { ["event"] = "config:0-7,32-35", ["umask"] = "config:8-15", ["inv"] = "config:23", ["ldlat"] = "config1:0-15" },
            new Dictionary<string, string> { ["mem-loads"] = "event=0xcd,umask=0x1,ldlat=3" });

        public override MemoryPlace? KernelData(string name) => name switch
        {
            "jiffies" => new MemoryPlace(0xffffffff82000000, 16),
            "flag" => new MemoryPlace(0xffffffff82000010, 1),
            "init_task" => new MemoryPlace(0xffffffff82000040, 4096),
            _ => null,
        };
    }
}
