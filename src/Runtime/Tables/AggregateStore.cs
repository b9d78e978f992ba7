using Ktap.Compiler.Lowering;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;
using Ktap.Runtime.Machine;

namespace Ktap.Runtime.Tables;

/// <summary>
/// A table of aggregates that handlers add samples to. Samples of code in user space are kept apart, so that no sample is lost to the
/// other side; reading merges the two. A run of code sees what was there when it first looked; where user space takes samples away, they are taken out of
/// the maps then, and what it does to them happens here alone.
/// </summary>
public sealed class AggregateStore : TableStore
{
    private readonly AggregateMapReader _kernel;
    private readonly AggregatePlan _plan;
    private readonly string _name;
    private readonly RunClock _clock;
    private readonly Dictionary<Value, Aggregate> _own = [];
    private Dictionary<Value, Aggregate> _seen = [];
    private long _run = -1;

    /// <summary>A store over loaded maps, which begins with what the main stage left in the table.</summary>
    internal AggregateStore(AggregateMapReader kernel, AggregateMaps maps, RunClock clock)
    {
        (_kernel, _plan, _name, _clock) = (kernel, maps.Plan, maps.Table!.Name, clock);
        foreach (var (key, value) in maps.Table.Table.Store.Snapshot()) _own.Add(key, value.AsAggregate);
    }

    /// <inheritdoc/>
    public override long Count => Snapshot().Count;

    /// <inheritdoc/>
    public override Value Get(Value key)
    {
        Look();
        return Merged(_seen.GetValueOrDefault(key), _own.GetValueOrDefault(key));
    }

    /// <inheritdoc/>
    public override void Set(Value key, Value value)
    {
        if (!value.IsNil) AggregateMapReader.CheckFits(_plan, value, _name);
        Look();
        if (!_kernel.Takes) _kernel.Remove(key);
        _seen.Remove(key);
        if (value.IsNil) _own.Remove(key);
        else _own[key] = value.AsAggregate;
    }

    /// <summary>A sample: the change sees those of user space alone.</summary>
    public override void Update(Value key, Change change)
    {
        var next = change.Apply(Value.Aggregate(_own.GetValueOrDefault(key) ?? Aggregate.Empty(_plan)));
        AggregateMapReader.CheckFits(_plan, next, _name);
        _own[key] = next.AsAggregate;
    }

    /// <inheritdoc/>
    public override void Clear()
    {
        if (!_kernel.Takes) _kernel.Clear();
        else if (!_clock.EndsReading) Look();
        _seen.Clear();
        _own.Clear();
    }

    /// <inheritdoc/>
    public override IReadOnlyList<KeyValuePair<Value, Value>> Snapshot()
    {
        Look();
        return _seen.Keys.Union(_own.Keys).Select(k => KeyValuePair.Create(k, Get(k))).Where(s => !s.Value.IsNil).ToArray();
    }

    private void Look()
    {
        if (_run == _clock.Now) return;
        _run = _clock.Now;
        var found = _kernel.ReadAll();
        if (!_kernel.Takes) _seen = found;
        else foreach (var (key, aggregate) in found) _own[key] = _own.TryGetValue(key, out var before) ? aggregate.Merge(before) : aggregate;
    }

    private Value Merged(Aggregate? kernel, Aggregate? own)
    {
        var all = kernel ?? Aggregate.Empty(_plan);
        return (own is null ? all : all.Merge(own)).Shown;
    }
}
