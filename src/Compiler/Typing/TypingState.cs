using System.Collections.Immutable;
using Ktap.Compiler.Binding;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Evaluation;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Typing;

/// <summary>
/// What inference has found so far. Handlers are typed again and again, each time with the joins of the round before, until nothing
/// changes; only the last round reports and keeps output sites. <paramref name="keptAsOne"/> are tables of tables that are known to be used with other keys than names.
/// </summary>
internal sealed class TypingState(MainResult main, DiagnosticBag diagnostics, HashSet<Table> keptAsOne)
{
    private readonly Dictionary<Table, SharedTable> _tables = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Cell, SharedCell> _cells = new(ReferenceEqualityComparer.Instance);
    private readonly List<OutputSite> _outputs = [];

    /// <summary>Whether a type has grown in this round.</summary>
    public bool Changed { get; private set; }

    /// <summary>Whether this is the last round.</summary>
    public bool IsLast { get; private set; }

    /// <summary>What the script reads of the aggregates that it makes by <c>&lt;&lt;&lt;</c>.</summary>
    public SampleUse Samples { get; } = new(main.Script);

    /// <summary>The cells of the globals.</summary>
    public ImmutableArray<Cell> Globals => main.Globals;

    /// <summary>The tables, by index.</summary>
    public ImmutableArray<SharedTable> Tables => [.. _tables.Values.OrderBy(t => t.Index)];

    /// <summary>The shared variables, by index.</summary>
    public ImmutableArray<SharedCell> Cells => [.. _cells.Values.OrderBy(c => c.Index)];

    /// <summary>The output sites of the last round.</summary>
    public ImmutableArray<OutputSite> Outputs => [.. _outputs];

    /// <summary>Begins a round.</summary>
    public void Begin(bool last) => (Changed, IsLast) = (false, last);

    /// <summary>Something but a type has grown.</summary>
    public void NoteChange() => Changed = true;

    /// <summary>Reports, in the last round.</summary>
    public void Report(Diagnostic diagnostic)
    {
        if (IsLast) diagnostics.Add(diagnostic);
    }

    /// <summary>A table, with the types of what the main stage put into it. <paramref name="use"/> is what a handler does to it there.</summary>
    public SharedTable Share(Table table, SourceText source, TextSpan span, TableUse use, ImmutableArray<int>? shape = null)
    {
        if (!_tables.TryGetValue(table, out var shared))
        {
            shared = new SharedTable(table, _tables.Count, source, span) { Shape = shape ?? [1] };
            _tables.Add(table, shared);
            ShareContents(shared, source, span);
        }
        // What a handler reads before anything is stored tells itself apart only by the store.
        if (shape is not null && !shared.IsNested && shared.Value is KtapType.NeverType) (shared.Shape, Changed) = (shape.Value, true);
        if (!shared.Shape.SequenceEqual(shape ?? [1])) Report(Errors.NestedOtherwise(source, span, shared.Name));
        shared.Use |= use;
        return shared;
    }

    /// <summary>Whether a table is one of tables: handlers use it as one, or main has put tables into it.</summary>
    public bool Nests(Table table) => _tables.TryGetValue(table, out var shared) ? shared.IsNested : NestedStore.Inner(table.Store).Any();

    /// <summary>Whether tables that main has put into it under names are no tables of their own, but parts of it.</summary>
    public bool IsKeptAsOne(Table table) => keptAsOne.Contains(table);

    /// <summary>Finds the tables of tables of which handlers use parts by their names as well as all with other keys, and gives whether more were found.</summary>
    public bool FindKeptAsOne()
    {
        var found = false;
        foreach (var nested in Tables)
            if (nested.IsNested)
                foreach (var inner in NestedStore.Inner(nested.Table.Store))
                    if (_tables.ContainsKey(inner)) found |= keptAsOne.Add(nested.Table);
        return found;
    }

    /// <summary>Whether a store to a slot of a slot makes it one: where pointers are stored in it, the slot is a member behind one.</summary>
    public bool MayNest(Table table) => !_tables.TryGetValue(table, out var shared) || shared.IsNested || shared.Value is not KtapType.PointerType;

    private void ShareContents(SharedTable shared, SourceText source, TextSpan span)
    {
        try
        {
            var slots = shared.IsNested ? NestedStore.Flatten(shared.Table.Store, shared.Shape) : shared.Table.Store.Snapshot();
            foreach (var (key, value) in slots) Store(shared, TypeOf(key), TypeOf(value), source, span);
        }
        catch (StoreException e)
        {
            diagnostics.Add(Errors.NestedContents(source, span, shared.Name, e.Message));
        }
    }

    /// <summary>A variable, with the type of what the main stage left in it.</summary>
    public SharedCell Share(Cell cell, SourceText source, TextSpan span)
    {
        if (_cells.TryGetValue(cell, out var shared)) return shared;
        shared = new SharedCell(cell, _cells.Count);
        _cells.Add(cell, shared);
        Assign(shared, TypeOf(cell.Value), source, span);
        return shared;
    }

    /// <summary>A slot of a table gets a key and a value of these types.</summary>
    public void Store(SharedTable table, KtapType key, KtapType value, SourceText source, TextSpan span)
    {
        // A part that is never anything but nil: nothing is stored there.
        if (key.NotNil is KtapType.TupleType { Parts: var parts } && parts.Any(p => p.NotNil is KtapType.NeverType)) return;
        table.Key = Grow(table.Key, Shared(key.NotNil), $"the keys of table '{table.Name}'", source, span);
        table.Value = Grow(table.Value, Shared(value.NotNil), $"table '{table.Name}'", source, span);
    }

    /// <summary>A slot is looked for under a key of this type: the keys get the room that the longest string needs, and tell kinds apart where it may be one of several.</summary>
    public void Look(SharedTable table, KtapType key)
    {
        var sought = Sought(table.Key, key.NotNil);
        if (sought == table.Key) return;
        (table.Key, Changed) = (sought, true);
    }

    private static KtapType Sought(KtapType stored, KtapType key) => (stored, key) switch
    {
        (KtapType.StringType or KtapType.NameType or KtapType.AnyType, KtapType.StringType or KtapType.NameType or KtapType.AnyType) => KtapType.Join(stored, key),
        (KtapType.IntType or KtapType.BoolType or KtapType.PointerType, KtapType.AnyType) => KtapType.Join(stored, key),
        (KtapType.TupleType x, KtapType.TupleType y) when x.Parts.Length == y.Parts.Length => new KtapType.TupleType([.. x.Parts.Select((part, i) => Sought(part, y.Parts[i]))]),
        _ => stored,
    };

    /// <summary>A shared variable gets a value of this type.</summary>
    public void Assign(SharedCell cell, KtapType type, SourceText source, TextSpan span) =>
        cell.Type = Grow(cell.Type, Shared(type), $"variable '{cell.Cell.Name}'", source, span);

    /// <summary>A local variable gets a value of this type.</summary>
    public void Assign(TypedLocal local, KtapType type, SourceText source, TextSpan span) =>
        local.Type = Grow(local.Type, type, $"variable '{local.Name}'", source, span);

    /// <summary>A new output site; its id counts in the last round only.</summary>
    public OutputSite Output(Builtin builtin, ImmutableArray<OutputArgument> arguments, SourceText source, TextSpan span)
    {
        var site = new OutputSite(_outputs.Count, builtin, arguments, source, span);
        if (IsLast) _outputs.Add(site);
        return site;
    }

    /// <summary>The type of a value that the main stage left.</summary>
    public static KtapType TypeOf(Value value) => value.Kind switch
    {
        ValueKind.Nil => KtapType.Nil,
        ValueKind.Bool => KtapType.Bool,
        ValueKind.Int => new KtapType.IntType(value.Format),
        ValueKind.String => KtapType.String(value.AsString.Length),
        ValueKind.Tuple => new KtapType.TupleType([.. value.AsTuple.Parts.Select(TypeOf)]),
        ValueKind.Stack => KtapType.Stack,
        // What readers want of it is what handlers keep; what main has put in is kept in user space.
        ValueKind.Aggregate => new KtapType.AggregateType(new AggregatePlan(AggregateView.Samples, AggregateParts.None)),
        _ => KtapType.Static,
    };

    private KtapType Grow(KtapType current, KtapType added, string what, SourceText source, TextSpan span)
    {
        var joined = KtapType.Join(current, added);
        if (joined == current) return current;
        if (joined.NotNil is KtapType.ConflictType && (current.NotNil is KtapType.AggregateType || added.NotNil is KtapType.AggregateType))
        {
            Report(Errors.MixedAggregates(source, span, what));
            return current;
        }
        if (Mixes(joined))
        {
            Report(Errors.MixedKinds(source, span, what, current.Describe(), added.Describe()));
            return current;
        }
        Changed = true;
        return joined;
    }

    // What a handler's own memory is to others: it is gone, or another's, when they come.
    private static KtapType Shared(KtapType type) => type switch
    {
        KtapType.PointerType { IsOwn: true } p => p with { IsOwn = false },
        KtapType.OptionalType { Inner: KtapType.PointerType { IsOwn: true } p } => (p with { IsOwn = false }).OrNil,
        _ => type,
    };

    private static bool Mixes(KtapType type) => type switch
    {
        KtapType.ConflictType => true,
        KtapType.OptionalType o => Mixes(o.Inner),
        KtapType.TupleType t => t.Parts.Any(Mixes),
        _ => false,
    };
}
