using Ktap.Compiler.Typing;
using Ktap.Compiler.Values;
using Ktap.Runtime.Machine;

namespace Ktap.Runtime.Tables;

/// <summary>
/// A table whose slots are in a BPF hash map that handlers read or store to as well. A run of code in user space copies it when it first looks, and
/// works on the copy and on the map: it sees its own stores, and nothing of what handlers do meanwhile.
/// </summary>
public sealed class MapStore(IMachine machine, LoadedMap map, SharedTable table, StackStore stacks, RunClock clock) : TableStore
{
    private readonly SlotCodec _codec = new(table, map.KeySize, map.ValueSize, stacks);
    private readonly LocalStore _view = new();
    private long _seen = -1;

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
        if (value.IsNil)
        {
            if (_codec.Fits(key)) machine.Delete(map, _codec.Key(key));
        }
        else machine.Update(map, _codec.Key(key), _codec.Value(value));
        if (_seen == clock.Now) _view.Set(key, value);
    }

    /// <inheritdoc/>
    public override void Update(Value key, Change change) => Set(key, change.Apply(Get(key)));

    /// <inheritdoc/>
    public override void Clear()
    {
        machine.Clear(map);
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
        if (_seen == clock.Now) return;
        _seen = clock.Now;
        _view.Clear();
        if (_codec.IsUntyped) return;
        foreach (var (key, value) in _codec.Slots(machine.ReadAll(map))) _view.Set(key, value);
    }
}
