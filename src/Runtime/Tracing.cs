using System.Collections.Immutable;
using Ktap.Compiler;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Lowering;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;
using Ktap.Compiler.Values;
using Ktap.Runtime.LibBpf;
using Ktap.Runtime.Machine;
using Ktap.Runtime.Symbols;
using Ktap.Runtime.Tables;

namespace Ktap.Runtime;

/// <summary>
/// A compiled script in the kernel: loaded, its tables and variables in maps, its programs attached; and the way back. For one
/// thread, except <see cref="ExitCode"/> and <see cref="SetWakeup"/>.
/// </summary>
public sealed class Tracing : IDisposable
{
    private readonly IMachine _machine;
    private readonly LoweredProgram _program;
    private readonly LoadedObject _loaded;
    private readonly LoadedMap _bss;
    private readonly List<Link> _links = [];
    private readonly List<(LoadedProgram Program, AttachPoint Point)> _atStart = [];
    private Command? _command;
    private int? _cgroup;

    /// <summary>Loads and verifies a compiled script, and moves what the main stage left into its maps.</summary>
    public Tracing(IMachine machine, CompiledScript script, UserSymbols? users = null)
    {
        (_machine, _program) = (machine, script.Program);
        _loaded = machine.Load(script.Object.AsSpan(), new LoadOptions());
        _bss = _loaded.Map(KernelNames.Bss);
        var stacks = _loaded.FindMap(KernelNames.Stacks);
        if (stacks is not null) machine.Prime(stacks);
        Stacks = new StackStore(machine, stacks, users ?? new UserSymbols(machine));
        foreach (var map in _program.Tables) MoveIn(map.Table, () => MoveIn(map));
        foreach (var table in _program.Stripes.Tables) MoveIn(table.Table, () => MoveIn(table));
        foreach (var maps in _program.Aggregates) MoveIn(maps.Table, () => MoveIn(maps));
        foreach (var cell in _program.Stripes.Cells) cell.Cell.Cell.MoveTo(new StripedCellStore(Sums(cell.Sum), cell, Stacks, Runs));
        foreach (var place in _program.Cells)
        {
            CellStore store = place.HasCopies ? new CopiedCellStore(machine, _bss, place, Stacks, Runs) : new MappedCellStore(machine, _bss, place, Stacks, Runs);
            if (!place.Cell.Cell.Value.IsNil) store.Set(place.Cell.Cell.Value);
            place.Cell.Cell.MoveTo(store);
        }
    }

    /// <summary>The object in the kernel, for tests that run its programs without attaching them.</summary>
    internal LoadedObject Loaded => _loaded;

    /// <summary>The runs of code in user space: <see cref="RunClock.Begin"/> comes before each.</summary>
    public RunClock Runs { get; } = new();

    /// <summary>The ring of records.</summary>
    public LoadedMap Ring => _loaded.Map(KernelNames.Ring);

    /// <summary>The stacks that handlers capture.</summary>
    public StackStore Stacks { get; }

    /// <summary>How many links are attached.</summary>
    public int Links => _links.Count;

    /// <summary>How many of them the kernel detaches slowly, one after the other: those through perf.</summary>
    public int SlowLinks { get; private set; }

    /// <summary>What the first <c>exit</c> of a handler said, or null.</summary>
    public int? ExitCode => Word(ControlBlock.ExitCode) is > 0 and var code ? (int)code - 1 : null;

    /// <summary>The run-time errors of handlers so far: counters that are not 0.</summary>
    public ImmutableArray<(ErrorCounter Counter, long Count)> Errors =>
        _program.Errors.Select(e => (e, Word(e.Offset))).Where(e => e.Item2 != 0).ToImmutableArray();

    /// <summary>Tells handlers how far the wall clock is ahead of the monotonic one now, and when ktap started on that, in nanoseconds.</summary>
    public void SetClocks(long ahead, long start)
    {
        if (_program.Programs.IsEmpty) return;
        _machine.WriteMemory(_bss, ControlBlock.WallClock, BitConverter.GetBytes(ahead));
        _machine.WriteMemory(_bss, ControlBlock.Start, BitConverter.GetBytes(start));
    }

    /// <summary>Sets the flags with which handlers submit records (<see cref="ControlBlock.Wakeup"/>). For any thread.</summary>
    public void SetWakeup(long flags) => _machine.WriteMemory(_bss, ControlBlock.Wakeup, BitConverter.GetBytes(flags));

    /// <summary>Restricts handlers to a command: to its cgroup, or to its processes where it has none.</summary>
    public void Follow(Command command)
    {
        _cgroup = command.Cgroup?.Handle;
        _command = command;
        if (_loaded.FindMap(KernelNames.Command) is not { } map) return;
        if (command.Cgroup is { } cgroup) _machine.UpdateReference(map, BitConverter.GetBytes(0), cgroup.Handle);
        else _machine.Update(map, BitConverter.GetBytes(command.Pid), BitConverter.GetBytes(1));
    }

    /// <summary>Restricts handlers to the tasks in or under a cgroup; a handle of <see cref="IMachine.OpenFolder"/>.</summary>
    public void FollowCgroup(int handle)
    {
        _cgroup ??= handle;
        if (_loaded.FindMap(KernelNames.Cgroup) is { } map) _machine.UpdateReference(map, BitConverter.GetBytes(0), handle);
    }

    /// <summary>
    /// Attaches every program. In a glob an event that can't be attached is left out; gives why, for each. One that was named alone throws.
    /// </summary>
    public IReadOnlyList<KtapException> Attach()
    {
        var leftOut = new List<KtapException>();
        foreach (var (name, point) in _program.Trackers) _links.Add(_machine.Attach(_loaded.Program(name), point));
        foreach (var handler in _program.Programs)
        {
            var program = _loaded.Program(handler.Name);
            foreach (var function in handler.Handler.Site.LeftOut) leftOut.Add(new KtapException($"attach to probe:{function.Name}: {function.Refusal}", 0, null));
            foreach (var point in handler.AttachPoints)
            {
                // Several functions can have the name that a spec says.
                var canLeaveOut = handler.Handler.IsOfGlob || (point is AttachPoint.User or AttachPoint.Kprobe && handler.AttachPoints.Length > 1);
                var of = point is AttachPoint.PerfEvent counter ? counter with { Cgroup = _cgroup } : point;
                if (of is AttachPoint.PerfEvent { Place.Pid: var pid } && pid == _command?.Pid) _atStart.Add((program, of));
                else Attach(program, of, canLeaveOut, leftOut);
            }
        }
        if (_links.Count + _atStart.Count == 0 && leftOut.Count > 0) throw leftOut[0];
        return leftOut;
    }

    // Of several places that are attached at once the kernel refuses all when it refuses one: they are divided until that is found.
    private void Attach(LoadedProgram program, AttachPoint point, bool canLeaveOut, List<KtapException> leftOut)
    {
        try
        {
            _links.Add(_machine.Attach(program, point));
            if (point is AttachPoint.Tracepoint) SlowLinks++;
        }
        catch (KtapException e) when (point.Parts.IsEmpty ? canLeaveOut : KernelErrors.IsOfOnePlace(e.Errno))
        {
            if (point.Parts.IsEmpty) leftOut.Add(e);
            foreach (var part in point.Parts) Attach(program, part, true, leftOut);
        }
    }

    /// <summary>Lets the command run that is followed. What is attached to places in its memory, which are known only now, is attached before its first instruction.</summary>
    public void Start(Command command)
    {
        if (_atStart.Count == 0)
        {
            _machine.Release(command);
            return;
        }
        _machine.ReleaseToStart(command);
        foreach (var (program, point) in _atStart) _links.Add(_machine.Attach(program, point));
        _machine.Continue(command);
    }

    /// <summary>Ends the handlers: sets the stop flag, so that none starts any more, detaches, and waits for those that are running.</summary>
    public void Stop()
    {
        if (_bss.ValueSize > 0) _machine.WriteMemory(_bss, ControlBlock.Stop, BitConverter.GetBytes(1L));
        if (_links.Count > 0) Misses = CountMisses();
        foreach (var link in _links) _machine.Detach(link);
        if (_links.Count > 0) _machine.WaitForPrograms();
        _links.Clear();
    }

    /// <summary>Where hits were missed, and how many, as far as the kernel counts them; known once the handlers have ended.</summary>
    public IReadOnlyList<(string Events, ulong Count)> Misses { get; private set; } = [];

    // The kernel passes over a program that would interrupt itself, and over a probe that would interrupt the handling of another.
    private List<(string, ulong)> CountMisses()
    {
        var misses = new List<(string, ulong)>();
        foreach (var handler in _program.Programs)
            if (_machine.RunsOf(_loaded.Program(handler.Name)).Missed is var count and > 0) misses.Add((handler.Handler.Site.Description, count));
        foreach (var link in _links)
            if (_machine.MissesOf(link) is var count and > 0) misses.Add((link.Description, count));
        return new(misses.GroupBy(m => m.Item1).Select(g => (g.Key, (ulong)g.Sum(m => (long)m.Item2))));
    }

    /// <summary>Moves tables and variables back into user space: from now on they are ordinary.</summary>
    public void MoveBack()
    {
        Runs.Begin();
        foreach (var (table, _, _) in _program.Tables) MoveBack(table.Table);
        foreach (var striped in _program.Stripes.Tables) MoveBack(striped.Table.Table);
        foreach (var maps in _program.Aggregates)
        {
            if (maps.Table is { } table) MoveBack(table.Table);
            maps.Cell?.Cell.MoveBack();
        }
        foreach (var place in _program.Cells) place.Cell.Cell.MoveBack();
        foreach (var striped in _program.Stripes.Cells) striped.Cell.Cell.MoveBack();
    }

    private static void MoveBack(Table table)
    {
        if (table.Store is NestedStore nested)
        {
            table.MoveTo(nested.Dissolve());
            return;
        }
        table.MoveTo(new LocalStore(table.Store.Snapshot()));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        _machine.Unload(_loaded);
    }

    // A table of tables moves in as the one that handlers know, and is one of tables again for user space.
    private static void MoveIn(SharedTable? shared, Action moveIn)
    {
        if (shared is not { IsNested: true })
        {
            moveIn();
            return;
        }
        var (table, main, flat) = (shared.Table, shared.Table.Store, new LocalStore());
        foreach (var (key, value) in NestedStore.Flatten(main, shared.Shape)) flat.Set(key, value);
        table.MoveTo(flat);
        moveIn();
        table.MoveTo(new NestedStore(table.Store, shared.Shape, main));
    }

    private void MoveIn(TableMap map)
    {
        var (shared, table) = (map.Table, map.Table.Table);
        var fronts = _program.Stripes.Fronts.Where(f => f.Table == shared).Select(f => new FrontSums(_machine, _bss, _program.Stripes.Memory, f)).ToArray();
        if (map.IsFlipped)
        {
            var turns = map.Turns.Select(t => _loaded.Map(t.Name)).ToArray();
            var codec = new SlotCodec(shared, turns[0].KeySize, turns[0].ValueSize, Stacks);
            table.MoveTo(new TakingStore(new FlippedMaps(_machine, _loaded.Map(map.Map.Name), turns, fronts, codec).Take, codec, Runs, table.Store));
            return;
        }
        var updaters = new SlotUpdaters(_machine, _loaded, _bss, [.. _program.Updaters.Where(u => u.Table == shared)]);
        var store = new MapStore(_machine, _loaded.Map(map.Map.Name), fronts, shared, Stacks, updaters, Runs);
        foreach (var (key, value) in table.Store.Snapshot()) store.Set(key, value);
        table.MoveTo(store);
    }

    private void MoveIn(StripedTable striped)
    {
        var (shared, table, sums) = (striped.Table, striped.Table.Table, Sums(striped.Sum));
        var format = ((KtapType.IntType)shared.Value).Format;
        var codec = new SlotCodec(shared, Layout.SizeOf(shared.Key), Layout.SizeOf(shared.Value), Stacks);
        table.MoveTo(new TakingStore(() => sums.Take().Select(s => KeyValuePair.Create(striped.Keys[s.Index], Value.Int(s.Added, format))), codec, Runs, table.Store));
    }

    private StripedSums Sums(StripedSum sum) => new(_machine, _bss, _program.Stripes.Memory, sum);

    // What the main stage left in is kept in user space, and merged in when read.
    private void MoveIn(AggregateMaps maps)
    {
        var kernel = new AggregateMapReader(_machine, Map(maps.Statistics), Map(maps.Buckets), maps.StripedBuckets is { } sum ? Sums(sum) : null, maps, Stacks);
        if (maps.Table is { } table) table.Table.MoveTo(new AggregateStore(kernel, maps, Runs));
        if (maps.Cell is { } cell) cell.Cell.MoveTo(new AggregateCellStore(kernel, maps, Runs));
    }

    private AggregateMapTurns? Map(AggregateMap? map) =>
        map is null ? null : new AggregateMapTurns(_loaded.Map(map.Map.Name), [.. map.Turns.Select(t => _loaded.Map(t.Name))]);

    private long Word(int offset)
    {
        Span<byte> word = stackalloc byte[8];
        _machine.ReadMemory(_bss, offset, word);
        return BitConverter.ToInt64(word);
    }
}
