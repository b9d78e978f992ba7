using System.Collections.Immutable;
using System.Numerics;
using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Lowering;

/// <summary>
/// Memory in <c>.bss</c> of which every processor has a part of its own, a power of two of bytes apart, so that none waits for another's cache lines: processor
/// n's begins at <paramref name="Offset"/> + n × <paramref name="Stride"/>. There are <paramref name="Count"/> of them, a power of two.
/// </summary>
public sealed record StripeMemory(int Offset, int Stride, int Count);

/// <summary>
/// A sum in that memory: the byte offsets in each part of what was added, and where it can be 0 though something was added, of how often it was; of a table
/// those of the first of <paramref name="Length"/> slots, the others behind. User space takes from sums by remembering what they were.
/// </summary>
/// <param name="IsShared">Whether a program may interrupt another one while that adds, so that adding is one instruction.</param>
public sealed record StripedSum(int Offset, int? TouchedOffset, int Length, bool IsShared);

/// <summary>A table whose slots handlers add to in place, and the keys of the slots.</summary>
public sealed record StripedTable(SharedTable Table, ImmutableArray<Value> Keys, StripedSum Sum);

/// <summary>A variable that handlers only add to.</summary>
public sealed record StripedCell(SharedCell Cell, StripedSum Sum);

/// <summary>The buckets of a variable's distribution, by number.</summary>
public sealed record StripedBuckets(SharedCell Cell, StripedSum Sum);

/// <summary>What of a script's tables and variables is striped, and where.</summary>
public sealed record StripePlan(
    StripeMemory Memory, ImmutableArray<StripedTable> Tables, ImmutableArray<StripedCell> Cells, ImmutableArray<StripedBuckets> Buckets, ImmutableArray<TableFront> Fronts)
{
    // Two lines of the cache, which are fetched together.
    private const int LeastStride = 128;

    // In all parts together: beyond it looking at all of them takes longer than reading a hash.
    private const int MostBytes = 4 << 20;

    // Places in front of a table, for all programs that add to it together: nine of ten of a thousand keys find one, and integers as keys take 48 KB a processor. Each byte counts twice
    // in the process, as libbpf has a copy of .bss. Fewer than the least aren't worth the look.
    private const int MostPlaces = 2048, LeastPlaces = 64;

    /// <summary>The plan; the memory begins at an offset that is a multiple of 128.</summary>
    public static StripePlan Of(TypedProgram program, Target target, CodeOptions options, int offset)
    {
        // Where the verifier walks every round of a loop, each difference between its ways doubles the walk: registers that the sums leave behind are one.
        var isWalked = !target.Features.BpfLoop && program.Handlers.Any(h => h.Loops);
        var count = (int)BitOperations.RoundUpToPowerOf2((uint)target.Features.PossibleCpus);
        var (tables, cells, buckets) = (ImmutableArray.CreateBuilder<StripedTable>(), ImmutableArray.CreateBuilder<StripedCell>(), ImmutableArray.CreateBuilder<StripedBuckets>());
        var size = 0;
        foreach (var cell in program.Cells)
            if (cell is { IsWritten: true, IsRead: false, IsOnlyAddedTo: true, Type.NotNil: KtapType.IntType } && Fits(1))
                cells.Add(new StripedCell(cell, Place(1, cell.Additions, cell.Type.MayBeNil)));
        foreach (var table in program.Tables)
            if (table.IsSum && table.Use == TableUse.Adds && table.Additions.Keys?.Of(table.Key) is { Length: > 0 } keys && keys.Length <= options.MaxEntries && Fits(keys.Length))
                tables.Add(new StripedTable(table, keys, Place(keys.Length, table.Additions, canBeNil: true)));
        foreach (var cell in program.Cells)
            if (cell.Type.NotNil is KtapType.AggregateType { Plan: { HasBuckets: true, BucketCount: <= KeyDomain.MostKeys and var length } } && Fits(length))
                buckets.Add(new StripedBuckets(cell, Place(length, cell.Additions, canBeNil: false)));
        var fronts = program.Tables.Where(t => !tables.Any(s => s.Table == t)).SelectMany(FrontsOf).ToImmutableArray();
        return new StripePlan(new StripeMemory(offset, StrideFor(size), count), tables.ToImmutable(), cells.ToImmutable(), buckets.ToImmutable(), fronts);

        bool Fits(int length) => (long)StrideFor(size + length * 16) * count <= (isWalked ? 0 : MostBytes);

        // Who takes a place must be alone in it: not the parts of an object for another machine, which may be shared there by several processors.
        IEnumerable<TableFront> FrontsOf(SharedTable table)
        {
            if (options.IsPortable || !target.Features.AtomicFetch || !table.IsSum || table.Use != TableUse.Adds) yield break;
            if (table.Key is KtapType.NeverType || Layout.SizeOf(table.Key) > TableFront.LargestKey) yield break;
            var (sites, isFlipped) = (table.Additions.Sites, table.UserSide.Resets);
            var length = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Min(options.MaxEntries, MostPlaces / (isFlipped ? 2 : 1) / sites.Count / 2 + 1));
            foreach (var site in sites.Where(s => s.NeverInterruptsItself))
            {
                var front = new TableFront(table, site, size, Layout.SizeOf(table.Key), length, isFlipped);
                while (front.Length >= LeastPlaces && !Fits(front.Size / 16 + 1)) front = front with { Length = front.Length / 2 };
                if (front.Length < LeastPlaces) yield break;
                size += front.Size;
                yield return front;
            }
        }

        StripedSum Place(int length, Additions additions, bool canBeNil)
        {
            var (sum, touched) = (size, canBeNil && !additions.OnlyGrow ? size + length * 8 : (int?)null);
            size += length * (touched is null ? 8 : 16);
            // The parts of an object for another machine may be shared by several processors there.
            return new StripedSum(sum, touched, length, options.IsPortable || additions.Sites.Count > 1 || !additions.Sites.All(s => s.NeverInterruptsItself));
        }
    }

    /// <summary>The bytes that all parts take.</summary>
    public int Size => Tables.IsEmpty && Cells.IsEmpty && Buckets.IsEmpty && Fronts.IsEmpty ? 0 : Memory.Stride * Memory.Count;

    private static int StrideFor(int size) => (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(size, LeastStride));
}
