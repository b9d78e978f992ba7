using System.Text;

namespace Ktap.Compiler.Builtins;

/// <summary>The page of the manual that lists the builtins, made from their rows.</summary>
public static class ReferencePage
{
    /// <summary>The page, in Markdown.</summary>
    public static string Markdown()
    {
        var text = new StringBuilder();
        text.Append("# The library\n\nMade from the table of builtins (`ktap` knows no other). Where: **U** user space (the main stage, ticks, `trace_end`), **K** handlers, in the kernel,\n"
            + "**D** deferred: a handler sends the call to user space, and can't use a result.\n");
        foreach (var family in BuiltinTable.Families)
        {
            text.Append($"\n## {family.Title}\n\n| name | where | what |\n| --- | --- | --- |\n");
            foreach (var row in family.Rows) text.Append($"| `{Signature(row)}` | {Where(row)} | {row.Doc.Replace("|", "\\|")} |\n");
        }
        return text.ToString();
    }

    /// <summary>How a builtin is called: <c>substr(s, start[, length])</c>; the bare name where that is the value.</summary>
    public static string Signature(Builtin builtin)
    {
        if (builtin.IsValue) return builtin.Name;
        var text = new StringBuilder(builtin.Name).Append('(');
        var open = 0;
        for (var i = 0; i < builtin.Parameters.Length; i++)
        {
            var parameter = builtin.Parameters[i];
            if (parameter.IsOptional)
            {
                text.Append('[');
                open++;
            }
            if (i > 0) text.Append(", ");
            text.Append(parameter.Name);
            if (parameter.IsRest) text.Append(" …");
        }
        return text.Append(']', open).Append(')').ToString();
    }

    private static string Where(Builtin row) =>
        string.Join(' ', new[] { row.IsHandlerOnly ? null : "U", row.Kernel is null && row.Constant is null && row.OfType == TypeOperator.None ? null : "K", row.Deferred ? "D" : null }.OfType<string>());
}
