using System.Collections.Immutable;
using System.Text;
using Ktap.Compiler.Btf;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Types;
using Ktap.Runtime.Symbols;

namespace Ktap.Runtime.Machine;

/// <summary>The kernel that runs on a machine, read on demand: a script without probes reads nothing.</summary>
public sealed class LiveTarget : Target
{
    private const string BtfPath = "/sys/kernel/btf/vmlinux", SampleRatePath = "/proc/sys/kernel/perf_event_max_sample_rate";

    private readonly IMachine _machine;
    private readonly KernelSymbols _symbols;
    private readonly TracepointCatalog _catalog;
    private readonly FunctionCatalog _functions;
    private readonly Lazy<IReadOnlyDictionary<string, MadeEvent>> _made;
    private readonly PmuCatalog _pmus;
    private readonly Dictionary<string, IReadOnlyDictionary<string, MemoryPlace>?> _programs = [];
    private readonly Lazy<ImmutableArray<(ulong, ulong)>> _tracingCode;
    private readonly Lazy<BtfReader?> _btf;
    private readonly Lazy<IReadOnlyList<string>> _tracepoints;
    private readonly Lazy<SyscallTable?> _table;
    private readonly Lazy<IReadOnlyDictionary<int, string>> _syscalls;
    private readonly Lazy<UserFiles> _userFiles;

    /// <summary>The target of a machine, with its kernel's symbols.</summary>
    public LiveTarget(IMachine machine, KernelSymbols symbols)
    {
        (_machine, _symbols, _catalog, _pmus) = (machine, symbols, new TracepointCatalog(machine), new PmuCatalog(machine));
        (_functions, _made) = (new FunctionCatalog(machine, symbols), new(ReadMadeEvents));
        _btf = new(() => machine.Exists(BtfPath) ? new BtfReader(machine.MapFile(BtfPath)) : null);
        _tracepoints = new(() => [.. _catalog.Names.Select(n => n.ToString())]);
        _table = new(() => SyscallTable.ForMachine(Features.Machine));
        _syscalls = new(ReadSyscalls);
        _userFiles = new(() => new UserFiles(machine, Architecture.ElfMachine, Architecture.Name));
        _tracingCode = new(() => symbols.RangesOf(TracingFrames.IsOne));
    }

    /// <inheritdoc/>
    public override Architecture Architecture => Architecture.ForMachine(Features.Machine)
        ?? throw new KtapException($"trace a machine of architecture {Features.Machine}", 0, "this version traces x86_64");

    /// <inheritdoc/>
    public override IReadOnlyDictionary<int, string> Syscalls => _syscalls.Value;

    /// <inheritdoc/>
    public override KernelFeatures Features => _machine.Features;

    /// <inheritdoc/>
    public override BtfReader? Btf => _btf.Value;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Tracepoints => _tracepoints.Value;

    /// <inheritdoc/>
    public override bool HasTracepoint(string name) =>
        name.Split(':') is [var group, var plain] && !name.Contains('/') && _machine.Exists($"{_machine.TraceFs}/events/{group}/{plain}/id");

    /// <inheritdoc/>
    public override int? SyscallOfEvent(string name) => _table.Value?.NumberOfEvent(name);

    /// <inheritdoc/>
    public override TracepointFormat? Format(string group, string name) =>
        _machine.Exists($"{_machine.TraceFs}/events/{group}/{name}/format") ? _catalog.Format(new TracepointName(group, name)) : null;

    /// <inheritdoc/>
    public override ImmutableArray<(ulong Start, ulong End)> TracingCode => _tracingCode.Value;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, MadeEvent> MadeEvents => _made.Value;

    /// <inheritdoc/>
    public override ImmutableArray<KernelFunction> Functions(string name) => _functions.Named(name);

    /// <inheritdoc/>
    public override IReadOnlyList<KernelFunction> FunctionsMatching(string glob) => _functions.Matching(glob);

    /// <inheritdoc/>
    public override bool AllowsErrors(string function) => _functions.AllowsErrors(function);

    private IReadOnlyDictionary<string, MadeEvent> ReadMadeEvents()
    {
        var path = _machine.TraceFs + "/dynamic_events";
        return _machine.Exists(path)
            ? Encoding.UTF8.GetString(_machine.ReadFile(path)).Split('\n').Select(MadeEvent.Parse).OfType<MadeEvent>().DistinctBy(e => (e.Group, e.Name)).ToDictionary(e => $"{e.Group}:{e.Name}")
            : ImmutableDictionary<string, MadeEvent>.Empty;
    }

    /// <inheritdoc/>
    public override UserFileSearch FindUserFile(string name, int pid) => _userFiles.Value.Find(name, pid);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Pmus => _pmus.Names;

    /// <inheritdoc/>
    public override Pmu? Pmu(string name) => _pmus.Find(name);

    /// <inheritdoc/>
    public override bool CanCount(uint type, ulong config, ulong period) => _machine.CanCount(type, config, period);

    /// <inheritdoc/>
    public override long? MaxSampleRate => _machine.Exists(SampleRatePath) && long.TryParse(Encoding.UTF8.GetString(_machine.ReadFile(SampleRatePath)), out var rate) ? rate : null;

    /// <inheritdoc/>
    public override long? FreeMemory
    {
        get
        {
            const string path = "/proc/meminfo", name = "MemAvailable:";
            if (!_machine.Exists(path)) return null;
            foreach (var line in Encoding.UTF8.GetString(_machine.ReadFile(path)).Split('\n'))
                if (line.StartsWith(name, StringComparison.Ordinal) && long.TryParse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), out var kilobytes)) return kilobytes * 1024;
            return null;
        }
    }

    /// <inheritdoc/>
    public override MemoryPlace? KernelData(string name) => _symbols.DataOf(name);

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, MemoryPlace>? ProgramSymbols(string file)
    {
        if (_programs.TryGetValue(file, out var known)) return known;
        return _programs[file] = _machine.Exists(file) ? _machine.ReadSymbols(file) : null;
    }

    /// <inheritdoc/>
    public override ulong? SymbolAddress(string name) => _symbols.AddressOf(name);

    private IReadOnlyDictionary<int, string> ReadSyscalls()
    {
        const string Prefix = "sys_enter_";
        var events = _catalog.Matching("syscalls", Prefix + "*").Select(e => e.Name[Prefix.Length..]);
        return _table.Value?.WithEventNames(events) ?? new Dictionary<int, string>();
    }
}
