using System.Globalization;
using Ktap.Compiler.Text;

namespace Ktap.Runtime;

/// <summary>Finds in a verifier's log the line of the script that it stopped at: the log quotes the object's line info (<c>; text @ file:line</c>).</summary>
internal static class VerifierPlace
{
    /// <summary>The span of that line, or null where the log quotes none.</summary>
    public static TextSpan? Of(SourceText source, string log)
    {
        var quoted = log.Split('\n').LastOrDefault(l => l.StartsWith("; ", StringComparison.Ordinal));
        if (quoted is null) return null;
        var at = quoted.LastIndexOf(':');
        if (quoted.Contains(" @ ", StringComparison.Ordinal) && int.TryParse(quoted.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return Line(source, number);
        for (var line = 1; line <= source.LineCount; line++)
            if (source.LineText(line).Trim() == quoted[2..].Trim()) return Line(source, line);
        return null;
    }

    /// <summary>The verifier's last words.</summary>
    public static string Reason(string log) =>
        log.Split('\n').LastOrDefault(l => l.Length > 0 && !l.StartsWith("processed ", StringComparison.Ordinal) && !l.StartsWith(';'))?.Trim() ?? "it gave no reason";

    private static TextSpan? Line(SourceText source, int line)
    {
        if (line < 1 || line > source.LineCount) return null;
        var start = 0;
        while (source.PositionOf(start).Line < line) start++;
        var text = source.LineText(line);
        var indent = text.Length - text.TrimStart().Length;
        return new TextSpan(start + indent, Math.Max(1, text.Trim().Length));
    }
}
