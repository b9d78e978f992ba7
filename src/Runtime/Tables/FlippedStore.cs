using Ktap.Compiler.Typing;
using Ktap.Compiler.Values;
using Ktap.Runtime.Machine;

namespace Ktap.Runtime.Tables;

/// <summary>
/// A table that handlers only add to, in two maps that take turns. The first time that a run of code in user space looks at the table, the
/// handlers get the other, empty one; what is in the one before is moved to user space and added to what is here. So everything that is here
/// has been taken out exactly once, and what this code takes away or stores happens here alone.
/// </summary>
public sealed class FlippedStore : TableStore
{
    private static readonly byte[] First = new byte[4];

    private readonly IMachine _machine;
    private readonly LoadedMap _outer;
    private readonly LoadedMap[] _turns;
    private readonly SlotCodec _codec;
    private readonly RunClock _clock;
    private readonly LocalStore _here = new();
    private int _turn;
    private long _seen = -1;

    /// <summary>A store over the array of one map, which holds the first of <paramref name="turns"/>; it begins with the slots of <paramref name="main"/>, those that the main stage left.</summary>
    public FlippedStore(IMachine machine, LoadedMap outer, LoadedMap[] turns, SharedTable table, StackStore stacks, RunClock clock, TableStore main)
    {
        (_machine, _outer, _turns, _clock) = (machine, outer, turns, clock);
        _codec = new SlotCodec(table, turns[0].KeySize, turns[0].ValueSize, stacks);
        foreach (var (key, value) in main.Snapshot()) _here.Set(key, value);
    }

    /// <inheritdoc/>
    public override long Count
    {
        get
        {
            Look();
            return _here.Count;
        }
    }

    /// <inheritdoc/>
    public override Value Get(Value key)
    {
        Look();
        return _here.Get(key);
    }

    /// <inheritdoc/>
    public override void Set(Value key, Value value)
    {
        Look();
        if (!value.IsNil) Check(key, value);
        _here.Set(key, value);
    }

    /// <summary>Adding needs no look at what handlers have added.</summary>
    public override void Update(Value key, Change change)
    {
        if (change.Added is null) Look();
        var next = change.Apply(_here.Get(key));
        Check(key, next);
        _here.Set(key, next);
    }

    /// <inheritdoc/>
    public override void Clear()
    {
        if (!_clock.EndsReading) Look();
        _here.Clear();
    }

    /// <inheritdoc/>
    public override IReadOnlyList<KeyValuePair<Value, Value>> Snapshot()
    {
        Look();
        return _here.Snapshot();
    }

    // The kernel waits in this update until no program runs any more that may have found the map before (maybe_wait_bpf_programs, since
    // 4.20): that is then still.
    private void Look()
    {
        if (_seen == _clock.Now) return;
        _seen = _clock.Now;
        var still = _turns[_turn];
        _turn = 1 - _turn;
        _machine.UpdateReference(_outer, First, _turns[_turn].Handle);
        foreach (var (key, value) in _codec.Slots(_machine.TakeAll(still)))
        {
            var old = _here.Get(key);
            _here.Set(key, old.IsNil ? value : Value.Int(unchecked(old.AsInt + value.AsInt), value.Format));
        }
    }

    private void Check(Value key, Value value)
    {
        _codec.Key(key);
        _codec.Value(value);
    }
}
