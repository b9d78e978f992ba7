using System.Numerics;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;

namespace Ktap.Compiler.Lowering;

/// <summary>
/// What an object's maps take of the kernel's memory. All of it is taken when they are made, and where it isn't there the machine comes to a halt, or the kernel kills what it likes: so it is
/// compared beforehand. Sizes as in kernel/bpf/hashtab.c and arraymap.c (Linux 6.18): an element of a hash begins with 48 bytes, a bucket has 16.
/// </summary>
public static class MapMemory
{
    /// <summary>The most slots of a hash: its buckets, a power of two of 16 bytes each, have to take fewer than 2^32 bytes (htab_map_alloc).</summary>
    public const int MostEntries = 1 << 27;

    private const long ElementHeader = 48, Bucket = 16;

    // Of a hash's key before Linux 5.11 ("bpf: Lift hashtab key_size limit").
    private const int MostKey = 512;

    // Of a value of a per-CPU map (PCPU_MIN_UNIT_SIZE in linux/percpu.h).
    private const int MostPerCpu = 32 << 10;

    // Below it nobody looks at what the machine has.
    private const long Unquestioned = 256L << 20;

    /// <summary>The bytes of one map on a machine with so many processors; without the pages that hold what is small.</summary>
    public static long Of(MapSpec map, int possibleCpus)
    {
        long Words(int size) => (size + 7L) & ~7L;
        return map.Type switch
        {
            BpfMapType.Hash => map.MaxEntries * (ElementHeader + Words(map.KeySize) + Words(map.ValueSize)) + Buckets(map),
            BpfMapType.PercpuHash => map.MaxEntries * (ElementHeader + Words(map.KeySize) + 8 + Words(map.ValueSize) * possibleCpus) + Buckets(map),
            BpfMapType.PercpuArray => map.MaxEntries * Words(map.ValueSize) * possibleCpus,
            BpfMapType.Ringbuf => map.MaxEntries,
            _ => map.MaxEntries * Words(map.ValueSize),
        };
    }

    /// <summary>Reports memory of handlers, and keys, that are larger than the kernel takes; and maps that take more than the target has, at the table that takes most.</summary>
    public static void Check(LoweredProgram program, TypedProgram typed, Target target, DiagnosticBag diagnostics)
    {
        foreach (var handler in program.Programs)
            if (handler.Scratch is { ValueSize: > MostPerCpu and var size })
                diagnostics.Add(Errors.TooMuchScratch(handler.Handler.Source, handler.Handler.Span, size, MostPerCpu));
        foreach (var table in program.Tables)
            if (target.Features.Version < new Version(5, 11) && (table.Turns is [var turn, ..] ? turn : table.Map) is { KeySize: > MostKey and var key })
                diagnostics.Add(Errors.KeyTooLarge(table.Table.Source, table.Table.Span, table.Table.Name, key, MostKey));
        var all = 0L;
        foreach (var map in program.Module.Maps) all += Of(map, target.Features.PossibleCpus);
        if (all < Unquestioned || program.Options.IsPortable || target.FreeMemory is not { } free || all <= free) return;
        var (most, largest) = (-1L, (SharedTable?)null);
        foreach (var table in program.Tables) Compare(table.Table, table.Map, table.Turns);
        foreach (var maps in program.Aggregates)
            foreach (var part in new[] { maps.Statistics, maps.Buckets })
                if (part is not null) Compare(maps.Table, part.Map, part.Turns);
        var (source, span) = largest is null ? (typed.Handlers[0].Source, typed.Handlers[0].Span) : (largest.Source, largest.Span);
        diagnostics.Add(Errors.TooMuchMapMemory(source, span, largest?.Name, most, all, free, program.Options.MaxEntries));

        void Compare(SharedTable? table, MapSpec map, IEnumerable<MapSpec> turns)
        {
            var size = Of(map, target.Features.PossibleCpus);
            foreach (var turn in turns) size += Of(turn, target.Features.PossibleCpus);
            if (table is not null && size > most) (most, largest) = (size, table);
        }
    }

    private static long Buckets(MapSpec map) => (long)BitOperations.RoundUpToPowerOf2((uint)map.MaxEntries) * Bucket;
}
