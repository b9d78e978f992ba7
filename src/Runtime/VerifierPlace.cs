using System.Globalization;
using System.Text;
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

    /// <summary>The span of the call of a kernel's function that a log names before it has come to any line, or null.</summary>
    public static TextSpan? OfCall(SourceText source, string log)
    {
        const string Before = "kernel function ";
        var at = log.LastIndexOf(Before, StringComparison.Ordinal);
        if (at < 0) return null;
        var (from, end) = (at + Before.Length, at + Before.Length);
        while (end < log.Length && (char.IsAsciiLetterOrDigit(log[end]) || log[end] == '_')) end++;
        var name = log[from..end];
        var call = source.Bytes.IndexOf(Encoding.UTF8.GetBytes("ffi.C." + name));
        return call < 0 ? null : new TextSpan(call, "ffi.C.".Length + name.Length);
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
