using System.Collections.Immutable;

namespace Ktap.Compiler.Values;

/// <summary>
/// A table of tables over one flat store, in which handlers keep the slots of all of them under keys of several parts: at the top, or inside, one
/// of the tables in it. A table once there stays, also when it is empty, until it is removed.
/// </summary>
public sealed class NestedStore : TableStore
{
    private readonly TableStore _flat;
    private readonly ImmutableArray<int> _shape;
    private readonly ImmutableArray<Value> _prefix;
    private readonly int _level;
    private readonly Dictionary<Value, Table> _tables = [];

    /// <summary>
    /// The top of a table whose slots are in <paramref name="flat"/>. <paramref name="shape"/> says of how many parts the key is at each level.
    /// <paramref name="table"/>'s own slots, which are in it already, tell which tables there are.
    /// </summary>
    public NestedStore(TableStore flat, ImmutableArray<int> shape, TableStore table) : this(flat, shape, [], 0)
    {
        foreach (var (key, value) in table.Snapshot()) Adopt(key, value.AsTable);
    }

    private NestedStore(TableStore flat, ImmutableArray<int> shape, ImmutableArray<Value> prefix, int level) =>
        (_flat, _shape, _prefix, _level) = (flat, shape, prefix, level);

    private bool IsLast => _level == _shape.Length - 1;

    /// <inheritdoc/>
    public override long Count => Snapshot().Count;

    /// <summary>The slots of a table of tables under keys of all parts; throws <see cref="StoreException"/> where it isn't of that shape.</summary>
    public static IEnumerable<KeyValuePair<Value, Value>> Flatten(TableStore table, ImmutableArray<int> shape) => Flatten(table, shape, [], 0);

    /// <summary>The tables inside a table of tables, at every level.</summary>
    public static IEnumerable<Table> Inner(TableStore table) =>
        table.Snapshot().Where(s => s.Value.Kind == ValueKind.Table).SelectMany(s => Inner(s.Value.AsTable.Store).Prepend(s.Value.AsTable));

    /// <inheritdoc/>
    public override Value Get(Value key)
    {
        if (Parts(key, _shape[_level]) is not { } parts) return Value.Nil;
        if (IsLast) return _flat.Get(KeyOf([.. _prefix, .. parts]));
        if (!_tables.ContainsKey(key)) Find();
        return _tables.TryGetValue(key, out var table) ? Value.Table(table) : Value.Nil;
    }

    /// <inheritdoc/>
    public override void Set(Value key, Value value)
    {
        var parts = Parts(key, _shape[_level]) ?? throw new StoreException($"it has keys of {_shape[_level]} parts there while tracing");
        if (IsLast)
        {
            _flat.Set(KeyOf([.. _prefix, .. parts]), value);
            return;
        }
        if (value.Kind is not (ValueKind.Table or ValueKind.Nil)) throw new StoreException($"it holds tables while tracing, so it can't take a {value.KindName}");
        if (value.Kind == ValueKind.Table && value.AsTable.Store is not LocalStore) throw new StoreException("a table that handlers share can't be put into another while tracing");
        if (Get(key) is { IsNil: false } old) Release(key, old.AsTable);
        if (value.IsNil) return;
        foreach (var (flat, slot) in Flatten(value.AsTable.Store, _shape, [.. _prefix, .. parts], _level + 1)) _flat.Set(flat, slot);
        Adopt(key, value.AsTable);
    }

    /// <inheritdoc/>
    public override void Update(Value key, Change change)
    {
        if (IsLast && Parts(key, _shape[_level]) is { } parts) _flat.Update(KeyOf([.. _prefix, .. parts]), change);
        else Set(key, change.Apply(Get(key)));
    }

    /// <inheritdoc/>
    public override void Clear()
    {
        if (_level == 0)
        {
            foreach (var table in _tables.Values) table.MoveTo(new LocalStore());
            _tables.Clear();
            _flat.Clear();
            return;
        }
        foreach (var (key, _) in Snapshot()) Set(key, Value.Nil);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<KeyValuePair<Value, Value>> Snapshot()
    {
        if (IsLast) return Mine().Select(s => KeyValuePair.Create(KeyAt(s.Key), s.Value)).ToArray();
        Find();
        return _tables.Select(t => KeyValuePair.Create(t.Key, Value.Table(t.Value))).ToArray();
    }

    /// <summary>The slots as those of an ordinary table; the tables inside become ordinary too.</summary>
    public LocalStore Dissolve()
    {
        var local = new LocalStore();
        foreach (var (key, value) in Snapshot())
        {
            local.Set(key, value);
            if (!IsLast) value.AsTable.MoveTo(((NestedStore)value.AsTable.Store).Dissolve());
        }
        return local;
    }

    private static IEnumerable<KeyValuePair<Value, Value>> Flatten(TableStore table, ImmutableArray<int> shape, ImmutableArray<Value> prefix, int level)
    {
        foreach (var (key, value) in table.Snapshot())
        {
            var isLast = level == shape.Length - 1;
            if (Parts(key, shape[level]) is not { } parts || value.Kind == ValueKind.Table == isLast)
                throw new StoreException($"handlers keep it as a table of tables, {shape.Length} deep, so it can't take a {value.KindName} under the key {key}");
            ImmutableArray<Value> longer = [.. prefix, .. parts];
            if (isLast) yield return new(KeyOf(longer), value);
            else foreach (var slot in Flatten(value.AsTable.Store, shape, longer, level + 1)) yield return slot;
        }
    }

    // A table that is put in becomes a view of its slots, and so do those in it.
    private void Adopt(Value key, Table table)
    {
        var inner = new NestedStore(_flat, _shape, [.. _prefix, .. Parts(key, _shape[_level])!.Value], _level + 1);
        if (!inner.IsLast)
            foreach (var (next, value) in table.Store.Snapshot()) inner.Adopt(next, value.AsTable);
        table.MoveTo(inner);
        _tables[key] = table;
    }

    // A table that is taken out keeps what it had.
    private void Release(Value key, Table table)
    {
        var view = (NestedStore)table.Store;
        var slots = view.Mine().ToList();
        table.MoveTo(view.Dissolve());
        foreach (var (flat, _) in slots) _flat.Set(flat, Value.Nil);
        _tables.Remove(key);
    }

    // Tables that handlers have begun.
    private void Find()
    {
        foreach (var (key, _) in Mine())
        {
            var mine = KeyAt(key);
            if (!_tables.ContainsKey(mine)) Adopt(mine, new Table());
        }
    }

    private IEnumerable<KeyValuePair<Value, Value>> Mine() => _flat.Snapshot().Where(s => PartsOf(s.Key).Take(_prefix.Length).SequenceEqual(_prefix));

    private Value KeyAt(Value flat) => KeyOf(PartsOf(flat).Skip(_prefix.Length).Take(_shape[_level]).ToImmutableArray());

    private static IReadOnlyList<Value> PartsOf(Value key) => key.Kind == ValueKind.Tuple ? key.AsTuple.Parts : [key];

    private static ImmutableArray<Value>? Parts(Value key, int count) => PartsOf(key) is var parts && parts.Count == count ? parts.ToImmutableArray() : null;

    private static Value KeyOf(ImmutableArray<Value> parts) => parts is [var only] ? only : Value.Tuple(new KTuple(parts.ToArray()));
}
