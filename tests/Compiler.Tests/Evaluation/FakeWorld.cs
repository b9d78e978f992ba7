using System.Text;
using Ktap.Compiler.Btf;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Tests.Evaluation;

/// <summary>A world without a machine: it collects what is written, and its clocks stand still unless the script sleeps.</summary>
public sealed class FakeWorld : IWorld
{
    private readonly StringBuilder _output = new();

    /// <summary>What was written.</summary>
    public string Output => _output.ToString();

    public long MonotonicNanoseconds { get; set; } = 5_000_000_123;

    public long WallClockNanoseconds => 1_700_000_000_123_456_789;

    public long StartNanoseconds => 2_000_000_000;

    public Target Target { get; } = new FakeTarget();

    public int TargetPid => 4321;

    public bool StopRequested { get; set; }

    public void Print(ReadOnlySpan<Value> values)
    {
        for (var i = 0; i < values.Length; i++) _output.Append(i == 0 ? "" : "\t").Append(Text(values[i]));
        _output.Append('\n');
    }

    /// <summary>Shows the call, not C's format: that is tested where it is made.</summary>
    public void Printf(KString format, ReadOnlySpan<Value> values)
    {
        if (format.Length == 0) throw new BuiltinException("the format is empty", "write one");
        _output.Append(format).Append('(');
        Print(values);
    }

    public void PrintHistogram(Table table, int rows) => _output.Append($"histogram of {table.Count} slots, {rows} rows\n");

    public void Write(ReadOnlySpan<byte> bytes) => _output.Append(Encoding.Latin1.GetString(bytes));

    public KString Render(Value value) => new(Text(value));

    public TimeSpan UtcOffset(DateTime utc) => new(5, 30, 0);

    public void Sleep(TimeSpan time) => MonotonicNanoseconds += time.Ticks * 100;

    public int System(KString command)
    {
        _output.Append($"<{command}>");
        return 3;
    }

    public string? Environment(string name) => name == "HOME" ? "/root" : null;

    public string KernelSymbol(ulong address) => address == 0x1000 ? "start" : $"0x{address:x}";

    private static string Text(Value value) => value.Kind switch
    {
        ValueKind.Table => "{" + string.Join(", ", value.AsTable.Store.Snapshot().Select(p => $"[{Text(p.Key)}] = {Text(p.Value)}")) + "}",
        ValueKind.Function => $"function {value.AsFunction.Name}",
        _ => value.ToString(),
    };

    private sealed class FakeTarget : Target
    {
        public override Ktap.Compiler.Types.Architecture Architecture { get; } = Ktap.Compiler.Types.Architecture.ForMachine("x86_64")!;

        public override KernelFeatures Features { get; } = new()
        {
            Version = new Version(6, 12, 7), Release = "6.12.7", Machine = "x86_64", PossibleCpus = 3, Btf = false, Cgroup2 = null,
            CurrentTaskBtf = true, AtomicFetch = true, PerfCookies = true, BpfLoop = true, KprobeMulti = true, NumberIterators = true,
            UprobeMulti = true, MayGoto = true, RawTracepointCookies = true,
        };

        public override BtfReader? Btf => null;

        public override IReadOnlyList<string> Tracepoints => [];

        public override IReadOnlyDictionary<int, string> Syscalls => new Dictionary<int, string>();

        public override TracepointFormat? Format(string group, string name) => null;

        public override ulong? SymbolAddress(string name) => name == "start" ? 0x1000 : null;
    }
}
