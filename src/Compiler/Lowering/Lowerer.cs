using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;

namespace Ktap.Compiler.Lowering;

/// <summary>From typed handlers to IR: one program a handler, the maps, and the shared memory.</summary>
public static class Lowerer
{
    private const int RingBytes = 16 << 20;

    /// <summary>Lowers all handlers.</summary>
    public static LoweredProgram Run(TypedProgram program, Target target, CodeOptions options)
    {
        var memory = new SharedMemory();
        foreach (var cell in program.Cells) memory.Place(cell);
        var tables = program.Tables.Select(t => MapOf(t, options)).ToImmutableArray();
        var ring = new MapSpec(KernelNames.Ring, BpfMapType.Ringbuf, 0, 0, RingBytes);
        var command = new MapSpec(KernelNames.Command, BpfMapType.CgroupArray, 4, 4, 1);
        var stacks = StackLayout.Map(target.Features);
        var maps = tables.SelectMany(t => t.Turns.Append(t.Map)).ToList();
        if (program.Handlers.Length > 0) maps.Add(ring);
        if (options.OnlyCommand) maps.Add(command);

        var context = new LoweringContext(target, options, memory, tables.ToDictionary(t => t.Table), ring, command, stacks);
        var programs = ImmutableArray.CreateBuilder<IrProgram>();
        var handlers = ImmutableArray.CreateBuilder<HandlerProgram>();
        for (var i = 0; i < program.Handlers.Length; i++)
        {
            var handler = program.Handlers[i];
            var name = ProgramName(handler, i);
            var lowered = new HandlerLowering(context, handler, name).Run();
            if (lowered.Scratch is { } scratch) maps.Add(scratch);
            programs.Add(new IrProgram(handler.Site.Section, lowered.Function));
            handlers.Add(new HandlerProgram(name, handler, handler.Site.AttachPoints));
        }
        if (programs.Any(p => Uses(p.Function, stacks))) maps.Add(stacks);
        var module = new IrModule(target, programs.ToImmutable(), [.. maps], memory.Sections);
        return new LoweredProgram(module, handlers.ToImmutable(), tables, memory.Cells, memory.Counters, program.Outputs, options);
    }

    private static bool Uses(IrFunction function, MapSpec map) => function.Blocks.Any(b => b.Ops.Any(o => o is IrOp.MapAddress a && a.Map == map));

    // The maps of a table in turns hold only what handlers add between two looks of user space, which keeps the rest.
    private static TableMap MapOf(SharedTable table, CodeOptions options)
    {
        if (!table.IsOnlyAddedTo || !table.UserSide.Resets || table.Value is not KtapType.IntType) return new TableMap(table, TableSpec(table, options), []);
        var first = TableSpec(table, options);
        var (a, b) = (first with { Name = first.Name + "_a" }, first with { Name = first.Name + "_b" });
        return new TableMap(table, new MapSpec(first.Name, BpfMapType.ArrayOfMaps, 4, 4, 1) { Inner = a }, [a, b]);
    }

    // A table that nothing is ever stored to has no types; it still needs a map to be looked up in.
    private static MapSpec TableSpec(SharedTable table, CodeOptions options)
    {
        var key = table.Key is KtapType.NeverType ? 8 : Layout.SizeOf(table.Key);
        var value = table.Value is KtapType.NeverType ? 8 : Layout.SizeOf(table.Value);
        var entries = (int)Math.Max(options.MaxEntries, table.Table.Count);
        return new MapSpec(CName($"t{table.Index}_{table.Table.Name}"), BpfMapType.Hash, key, value, entries);
    }

    private static string ProgramName(TypedHandler handler, int index) => CName($"h{index}_{(handler.Site.ProbeNames.Names is [var only] ? only : handler.Site.Description)}");

    private static string CName(string text) => string.Concat(text.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
}

/// <summary>What all handlers of one object share.</summary>
internal sealed record LoweringContext(
    Target Target, CodeOptions Options, SharedMemory Memory, Dictionary<SharedTable, TableMap> Tables, MapSpec Ring, MapSpec Command, MapSpec Stacks);
