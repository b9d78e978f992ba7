using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;

namespace Ktap.Compiler.Lowering;

/// <summary>From typed handlers to IR: one program a handler, the maps, and the shared memory.</summary>
public static class Lowerer
{
    // The kernel takes 3 ms to make a large ring, which scripts don't need that send nothing but the end. A ring is at least a page; libbpf rounds up.
    private const int RingBytes = 16 << 20, SmallRingBytes = 4 << 10;

    // Room for buckets of a table's distributions: so many for each slot that it can have, shared by all; 100 bytes of memory each.
    private const int BucketsForEach = 16, MostBuckets = 1 << 20;

    /// <summary>Lowers all handlers.</summary>
    public static LoweredProgram Run(TypedProgram program, Target target, CodeOptions options)
    {
        var stripes = StripePlan.Of(program, target, options, SharedMemory.FirstLine);
        var memory = new SharedMemory(target.Features.AtomicFetch, stripes.Size);
        var aggregates = AggregateMapsOf(program, options, stripes);
        var shared = program.Cells.Where(c => c.Type.NotNil is not KtapType.AggregateType && !stripes.Cells.Any(s => s.Cell == c)).ToArray();
        foreach (var cell in shared) memory.Place(cell);
        var tables = program.Tables.Where(t => t.Value is not KtapType.AggregateType && !stripes.Tables.Any(s => s.Table == t)).Select(t => MapOf(t, options)).ToImmutableArray();
        var ring = new MapSpec(KernelNames.Ring, BpfMapType.Ringbuf, 0, 0, RingBytes);
        var command = options.TracksCommand ? CommandTracking.Map : new MapSpec(KernelNames.Command, BpfMapType.CgroupArray, 4, 4, 1);
        var cgroup = new MapSpec(KernelNames.Cgroup, BpfMapType.CgroupArray, 4, 4, 1);
        var exit = new MapSpec(KernelNames.Exit, BpfMapType.Hash, 8, 8, 1);
        var stacks = StackLayout.Map(target.Features, options.MaxEntries);
        var maps = tables.SelectMany(t => t.Turns.Append(t.Map))
            .Concat(aggregates.SelectMany(a => new[] { a.Statistics, a.Buckets }.OfType<AggregateMap>()).SelectMany(m => m.Turns.Append(m.Map))).ToList();
        if (program.Handlers.Length > 0) maps.Add(ring);

        var context = new LoweringContext(target, options, memory, tables.ToDictionary(t => t.Table),
            aggregates.ToDictionary(a => (object?)a.Table ?? a.Cell!), ring, command, cgroup, exit, stacks, stripes);
        var programs = ImmutableArray.CreateBuilder<IrProgram>();
        var callbacks = ImmutableArray.CreateBuilder<IrFunction>();
        var handlers = ImmutableArray.CreateBuilder<HandlerProgram>();
        var sends = false;
        for (var i = 0; i < program.Handlers.Length; i++)
        {
            var (handler, name) = (program.Handlers[i], ProgramName(program.Handlers[i], i));
            handlers.Add(new HandlerProgram(name, handler, handler.Site.AttachPoints) { Scratch = Lower(handler, name) });
        }
        var updaters = ImmutableArray.CreateBuilder<SlotUpdater>();
        var updates = new SlotUpdates(program, memory);
        foreach (var (updater, handler) in tables.Where(t => !t.IsFlipped).SelectMany(t => updates.For(t.Table, program.Handlers[0].Site)))
        {
            Lower(handler, updater.Program);
            updaters.Add(updater);
        }
        var trackers = ImmutableArray.CreateBuilder<(string, AttachPoint)>();
        if (options is { OnlyCommand: true, TracksCommand: true } && program.Handlers is [var first, ..])
        {
            var tracking = new CommandTracking(command, new TrackingContext(target, first.Site.Options.Types, first.Source, first.Span));
            foreach (var (tracker, point) in tracking.Programs)
            {
                programs.Add(tracker);
                trackers.Add((tracker.Function.Name, point));
            }
        }
        foreach (var map in new[] { command, cgroup, exit, stacks })
            if (programs.Any(p => Uses(p.Function, map)) || callbacks.Any(f => Uses(f, map))) maps.Add(map);
        if (!sends && program.Handlers.Length > 0) maps[maps.IndexOf(ring)] = ring with { MaxEntries = SmallRingBytes };
        var module = new IrModule(target, programs.ToImmutable(), [.. maps], memory.Sections) { Callbacks = callbacks.ToImmutable() };
        return new LoweredProgram(module, handlers.ToImmutable(), tables, aggregates, [.. shared.Select(memory.Place)], memory.Counters, program.Outputs, options)
        {
            Stripes = stripes,
            Updaters = updaters.ToImmutable(),
            Trackers = trackers.ToImmutable(),
        };

        MapSpec? Lower(TypedHandler handler, string name)
        {
            var lowered = new HandlerLowering(context, handler, name).Run();
            sends |= lowered.Sends;
            callbacks.AddRange(lowered.Callbacks);
            if (lowered.Scratch is { } scratch) maps.Add(scratch);
            programs.Add(new IrProgram(handler.Site.Section, lowered.Function));
            return lowered.Scratch;
        }
    }

    private static bool Uses(IrFunction function, MapSpec map) => function.Blocks.Any(b => b.Ops.Any(o => o is IrOp.MapAddress a && a.Map == map));

    // The maps of a table in turns hold only what handlers add between two looks of user space, which keeps the rest.
    private static TableMap MapOf(SharedTable table, CodeOptions options)
    {
        var (map, turns) = InTurns(TableSpec(table, options), table.IsSum && (table.Use & TableUse.Reads) == 0 && table.UserSide.Resets);
        return new TableMap(table, map, turns);
    }

    private static (MapSpec Map, ImmutableArray<MapSpec> Turns) InTurns(MapSpec map, bool isFlipped)
    {
        if (!isFlipped) return (map, []);
        var (a, b) = (map with { Name = map.Name + "_a" }, map with { Name = map.Name + "_b" });
        return (new MapSpec(map.Name, BpfMapType.ArrayOfMaps, 4, 4, 1) { Inner = a }, [a, b]);
    }

    // A table that nothing is ever stored to has no types; it still needs a map to be looked up in.
    private static MapSpec TableSpec(SharedTable table, CodeOptions options)
    {
        var key = table.Key is KtapType.NeverType ? 8 : Layout.SizeOf(table.Key);
        var value = table.Value is KtapType.NeverType ? 8 : Layout.SizeOf(table.Value);
        var entries = (int)Math.Max(options.MaxEntries, table.Table.Count);
        return new MapSpec(CName($"t{table.Index}_{table.Table.Name}"), BpfMapType.Hash, key, value, entries);
    }

    private static ImmutableArray<AggregateMaps> AggregateMapsOf(TypedProgram program, CodeOptions options, StripePlan stripes) =>
    [
        .. program.Tables.Where(t => t.Value is KtapType.AggregateType).Select(t => OfTable(t, ((KtapType.AggregateType)t.Value).Plan, options)),
        .. program.Cells.Where(c => c.Type.NotNil is KtapType.AggregateType).Select(c => OfCell(c, ((KtapType.AggregateType)c.Type.NotNil).Plan, stripes.Buckets.FirstOrDefault(b => b.Cell == c)?.Sum)),
    ];

    // Numbers of all samples are per CPU and merged when read; buckets are many, so those of all processors are one.
    private static AggregateMaps OfTable(SharedTable table, AggregatePlan plan, CodeOptions options)
    {
        var (name, key) = ($"t{table.Index}_{table.Table.Name}", table.Key is KtapType.NeverType ? 8 : Layout.SizeOf(table.Key));
        var buckets = (int)Math.Max(options.MaxEntries, Math.Min(MostBuckets, (long)options.MaxEntries * Math.Min(BucketsForEach, plan.BucketCount)));
        return new AggregateMaps(table, null, plan,
            plan.HasStatistics ? Part(new MapSpec(CName(name), BpfMapType.PercpuHash, key, plan.StatisticsSize, options.MaxEntries), table.UserSide.Resets) : null,
            plan.HasBuckets ? Part(new MapSpec(CName($"b{name}"), BpfMapType.Hash, key + 8, 8, buckets), table.UserSide.Resets) : null);
    }

    private static AggregateMaps OfCell(SharedCell cell, AggregatePlan plan, StripedSum? striped)
    {
        var name = $"c{cell.Index}_{cell.Cell.Name}";
        return new AggregateMaps(null, cell, plan,
            plan.HasStatistics ? Part(new MapSpec(CName(name), BpfMapType.PercpuArray, 4, plan.StatisticsSize, 1), cell.IsReset) : null,
            plan.HasBuckets && striped is null ? Part(new MapSpec(CName($"b{name}"), BpfMapType.PercpuArray, 4, 8, plan.BucketCount), cell.IsReset) : null)
        {
            StripedBuckets = striped,
        };
    }

    private static AggregateMap Part(MapSpec map, bool isFlipped)
    {
        var (now, turns) = InTurns(map, isFlipped);
        return new AggregateMap(now, turns);
    }

    private static string ProgramName(TypedHandler handler, int index) => CName($"h{index}_{(handler.Site.ProbeNames.Names is [var only] ? only : handler.Site.Description)}");

    private static string CName(string text) => string.Concat(text.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
}

/// <summary>What all handlers of one object share.</summary>
internal sealed record LoweringContext(
    Target Target, CodeOptions Options, SharedMemory Memory, Dictionary<SharedTable, TableMap> Tables,
    Dictionary<object, AggregateMaps> Aggregates, MapSpec Ring, MapSpec Command, MapSpec Cgroup, MapSpec Exit, MapSpec Stacks, StripePlan Stripes);
