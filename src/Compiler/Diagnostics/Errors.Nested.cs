using Ktap.Compiler.Text;

namespace Ktap.Compiler.Diagnostics;

// KT029: tables of tables in handlers.
public static partial class Errors
{
    /// <summary>KT0290: a table of tables that handlers index in different depths.</summary>
    public static Diagnostic NestedOtherwise(SourceText source, TextSpan span, string table) =>
        Error("KT0290", source, span, $"'{table}' is a table of tables elsewhere, and here it is used as another kind of table", "in handlers every use has the same keys: t[a][b]; ticks and trace_end can go over it freely");

    /// <summary>KT0291: a table of tables whose contents from the main stage are not that.</summary>
    public static Diagnostic NestedContents(SourceText source, TextSpan span, string table, string why) =>
        Error("KT0291", source, span, $"'{table}' can't be used so in a handler: {why}", "fill it as handlers use it");

    /// <summary>KT0292: a table inside a table of tables that can be reached in another way too.</summary>
    public static Diagnostic NestedAlias(SourceText source, TextSpan span, string table, string? inner, bool isUsedAlone) =>
        Error("KT0292", source, span, $"{(inner is null ? "a table" : $"table '{inner}'")} in '{table}' can be reached in another way too, and handlers keep '{table}' as one table",
            isUsedAlone ? $"handlers use it alone, and as a part of '{table}': write all uses in one way, as {table}[\"name\"][key] (not {table}.name[key]), or keep the two in tables of their own" : "make a table of its own for each place");
}
