using Ktap.Compiler.Lowering;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Runtime.Tables;

/// <summary>
/// A variable that handlers do nothing with but add, each processor to a number of its own. A run of code in user space adds what is new there to what is
/// here when it first looks; what it stores happens here alone.
/// </summary>
public sealed class StripedCellStore(StripedSums sums, StripedCell striped, StackStore stacks, RunClock clock) : CellStore
{
    private Value _here = striped.Cell.Cell.Value;
    private long _seen = -1;

    /// <inheritdoc/>
    public override Value Get()
    {
        Look();
        return _here;
    }

    /// <inheritdoc/>
    public override void Set(Value value)
    {
        Check(value);
        Look();
        _here = value;
    }

    /// <summary>Adding needs no look at what handlers have added.</summary>
    public override void Update(Change change)
    {
        if (change.Added is null) Look();
        var next = change.Apply(_here);
        Check(next);
        _here = next;
    }

    private void Look()
    {
        if (_seen == clock.Now) return;
        _seen = clock.Now;
        foreach (var (_, added) in sums.Take())
            _here = Value.Int(unchecked((_here.IsNil ? 0 : _here.AsInt) + added), (striped.Cell.Type.NotNil as KtapType.IntType)?.Format);
    }

    private void Check(Value value)
    {
        var type = striped.Cell.Type;
        if (value.IsNil && type.MayBeNil) return;
        if (value.IsNil) throw new StoreException($"it holds {type.Describe()}s while tracing, so it can't take a nil");
        ValueCodec.Write(type.NotNil, value, stackalloc byte[Layout.SizeOf(type.NotNil)], stacks);
    }
}
