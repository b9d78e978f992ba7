using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Typing;
using Ktap.Compiler.Values;
using Ktap.Runtime.Machine;

namespace Ktap.Runtime.Tables;

/// <summary>
/// A table whose slots are in a BPF hash map that handlers read or store to as well. A run of code in user space copies it when it first looks, and
/// works on the copy and on the map: it sees its own stores and nothing of what handlers do meanwhile, and it leaves alone what it hasn't seen.
/// What handlers add in front of the map is part of the copy; nothing is taken away from such tables or stored to them.
/// </summary>
public sealed class MapStore(IMachine machine, LoadedMap map, FrontSums[] fronts, SharedTable table, StackStore stacks, SlotUpdaters updaters, RunClock clock) : TableStore
{
    private const int TooBig = 7;

    private readonly SlotCodec _codec = new(table, map.KeySize, map.ValueSize, stacks);
    private LocalStore _view = new();
    private long _seen = -1;

    private bool HasSeen => _seen == clock.Now;

    /// <inheritdoc/>
    public override long Count
    {
        get
        {
            Look();
            return _view.Count;
        }
    }

    /// <inheritdoc/>
    public override Value Get(Value key)
    {
        Look();
        return _view.Get(key);
    }

    /// <inheritdoc/>
    public override void Set(Value key, Value value)
    {
        if (value.IsNil) Remove(key);
        else if (HasSeen && table.IsSum && value.Kind == ValueKind.Int) updaters.Add(_codec.Key(key), unchecked(value.AsInt - Number(_view.Get(key))));
        else Store(_codec.Key(key), _codec.Value(value), UpdateMode.Any);
        if (HasSeen) _view.Set(key, value);
    }

    /// <inheritdoc/>
    public override void Update(Value key, Change change)
    {
        var (bytes, next) = (_codec.Key(key), change.Apply(HasSeen ? _view.Get(key) : Value.Nil));
        _codec.Value(next);
        if (change.Operand.Kind == ValueKind.Int) updaters.Update(change.Operator, bytes, change.Operand.AsInt);
        if (HasSeen) _view.Set(key, next);
    }

    /// <inheritdoc/>
    public override void Clear()
    {
        if (clock.EndsReading && _seen >= 0) _seen = clock.Now;
        if (HasSeen)
            foreach (var (key, _) in _view.Snapshot()) Remove(key);
        else machine.Clear(map);
        _view.Clear();
    }

    /// <inheritdoc/>
    public override IReadOnlyList<KeyValuePair<Value, Value>> Snapshot()
    {
        Look();
        return _view.Snapshot();
    }

    private void Look()
    {
        if (HasSeen) return;
        _seen = clock.Now;
        foreach (var front in fronts) front.Read();
        _view = _codec.IsUntyped ? new LocalStore() : new LocalStore(_codec.Slots(machine.ReadAll(map), fronts));
    }

    // What was taken and had not been seen goes back: the rest of a sum, or a newer value where there is no yet newer one.
    private void Remove(Value key)
    {
        if (!_codec.Fits(key)) return;
        var seen = HasSeen ? _view.Get(key) : Value.Nil;
        if (HasSeen && seen.IsNil) return;
        var (bytes, taken) = (_codec.Key(key), new byte[map.ValueSize]);
        if (!machine.Take(map, bytes, taken) || !HasSeen) return;
        var value = _codec.ReadValue(taken);
        if (value == seen) return;
        if (table.IsSum) updaters.Add(bytes, unchecked(value.AsInt - seen.AsInt));
        else Store(bytes, taken, UpdateMode.NoExist);
    }

    private void Store(byte[] key, byte[] value, UpdateMode mode)
    {
        try
        {
            machine.Update(map, key, value, mode);
        }
        catch (KtapException e) when (e.Errno == TooBig)
        {
            throw new StoreException($"'{table.Name}' is full: it has room for {map.MaxEntries} slots while tracing (--max-entries)");
        }
    }

    private static long Number(Value value) => value.IsNil ? 0 : value.AsInt;
}
