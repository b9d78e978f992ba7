using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Builtins;

/// <summary>Builtins for tables.</summary>
internal static class Tables
{
    public static readonly BuiltinFamily Family = new("Tables",
    [
        new("len", [Row.Any("x")], "The number of slots of a table, of bytes of a string, or of parts of a key. In a handler the slots are counted one by one (Linux 5.13).")
        {
            Reads = AggregateParts.None,
            User = (_, args) => Value.Int(Length(args[0])),
            Kernel = KernelStrings.Size,
            CountsSlots = true,
        },
        new("delete", [Row.Table("t")], "Empties a table; `delete(t[k])` removes one slot.")
        {
            RemovesSlot = true,
            Reads = AggregateParts.None,
            Deferred = true,
            User = (_, args) =>
            {
                args[0].AsTable.Store.Clear();
                return Value.Nil;
            },
        },
        new("pairs", [Row.Table("t")], "In `for (k, v in pairs(t))`: every key and value, as they were when the loop began; in a handler, as the kernel comes to them (Linux 5.13).")
        {
            Reads = AggregateParts.None,
            KernelIterates = true,
            Iterate = (_, args) => args[0].AsTable.Store.Snapshot(),
        },
        new("sort_pairs", [Row.Table("t"), Row.Function("cmp").Optional],
            "As `pairs`, sorted: larger values first, or where `cmp(v1, v2)` is given, v1 first where that is true.")
        {
            Reads = AggregateParts.Count,
            Iterate = (context, args) => args[1].IsNil
                ? args[0].AsTable.Store.Snapshot().OrderByDescending(p => p.Value, Comparer<Value>.Create(Ordering.Compare))
                : Ordering.MergeSort(args[0].AsTable.Store.Snapshot(), (a, b) => context.Call(args[1].AsFunction, [a.Value, b.Value]).IsTruthy),
        },
        new("ptable", [], "A new, empty table, for aggregates: `t[k] <<< e` makes those.") { User = (_, _) => Value.Table(new Table()) },
        new("table.new", [Row.Int("narr").Optional, Row.Int("nrec").Optional], "A new, empty table; the sizes are hints that are not needed.")
        {
            User = (_, _) => Value.Table(new Table()),
        },
    ]);

    private static long Length(Value value) => value.Kind switch
    {
        ValueKind.Table => value.AsTable.Count,
        ValueKind.String => value.AsString.Length,
        ValueKind.Tuple => value.AsTuple.Parts.Count,
        _ => throw new BuiltinException($"{(value.Kind == ValueKind.Int ? "an" : "a")} {value.KindName} has no length"),
    };
}
