namespace Ktap.Compiler.Values;

/// <summary>
/// One instance of a variable that outlives a stack frame: a global, or a local that a closure captured. Like a table its identity
/// never changes, and its value moves to mapped memory when handlers share it.
/// </summary>
public sealed class Cell
{
    private Value _value;
    private CellStore? _store;

    /// <summary>A cell of the named variable.</summary>
    public Cell(string name, Value value = default)
    {
        Name = name;
        _value = value;
    }

    /// <summary>The variable's name, for messages and automatic printing.</summary>
    public string Name { get; }

    /// <summary>Whether handlers share it, so that only <see cref="Update"/> changes it in one step.</summary>
    public bool IsShared => _store is not null;

    /// <summary>The value now. Setting may throw <see cref="StoreException"/> where it doesn't fit a shared variable.</summary>
    public Value Value
    {
        get => _store is null ? _value : _store.Get();
        set
        {
            if (_store is null) _value = value;
            else _store.Set(value);
        }
    }

    /// <summary>Changes the value as one atomic step.</summary>
    public void Update(Change change)
    {
        if (_store is null) _value = change.Apply(_value);
        else _store.Update(change);
    }

    /// <summary>From now on the value is in <paramref name="store"/>; the caller has put the present one there.</summary>
    public void MoveTo(CellStore store) => _store = store;

    /// <summary>The value comes back into user space: tracing has ended.</summary>
    public void MoveBack()
    {
        _value = Value;
        _store = null;
    }
}

/// <summary>A shared variable's memory. One run of code in user space sees one value, and what it does to it itself.</summary>
public abstract class CellStore
{
    /// <summary>The value now.</summary>
    public abstract Value Get();

    /// <summary>Replaces the value; may throw <see cref="StoreException"/>.</summary>
    public abstract void Set(Value value);

    /// <summary>Changes the value as one atomic step.</summary>
    public abstract void Update(Change change);
}
