using Ktap.Compiler.Values;

namespace Ktap.Runtime.Tables;

/// <summary>
/// A table that handlers only add to. The first time that a run of code in user space looks at the table, what was added since the last time is taken
/// out of the kernel and added to what is here. So everything that is here has been taken out exactly once, and what this code takes away or stores
/// happens here alone.
/// </summary>
public sealed class TakingStore : TableStore
{
    private readonly Func<IEnumerable<KeyValuePair<Value, Value>>> _take;
    private readonly SlotCodec _codec;
    private readonly RunClock _clock;
    private readonly LocalStore _here = new();
    private long _seen = -1;

    /// <summary>A store over what takes out what handlers have added; it begins with the slots of <paramref name="main"/>, those that the main stage left.</summary>
    public TakingStore(Func<IEnumerable<KeyValuePair<Value, Value>>> take, SlotCodec codec, RunClock clock, TableStore main)
    {
        (_take, _codec, _clock) = (take, codec, clock);
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

    private void Look()
    {
        if (_seen == _clock.Now) return;
        _seen = _clock.Now;
        foreach (var (key, value) in _take())
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
