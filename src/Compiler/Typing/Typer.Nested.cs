using System.Collections.Immutable;
using Ktap.Compiler.Binding;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Typing;

// t[a][b]: in handlers a table of tables is one table under keys of all parts (language §6).
internal sealed partial class Typer
{
    // A table of tables, the number of parts of the key at each level, and the key of all of them.
    private sealed record NestedSlot(Table Table, ImmutableArray<int> Shape, TypedExpression Key);

    // What an index of an index means; null where the first of them is no table of tables. A store makes one of every table but one of pointers.
    private NestedSlot? Nested(BoundExpression slot, bool stores)
    {
        var levels = new Stack<BoundExpression>();
        var root = slot;
        for (; ContainerOf(root) is { } container; root = container) levels.Push(root);
        if (levels.Count < 2 || root is not (BoundLocal or BoundCaptured or BoundGlobal)) return null;
        if (Expression(root) is not TypedConstant { Value: { Kind: ValueKind.Table } first }) return null;
        // A table that main has put under a name stands for itself, unless the handlers go by other keys too.
        var table = first.AsTable;
        while (levels.Count > 1 && !state.IsKeptAsOne(table) && levels.Peek() is BoundMember member && table[Value.String(member.Name)] is { Kind: ValueKind.Table } inner)
        {
            table = inner.AsTable;
            levels.Pop();
        }
        if (levels.Count < 2 || !(stores ? state.MayNest(table) : state.Nests(table))) return null;
        var keys = levels.Select(l => l is BoundIndex index ? Key(index) : NameKey((BoundMember)l)).ToArray();
        if (keys.Any(k => k.Type is KtapType.NeverType)) return new NestedSlot(table, [.. keys.Select(_ => 1)], new TypedConstant(slot.Span, KtapType.Never, Value.Nil));
        var parts = keys.SelectMany(k => k is TypedTuple t ? t.Parts : [k]).ToImmutableArray();
        return new NestedSlot(table, [.. keys.Select(k => k is TypedTuple t ? t.Parts.Length : 1)],
            new TypedTuple(slot.Span, new KtapType.TupleType([.. parts.Select(p => p.Type.NotNil)]), parts));
    }

    private TypedExpression ReadNested(BoundExpression e, NestedSlot slot)
    {
        var shared = state.Share(slot.Table, Source, e.Span, TableUse.Reads, slot.Shape);
        return Unread(e, shared.Value, shared.Name) ?? new TypedSlotRead(e.Span, shared.Value.OrNil, shared, slot.Key);
    }

    private static BoundExpression? ContainerOf(BoundExpression slot) => slot switch
    {
        BoundIndex e => e.Target,
        BoundMember e => e.Target,
        _ => null,
    };
}
