using System.Text;
using System.Text.RegularExpressions;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Types;
using Ktap.Runtime.LibBpf;
using Ktap.Runtime.Machine;
using Ktap.Runtime.Tests.Machine;
using Xunit.Abstractions;

namespace Ktap.Runtime.Tests.LibBpf;

public sealed class RecordFormatterTests(ITestOutputHelper output) : KernelTest(output)
{
    /// <summary>The same events, through a program that copies records and through the kernel's own trace file.</summary>
    [Theory]
    [InlineData("sched", "sched_process_exec", "")]
    [InlineData("sched", "sched_process_fork", "")]
    [InlineData("sched", "sched_process_exit", "")]
    [InlineData("sched", "sched_switch", "")]
    [InlineData("sched", "sched_wakeup", "comm == \"ktap-fmt\"")]
    [InlineData("signal", "signal_generate", "")]
    [InlineData("task", "task_newtask", "")]
    [InlineData("kmem", "kmalloc", "")]
    [InlineData("workqueue", "workqueue_queue_work", "")]
    public void TextIsAsTheKernelPrintsIt(string group, string name, string filter)
    {
        NeedKernel();
        var format = new TracepointCatalog(Machine).Format(new TracepointName(group, name));
        var loaded = LoadProbes("copy_record");
        using var instance = new TraceInstance(Machine.TraceFs);
        if (filter.Length > 0) instance.Write($"events/{group}/{name}/filter", filter);
        instance.Enable($"{group}/{name}");
        // Events between switching the file on and attaching are in one only: only what a marked command does is compared.
        var command = Machine.Prepare(["sh", "-c", "printf ktap-fmt > /proc/$$/comm; /bin/true; sleep 0.02; (exit 3)"]);
        Machine.WriteMemory(loaded.Map(".bss"), Counter.WantedTgid, BitConverter.GetBytes(name == "sched_wakeup" ? 0L : command.Pid));
        instance.Write("set_event_pid", command.Pid.ToString());
        if (name == "sched_wakeup") instance.Write("set_event_pid", "");
        var link = Machine.Attach(loaded.Program("copy_record"), new AttachPoint.Tracepoint(group, name));
        instance.Write("tracing_on", "1");
        Machine.Release(command);
        Machine.WaitExit(command, -1);
        instance.Write("tracing_on", "0");
        Machine.Detach(link);

        var marker = name + ": ";
        var kernel = instance.Trace().Select(l => l[(l.IndexOf(marker, StringComparison.Ordinal) + marker.Length)..].TrimEnd()).ToList();
        using var formatter = new RecordFormatter(8, bigEndian: false, KallsymsOf);
        formatter.Add(format);
        formatter.Add(format);
        var ours = Records(loaded).Select(r => Encoding.UTF8.GetString(formatter.Format(format.Id, r)).TrimEnd()).ToList();
        Note($"{kernel.Count} in the file, {ours.Count} ours; first: {ours.FirstOrDefault()}");
        Assert.NotEmpty(kernel);
        // The kernel's filter by pid lets the other side of a switch through, the program sees only what runs in the command.
        if (name == "sched_switch") kernel.RemoveAll(l => !l.Contains($"prev_pid={command.Pid} ", StringComparison.Ordinal));
        // The kernel hashes addresses that it prints; it keeps the key.
        if (name is "kmalloc" or "workqueue_queue_work") (kernel, ours) = (kernel.ConvertAll(WithoutAddress), ours.ConvertAll(WithoutAddress));
        if (name == "sched_wakeup") Assert.Equal([], kernel.Except(ours));
        else Assert.Equal(kernel, ours);
    }

    /// <summary>What libtraceevent can't read of this kernel's formats is an error of its event alone, and nothing brings it down.</summary>
    [Fact]
    public void EveryFormatOfTheKernelIsReadOrRefused()
    {
        NeedKernel();
        var catalog = new TracepointCatalog(Machine);
        using var formatter = new RecordFormatter(8, bigEndian: false, KallsymsOf);
        var refused = new List<string>();
        foreach (var name in catalog.Names)
        {
            var format = catalog.Format(name);
            try
            {
                formatter.Add(format);
            }
            catch (KtapException e)
            {
                refused.Add(e.Operation);
                continue;
            }
            Assert.NotNull(Encoding.UTF8.GetString(formatter.Format(format.Id, new byte[format.FixedSize])));
        }
        Note($"{refused.Count} of {catalog.Names.Count} refused:\n{string.Join('\n', refused)}");
        Assert.InRange(refused.Count, 0, catalog.Names.Count / 20);
    }

    private static string WithoutAddress(string line) => Regex.Replace(line, @"(ptr|work struct)=[0-9a-fx]+", "$1=?");

    private List<byte[]> Records(LoadedObject loaded)
    {
        var (records, batch) = (new List<byte[]>(), new RecordBatch());
        Assert.Equal(0, Read(loaded, Counter.Lost));
        while (Machine.DrainRing(loaded.Map("ring"), batch) > 0)
        {
            foreach (var record in batch) records.Add(record.ToArray());
            batch.Clear();
        }
        return records;
    }

    private static FunctionPlace? KallsymsOf(ulong address)
    {
        var i = Array.BinarySearch(Symbols.Value.Addresses, address);
        if (i < 0) i = ~i - 1;
        if (i < 0) return null;
        var (start, end) = (Symbols.Value.Addresses[i], Symbols.Value.Addresses[i + 1]);
        return new FunctionPlace(Symbols.Value.Names[i], address - start, end - start);
    }

    private static readonly Lazy<(ulong[] Addresses, string[] Names)> Symbols = new(() =>
    {
        var all = File.ReadLines("/proc/kallsyms").Select(l => l.Split(' ', '\t')).Where(w => w[1] is "t" or "T" or "w" or "W")
            .Select(w => (Convert.ToUInt64(w[0], 16), w[2])).OrderBy(w => w.Item1).ToList();
        return ([.. all.Select(a => a.Item1)], [.. all.Select(a => a.Item2)]);
    });
}
