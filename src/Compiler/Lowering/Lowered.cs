using System.Collections.Immutable;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;

namespace Ktap.Compiler.Lowering;

/// <summary>What the compiler's options mean for code.</summary>
/// <param name="MaxEntries">The slots of a table in the kernel (<c>--max-entries</c>).</param>
/// <param name="SkipPid">Handlers that send anything to user space skip this process (ktap itself); 0: none.</param>
/// <param name="OnlyPids">Only these processes (<c>-p</c>); empty: all.</param>
/// <param name="OnlyCpu">Only this processor (<c>-C</c>); null: all.</param>
/// <param name="OnlyCommand">Only tasks in the cgroup at key 0 of the map <see cref="KernelNames.Command"/> (<c>-- CMD</c>).</param>
/// <param name="MaxLoop">How often a loop may go round (<c>--max-loop</c>); the kernel may allow less.</param>
/// <param name="Timestamps">Every record begins with the time (<c>-T</c>).</param>
public sealed record CodeOptions(int MaxEntries, int SkipPid, ImmutableArray<int> OnlyPids, int? OnlyCpu, bool OnlyCommand, long MaxLoop, bool Timestamps)
{
    /// <summary>Whether the command's processes are known by a hash of their ids, because the machine has no cgroup2: then that is what <see cref="KernelNames.Command"/> is.</summary>
    public bool TracksCommand { get; init; }

    /// <summary>Only tasks in or under the cgroup at key 0 of the map <see cref="KernelNames.Cgroup"/> (<c>--cgroup</c>).</summary>
    public bool OnlyCgroup { get; init; }

    /// <summary>The part of the rounds that the verifier of a kernel without <c>bpf_loop</c> is believed to walk which loops get: less where it refused.</summary>
    public double LoopShare { get; init; } = 1;

    /// <summary>Whether the object is kept (<c>ktap build</c>), and may run on a machine with more processors than the target has.</summary>
    public bool IsPortable { get; init; }
}

/// <summary>The maps of an object that are not tables of the script.</summary>
public static class KernelNames
{
    /// <summary>The ring buffer that carries <see cref="RecordLayout"/> records.</summary>
    public const string Ring = "ktap_ring";

    /// <summary>The cgroup array that holds the command's cgroup.</summary>
    public const string Command = "ktap_command";

    /// <summary>The cgroup array that holds the cgroup of <c>--cgroup</c>.</summary>
    public const string Cgroup = "ktap_cgroup";

    /// <summary>The hash map of captured stacks, in the form of <see cref="StackLayout"/>; only in objects that capture any.</summary>
    public const string Stacks = "ktap_stacks";

    /// <summary>The hash that the first <c>exit</c> makes its only entry in, on kernels before 5.12.</summary>
    public const string Exit = "ktap_exit";

    /// <summary>The map of shared variables and counters, as the runtime finds it.</summary>
    public const string Bss = ".bss";
}

/// <summary>
/// A record in the ring: a 32-bit <see cref="OutputSite.Id"/>, 32 bits of how many bytes of event text stand at the end, the time in
/// nanoseconds (with <see cref="CodeOptions.Timestamps"/>), the dynamic arguments in order, the event's text.
/// </summary>
public static class RecordLayout
{
    /// <summary>The id of the record that a handler's <c>exit</c> sends, to wake the reader; it is only a header.</summary>
    public const uint ExitId = 0xffffffff;

    /// <summary>The id of the record that says that a user stack was kept for the first time: its header, its number.</summary>
    public const uint StackId = 0xfffffffe;

    /// <summary>The size of what stands before the arguments.</summary>
    public static int HeaderSize(bool timestamps) => timestamps ? 16 : 8;

    /// <summary>The size of one dynamic argument: a word that is 1 where it is not nil, for those that may be, and the value.</summary>
    public static int SizeOf(KtapType type) => type switch
    {
        KtapType.OptionalType o => 8 + Layout.SizeOf(o.Inner),
        KtapType.NilType => 0,
        _ => Layout.SizeOf(type),
    };
}

/// <summary>The record of a user stack that is kept for the first time (<see cref="RecordLayout.StackId"/>), byte offsets of words.</summary>
public static class StackRecord
{
    /// <summary>The stack's number.</summary>
    public const int Number = 8;

    /// <summary>The size of the record.</summary>
    public const int Size = 16;
}

/// <summary>A run-time error that handlers count: its kind and place, and where its 64-bit counter is in <c>.bss</c>. <paramref name="Table"/>: the table that refused, for those kinds.</summary>
public sealed record ErrorCounter(HandlerError Kind, SourceText Source, TextSpan Span, SharedTable? Table, int Offset);

/// <summary>
/// A table's map. Where user space takes away what it has seen of a table that handlers only add to, it is an array of one map, in whose place
/// user space puts the other of <paramref name="Turns"/>: what it takes out is then still, and nothing of it can be lost. Else there are no turns.
/// </summary>
public sealed record TableMap(SharedTable Table, MapSpec Map, ImmutableArray<MapSpec> Turns)
{
    /// <summary>Whether the maps take turns.</summary>
    public bool IsFlipped => !Turns.IsEmpty;
}

/// <summary>
/// The maps of a table's or a variable's aggregates, each where the plan needs it. A table's statistics are a per-CPU hash under its keys, its buckets a hash
/// under the key with the bucket's number as a word behind; a variable's are per-CPU arrays of one statistics and of buckets by number.
/// In the statistics the largest is kept with its sign bit inverted, the least with all others inverted: zeros are no samples.
/// </summary>
public sealed record AggregateMaps(SharedTable? Table, SharedCell? Cell, AggregatePlan Plan, AggregateMap? Statistics, AggregateMap? Buckets)
{
    /// <summary>The buckets of a variable where they are striped; then there is no map for them.</summary>
    public StripedSum? StripedBuckets { get; init; }
}

/// <summary>One of these maps; where user space takes samples away, an array of one map and the two that take turns in it, as for <see cref="TableMap"/>.</summary>
public sealed record AggregateMap(MapSpec Map, ImmutableArray<MapSpec> Turns);

/// <summary>
/// The program that makes one kind of update of a table's slots for user space, in one step against handlers: system calls can't. The key, as
/// <see cref="Layout"/> has it, and the operand are put at these places of <c>.bss</c> before it runs.
/// </summary>
public sealed record SlotUpdater(SharedTable Table, BinaryOp Op, string Program, int KeyOffset, int OperandOffset);

/// <summary>A handler's program: its function's name in the object, and where it attaches.</summary>
public sealed record HandlerProgram(string Name, TypedHandler Handler, ImmutableArray<AttachPoint> AttachPoints)
{
    /// <summary>The per-CPU memory for what doesn't fit the stack, one value; null where nothing is in it.</summary>
    public MapSpec? Scratch { get; init; }
}

/// <summary>All handlers as IR, and what the runtime must know to serve them.</summary>
public sealed record LoweredProgram(
    IrModule Module, ImmutableArray<HandlerProgram> Programs, ImmutableArray<TableMap> Tables, ImmutableArray<AggregateMaps> Aggregates, ImmutableArray<CellPlace> Cells,
    ImmutableArray<ErrorCounter> Errors, ImmutableArray<OutputSite> Outputs, CodeOptions Options)
{
    /// <summary>The tables and variables whose sums each processor keeps for itself; they are not among <see cref="Tables"/> and <see cref="Cells"/>.</summary>
    public required StripePlan Stripes { get; init; }

    /// <summary>The updates that user space may make.</summary>
    public ImmutableArray<SlotUpdater> Updaters { get; init; } = [];

    /// <summary>The programs that keep the hash of the command's processes, attached before all others.</summary>
    public ImmutableArray<(string Program, AttachPoint Point)> Trackers { get; init; } = [];
}
