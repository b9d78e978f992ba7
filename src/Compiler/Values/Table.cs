namespace Ktap.Compiler.Values;

/// <summary>
/// A table. Its identity never changes; where its slots live does: in a dictionary while only user space touches it, in a BPF map
/// from the moment that handlers are loaded until they have ended (<see cref="MoveTo"/>).
/// </summary>
public sealed class Table
{
    /// <summary>A table named for messages and automatic printing, or anonymous.</summary>
    public Table(string? name = null) => Name = name;

    /// <summary>The variable that it was first assigned to, or the slot (<c>d.a</c>) of a table with a name; or null.</summary>
    public string? Name { get; private set; }

    /// <summary>Where the slots are.</summary>
    public TableStore Store { get; private set; } = new LocalStore();

    /// <summary>The value in a slot; nil where there is none.</summary>
    public Value this[Value key]
    {
        get => Store.Get(key);
        set => Store.Set(key, value);
    }

    /// <summary>The number of slots.</summary>
    public long Count => Store.Count;

    /// <summary>Gives it a name, unless it has one, and those in its slots names that begin with it.</summary>
    public void NameAs(string name)
    {
        if (Name is not null) return;
        Name = name;
        if (Store is not LocalStore) return;
        foreach (var (key, value) in Store.Snapshot()) NameSlot(key, value);
    }

    /// <summary>Gives a table that is stored to one of its slots a name, if the slot has one.</summary>
    public void NameSlot(Value key, Value value)
    {
        if (Name is not null && key.Kind == ValueKind.String && value.Kind == ValueKind.Table) value.AsTable.NameAs($"{Name}.{key.AsString}");
    }

    /// <summary>From now on the slots are in <paramref name="store"/>; the caller has put the contents there.</summary>
    public void MoveTo(TableStore store) => Store = store;
}

/// <summary>
/// The slots of one table. A slot never holds nil: storing nil removes it. A store that handlers share shows one run of code in user
/// space (a tick, a deferred call) one state of the table, and what that run itself does to it.
/// </summary>
public abstract class TableStore
{
    /// <summary>The value in a slot; nil where there is none.</summary>
    public abstract Value Get(Value key);

    /// <summary>Stores; nil removes the slot. May throw <see cref="StoreException"/> where the value doesn't fit.</summary>
    public abstract void Set(Value key, Value value);

    /// <summary>Changes a slot as one atomic step; an absent slot is given as nil.</summary>
    public abstract void Update(Value key, Change change);

    /// <summary>Removes every slot; of a table that handlers share, what the run that is going on has seen, and all of it where it has seen nothing yet.</summary>
    public abstract void Clear();

    /// <summary>The number of slots.</summary>
    public abstract long Count { get; }

    /// <summary>The slots as they are now; later changes don't show.</summary>
    public abstract IReadOnlyList<KeyValuePair<Value, Value>> Snapshot();
}

/// <summary>A store that doesn't fit a shared table (language §1, "Types of shared tables"), or was refused by the kernel.</summary>
public sealed class StoreException(string message) : Exception(message);

/// <summary>
/// A dictionary, in order of insertion as long as nothing is removed. One that comes from a list of slots is that list until a key is asked for: a large table that
/// is only printed needs no dictionary.
/// </summary>
public sealed class LocalStore : TableStore
{
    private IReadOnlyList<KeyValuePair<Value, Value>>? _list;
    private Dictionary<Value, Value> _slots = [];

    /// <summary>An empty store.</summary>
    public LocalStore()
    {
    }

    /// <summary>A store of slots with different keys, which nobody changes any more.</summary>
    public LocalStore(IReadOnlyList<KeyValuePair<Value, Value>> slots) => _list = slots;

    /// <inheritdoc/>
    public override long Count => _list?.Count ?? _slots.Count;

    /// <inheritdoc/>
    public override Value Get(Value key) => Slots.TryGetValue(key, out var value) ? value : Value.Nil;

    /// <inheritdoc/>
    public override void Set(Value key, Value value)
    {
        if (value.IsNil) Slots.Remove(key);
        else Slots[key] = value;
    }

    /// <inheritdoc/>
    public override void Update(Value key, Change change) => Set(key, change.Apply(Get(key)));

    /// <inheritdoc/>
    public override void Clear()
    {
        _list = null;
        _slots.Clear();
    }

    /// <inheritdoc/>
    public override IReadOnlyList<KeyValuePair<Value, Value>> Snapshot() => _list ?? _slots.ToArray();

    private Dictionary<Value, Value> Slots
    {
        get
        {
            if (_list is { } list)
            {
                _slots = new Dictionary<Value, Value>(list.Count);
                foreach (var (key, value) in list) _slots[key] = value;
                _list = null;
            }
            return _slots;
        }
    }
}
