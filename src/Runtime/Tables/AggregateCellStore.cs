using Ktap.Compiler.Lowering;
using Ktap.Compiler.Values;
using Ktap.Runtime.Machine;

namespace Ktap.Runtime.Tables;

/// <summary>A variable that holds an aggregate which handlers add to; as for tables, samples of user space are kept apart and merged in when read.</summary>
public sealed class AggregateCellStore : CellStore
{
    private readonly AggregateMapReader _kernel;
    private readonly AggregateMaps _maps;
    private readonly RunClock _clock;
    private Aggregate? _own;
    private Aggregate? _seen;
    private long _run = -1;

    /// <summary>A store over loaded maps, which begins with what the main stage left in the variable.</summary>
    internal AggregateCellStore(AggregateMapReader kernel, AggregateMaps maps, RunClock clock)
    {
        (_kernel, _maps, _clock) = (kernel, maps, clock);
        var value = maps.Cell!.Cell.Value;
        _own = value.IsNil ? null : value.AsAggregate;
    }

    /// <inheritdoc/>
    public override Value Get()
    {
        Look();
        var all = _seen ?? Aggregate.Empty(_maps.Plan);
        return (_own is null ? all : all.Merge(_own)).Shown;
    }

    /// <inheritdoc/>
    public override void Set(Value value)
    {
        if (!value.IsNil) AggregateMapReader.CheckFits(_maps.Plan, value, _maps.Cell!.Cell.Name);
        Look();
        if (!_kernel.Takes) _kernel.Clear();
        (_seen, _own) = (null, value.IsNil ? null : value.AsAggregate);
    }

    /// <summary>A sample: the change sees those of user space alone.</summary>
    public override void Update(Change change)
    {
        var next = change.Apply(Value.Aggregate(_own ?? Aggregate.Empty(_maps.Plan)));
        AggregateMapReader.CheckFits(_maps.Plan, next, _maps.Cell!.Cell.Name);
        _own = next.AsAggregate;
    }

    private void Look()
    {
        if (_run == _clock.Now) return;
        _run = _clock.Now;
        var found = _kernel.ReadOne();
        if (!_kernel.Takes) _seen = found;
        else _own = _own is null ? found : found.Merge(_own);
    }
}
