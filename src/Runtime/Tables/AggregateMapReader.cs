using Ktap.Compiler.Lowering;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;
using Ktap.Runtime.Machine;

namespace Ktap.Runtime.Tables;

/// <summary>One of the maps that aggregates are kept in; where two take turns, both, and the array that one is in.</summary>
internal sealed class AggregateMapTurns(LoadedMap map, LoadedMap[] turns)
{
    private int _turn;

    /// <summary>Whether reading takes out what is there.</summary>
    public bool Takes => turns.Length > 0;

    /// <summary>All entries. Of maps in turns the handlers get the other first, so that these are still, and are taken out.</summary>
    public (LoadedMap Map, MapEntries Entries) Read(IMachine machine)
    {
        if (!Takes) return (map, machine.ReadAll(map));
        var still = turns[_turn];
        _turn = 1 - _turn;
        machine.UpdateReference(map, new byte[4], turns[_turn].Handle);
        var entries = machine.ReadAll(still);
        machine.Clear(still);
        return (still, entries);
    }

    /// <summary>The map that handlers always add to.</summary>
    public LoadedMap Only => Takes ? throw new InvalidOperationException("maps in turns are emptied by reading them") : map;
}

/// <summary>The aggregates that the maps of a table or a variable hold, merged over all processors.</summary>
internal sealed class AggregateMapReader(IMachine machine, AggregateMapTurns? statistics, AggregateMapTurns? buckets, StripedSums? striped, AggregateMaps maps, StackStore stacks)
{
    private readonly AggregatePlan _plan = maps.Plan;

    // Of striped buckets: what was taken and not been given.
    private readonly long[] _taken = new long[striped is null ? 0 : maps.Plan.BucketCount];

    /// <summary>Whether reading takes out what is there, so that nothing needs to be removed.</summary>
    public bool Takes => (statistics ?? buckets)?.Takes ?? true;

    /// <summary>Those of a table, by key; none that has no samples.</summary>
    public Dictionary<Value, Aggregate> ReadAll()
    {
        var type = maps.Table!.Key;
        var found = new Dictionary<Value, (AggregateStatistics Numbers, List<(int, long)> Counts)>();
        if (statistics is not null)
        {
            var (map, entries) = statistics.Read(machine);
            for (var i = 0; i < entries.Count; i++)
                found[ValueCodec.Read(type, entries.Key(i), stacks)] = (Numbers(entries.Value(i), map.SlotSize), []);
        }
        if (buckets is not null)
        {
            var (_, entries) = buckets.Read(machine);
            for (var i = 0; i < entries.Count; i++)
            {
                var bytes = entries.Key(i);
                var key = ValueCodec.Read(type, bytes, stacks);
                if (!found.TryGetValue(key, out var slot)) found.Add(key, slot = (AggregateStatistics.Empty, []));
                slot.Counts.Add(((int)Word(bytes, bytes.Length - 8), Word(entries.Value(i), 0)));
            }
        }
        return found.Select(s => KeyValuePair.Create(s.Key, Make(s.Value.Numbers, s.Value.Counts))).Where(s => s.Value.Count > 0).ToDictionary();
    }

    /// <summary>That of a variable.</summary>
    public Aggregate ReadOne()
    {
        var numbers = AggregateStatistics.Empty;
        if (statistics is not null)
        {
            var (map, entries) = statistics.Read(machine);
            numbers = Numbers(entries.Value(0), map.SlotSize);
        }
        var counts = new List<(int, long)>();
        if (striped is not null)
        {
            foreach (var (bucket, added) in striped.Take()) _taken[bucket] += added;
            for (var i = 0; i < _taken.Length; i++)
                if (_taken[i] != 0) counts.Add((i, _taken[i]));
            if (Takes) Array.Clear(_taken);
        }
        if (buckets is not null)
        {
            var (array, entries) = buckets.Read(machine);
            for (var i = 0; i < entries.Count; i++)
                for (var slot = 0; slot < array.EntrySize; slot += array.SlotSize)
                    if (Word(entries.Value(i), slot) is not 0 and var count) counts.Add((BitConverter.ToInt32(entries.Key(i)), count));
        }
        return Make(numbers, counts);
    }

    /// <summary>Removes all samples.</summary>
    public void Clear()
    {
        if (statistics is not null) machine.Clear(statistics.Only);
        if (buckets is not null) machine.Clear(buckets.Only);
        if (striped is null) return;
        foreach (var _ in striped.Take()) { }
        Array.Clear(_taken);
    }

    /// <summary>Removes the samples of one key of a table.</summary>
    public void Remove(Value key)
    {
        var type = maps.Table!.Key;
        if (!ValueCodec.Fits(type, key)) return;
        var bytes = new byte[Layout.SizeOf(type)];
        ValueCodec.Write(type, key, bytes, stacks);
        if (statistics is not null) machine.Delete(statistics.Only, bytes);
        if (buckets is null) return;
        var (counts, entries) = buckets.Read(machine);
        for (var i = 0; i < entries.Count; i++)
            if (entries.Key(i)[..^8].SequenceEqual(bytes)) machine.Delete(counts, entries.Key(i));
    }

    /// <summary>Throws <see cref="StoreException"/> where user space can't put a value where handlers keep aggregates: only what <c>&lt;&lt;&lt;</c> makes, where handlers use that too.</summary>
    public static void CheckFits(AggregatePlan plan, Value value, string name)
    {
        if (value.Kind != ValueKind.Aggregate || (plan.View != AggregateView.Samples && value.AsAggregate.Plan != plan))
            throw new StoreException($"handlers keep aggregates in '{name}', so it can't take {(value.Kind is ValueKind.Int or ValueKind.Aggregate ? "an" : "a")} {value.KindName}");
    }

    private AggregateStatistics Numbers(ReadOnlySpan<byte> slots, int slotSize)
    {
        var merged = AggregateStatistics.Empty;
        for (; slots.Length >= slotSize; slots = slots[slotSize..])
            merged = merged.Merge(new AggregateStatistics(
                Word(slots, 0),
                Has(AggregateParts.Sum) ? Word(slots, At(AggregateParts.Sum)) : 0,
                Has(AggregateParts.Min) ? Word(slots, At(AggregateParts.Min)) ^ long.MaxValue : long.MaxValue,
                Has(AggregateParts.Max) ? Word(slots, At(AggregateParts.Max)) ^ long.MinValue : long.MinValue,
                Has(AggregateParts.Squares) ? new UInt128((ulong)Word(slots, At(AggregateParts.Squares) + 8), (ulong)Word(slots, At(AggregateParts.Squares))) : UInt128.Zero));
        return merged;
    }

    // Where no statistics are kept, the number of samples is that in buckets.
    private Aggregate Make(AggregateStatistics numbers, List<(int Bucket, long Count)> counts)
    {
        if (_plan.HasStatistics) return Aggregate.Of(_plan, numbers, counts);
        var first = _plan.LogarithmicCount > 0 ? _plan.LogarithmicCount : _plan.Linear[0].BucketCount;
        return Aggregate.Of(_plan, numbers with { Count = counts.Where(b => b.Bucket < first).Sum(b => b.Count) }, counts);
    }

    private bool Has(AggregateParts part) => _plan.Parts.HasFlag(part);

    private int At(AggregateParts part) => _plan.OffsetOf(part);

    private static long Word(ReadOnlySpan<byte> bytes, int offset) => BitConverter.ToInt64(bytes[offset..]);
}
