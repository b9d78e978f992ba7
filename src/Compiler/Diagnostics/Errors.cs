using Ktap.Compiler.Text;

namespace Ktap.Compiler.Diagnostics;

/// <summary>
/// Every message ktap can say about a script: one method a diagnostic, with typed arguments. Codes: KT00 syntax, KT01 probes,
/// KT02 names and types, KT03 placement, KT04 kernel limits, KT05 load and attach, KT06 run time. The parts are in files of
/// their own, one a range (<c>Errors.Syntax.cs</c> …).
/// </summary>
public static partial class Errors
{
    private static Diagnostic Error(string code, SourceText source, TextSpan span, string message, string? hint = null) =>
        new(code, Severity.Error, source, span, message, hint);

    private static Diagnostic Warning(string code, SourceText source, TextSpan span, string message, string? hint = null) =>
        new(code, Severity.Warning, source, span, message, hint);

    private static Diagnostic Note(string code, SourceText source, TextSpan span, string message) => new(code, Severity.Note, source, span, message);

    /// <summary>"; did you mean 'x'?" for the nearest of the candidates by edit distance, or the empty string where none is near.</summary>
    public static string DidYouMean(string name, IEnumerable<string> candidates)
    {
        var near = Nearest(name, candidates, 1);
        return near.Count == 0 ? "" : $"; did you mean '{near[0]}'?";
    }

    /// <summary>At most <paramref name="most"/> candidates within a third of the name's length (at least 2 edits), nearest first.</summary>
    public static IReadOnlyList<string> Nearest(string name, IEnumerable<string> candidates, int most)
    {
        var limit = Math.Max(2, name.Length / 3);
        return [.. candidates.Distinct()
            .Where(c => Math.Abs(c.Length - name.Length) <= limit)
            .Select(c => (c, d: Distance(name, c)))
            .Where(p => p.d <= limit && p.d < Math.Max(name.Length, 2))
            .OrderBy(p => p.d).ThenBy(p => p.c, StringComparer.Ordinal)
            .Take(most).Select(p => p.c)];
    }

    // Edit distance where swapping two neighbours counts as one edit (optimal string alignment).
    private static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) rows[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) rows[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
            for (var j = 1; j <= b.Length; j++)
            {
                var swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] ? rows[i - 2, j - 2] + 1 : int.MaxValue;
                var edit = rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                rows[i, j] = Math.Min(Math.Min(rows[i - 1, j] + 1, rows[i, j - 1] + 1), Math.Min(edit, swap));
            }
        return rows[a.Length, b.Length];
    }
}
