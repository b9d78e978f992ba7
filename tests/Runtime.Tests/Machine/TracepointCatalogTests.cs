using System.Diagnostics;
using System.Text;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Types;
using Ktap.Runtime.Machine;
using Xunit.Abstractions;

namespace Ktap.Runtime.Tests.Machine;

public sealed class TracepointCatalogTests(ITestOutputHelper output) : KernelTest(output)
{
    [Fact]
    public void EveryEventOfTheKernelIsNamed()
    {
        NeedKernel();
        var catalog = new TracepointCatalog(Machine);
        var lines = Encoding.ASCII.GetString(Machine.ReadFile("/sys/kernel/tracing/available_events")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(lines.Order(StringComparer.Ordinal), catalog.Names.Select(n => n.ToString()).Order(StringComparer.Ordinal));
        Assert.Equal("/sys/kernel/tracing", Machine.TraceFs);
    }

    [Fact]
    public void PatternsFindEventsInMilliseconds()
    {
        NeedKernel();
        var clock = Stopwatch.StartNew();
        var catalog = new TracepointCatalog(Machine);
        var first = catalog.Matching("sched", "sched_switch").ToList();
        var read = clock.Elapsed.TotalMilliseconds;
        clock.Restart();
        var found = catalog.Matching("*", "*s*e*_*t*").Count();
        Note($"{catalog.Names.Count} names read in {read:f1} ms; {found} found in {clock.Elapsed.TotalMilliseconds:f2} ms");
        Assert.Equal([new TracepointName("sched", "sched_switch")], first);
        var calls = catalog.Matching("syscalls", "sys_enter_*").ToList();
        Assert.Equal(Directory.GetDirectories("/sys/kernel/tracing/events/syscalls", "sys_enter_*").Length, calls.Count);
        Assert.Equal(catalog.Names.Count, catalog.Matching("*", "*").Count());
        Assert.Equal(["sched_switch", "sched_waking"], catalog.Matching("sch?d", "sched_[sw][aw]*[hg]").Select(n => n.Name));
        Assert.Empty(catalog.Matching("sched", "no_such"));
    }

    [Fact]
    public void AFormatIsRead()
    {
        NeedKernel();
        var catalog = new TracepointCatalog(Machine);
        var exec = catalog.Format(new TracepointName("sched", "sched_process_exec"));
        Assert.Same(exec, catalog.Format(new TracepointName("sched", "sched_process_exec")));
        Assert.Equal(["common_type", "common_flags", "common_preempt_count", "common_pid", "filename", "pid", "old_pid"], exec.Fields.Select(f => f.Name));
        Assert.Equal(
            new TracepointField("filename", "char", 8, 4, false, null, DataLocation.DataLoc, false) { IsArray = true }, exec.Field("filename")! with { IsSigned = false });
        Assert.True(exec.Field("filename")!.IsString);
        var comm = catalog.Format(new TracepointName("sched", "sched_switch")).Field("prev_comm")!;
        Assert.Equal(("char", 16, (int?)16, true), (comm.TypeText, comm.Size, comm.ArrayLength, comm.IsString));
        Assert.Equal(2, Assert.Throws<KtapException>(() => catalog.Format(new TracepointName("sched", "no"))).Errno);
    }

    [Fact]
    public void EveryFormatOfTheKernelIsReadWithFieldsInTheirPlaces()
    {
        NeedKernel();
        var catalog = new TracepointCatalog(Machine);
        foreach (var name in catalog.Names)
        {
            var format = catalog.Format(name);
            Assert.Equal(name.Name, format.Name);
            Assert.InRange(format.Id, 1, 65535);
            Assert.NotEqual("", format.PrintFormat);
            var end = 0;
            foreach (var field in format.Fields)
            {
                // Fields follow each other, bit fields share a place, and an unsized array at the end has no size.
                Assert.True(field.Offset >= end || field.Size > 0, $"{name} {field}");
                Assert.Matches("^[A-Za-z_][A-Za-z_0-9]*$", field.Name);
                Assert.False(field.TypeText.Contains('[') || field.TypeText.Length == 0, $"{name} {field}");
                end = field.Offset;
            }
        }
    }
}
