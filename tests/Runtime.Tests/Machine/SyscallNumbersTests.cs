using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Ktap.Compiler.Types;
using Ktap.Runtime.Machine;
using Xunit.Abstractions;

namespace Ktap.Runtime.Tests.Machine;

public sealed partial class SyscallNumbersTests(ITestOutputHelper output) : KernelTest(output)
{
    private static readonly SyscallTable Table = SyscallTable.ForMachine("x86_64")!;

    [Fact]
    public void EveryEventOfThisKernelHasANumberOfItsOwn()
    {
        NeedKernel();
        var events = new TracepointCatalog(Machine).Matching("syscalls", "sys_enter_*").Select(n => n.Name["sys_enter_".Length..]).ToList();
        var numbers = events.ToDictionary(e => e, e => Table.NumberOfEvent(e));
        Assert.Equal([], numbers.Where(n => n.Value is null).Select(n => n.Key));
        Assert.Equal(events.Count, numbers.Values.Distinct().Count());
        var named = Table.WithEventNames(events);
        Assert.All(events, e => Assert.Equal(e, named[Table.NumberOfEvent(e)!.Value]));
        Assert.Equal("init_module", named[175]);
    }

    /// <summary>
    /// Makes calls by number, without sensible arguments, and reads the kernel's own record of which event ran and, beside it, which
    /// number raw_syscalls:sys_enter saw.
    /// </summary>
    [Fact]
    public void TheNumbersAreTheKernels()
    {
        NeedKernel();
        string[] events = ["newfstat", "newstat", "newlstat", "newuname", "umount", "sendfile64", "getppid", "pread64", "fadvise64", "mseal", "openat", "futex", "getxattrat"];
        using var instance = new TraceInstance(Machine.TraceFs);
        instance.Write("set_event_pid", GetThreadId().ToString(CultureInfo.InvariantCulture));
        // What is switched on first is written first.
        instance.Enable("raw_syscalls/sys_enter");
        foreach (var e in events) instance.Enable($"syscalls/sys_enter_{e}");
        instance.Write("tracing_on", "1");
        foreach (var e in events) SystemCall(Table.NumberOfEvent(e)!.Value, -1, 0, 0, 0);
        instance.Write("tracing_on", "0");
        // "NR 5 (…)" and then "sys_newfstat(…)", on one thread in this order
        long? number = null;
        var seen = new Dictionary<string, long>();
        foreach (var line in instance.Trace())
        {
            if (NumberLine().Match(line) is { Success: true } raw) number = long.Parse(raw.Groups[1].Value, CultureInfo.InvariantCulture);
            else if (NameLine().Match(line) is { Success: true } named && events.Contains(named.Groups[1].Value)) seen.TryAdd(named.Groups[1].Value, number!.Value);
        }
        Assert.Equal(events.Order().Select(e => (e, (long)Table.NumberOfEvent(e)!)), seen.OrderBy(s => s.Key).Select(s => (s.Key, s.Value)));
        Assert.Equal((5, 4, 6, 63, 166, 40), (Number("newfstat"), Number("newstat"), Number("newlstat"), Number("newuname"), Number("umount"), Number("sendfile64")));

        static int Number(string e) => Table.NumberOfEvent(e)!.Value;
    }

    [GeneratedRegex(@"sys_enter: NR (\d+)")]
    private static partial Regex NumberLine();

    [GeneratedRegex(@": sys_(\w+)\(")]
    private static partial Regex NameLine();

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint SystemCall(nint number, nint a, nint b, nint c, nint d);

    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int GetThreadId();
}
