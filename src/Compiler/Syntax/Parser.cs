using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Syntax;

/// <summary>From text to tree; nothing is ever thrown for what a script holds.</summary>
public static partial class Parser
{
    /// <summary>The most bytes that a script may have.</summary>
    public const int MostBytes = 2 << 20;

    /// <summary>Parses a script. Always gives one: after errors, what could be parsed.</summary>
    public static Script Parse(SourceText source, DiagnosticBag diagnostics)
    {
        if (source.Length > MostBytes) return Refuse(source, diagnostics, Errors.ScriptTooLong(source, MostBytes));
        if (FirstControl(source.Bytes) is var control and >= 0)
            return Refuse(source, diagnostics, Errors.NotText(source, new TextSpan(control, 1), source.Bytes[control]));

        var found = new DiagnosticBag();
        var (script, own) = Parse(source, found, []);
        // Whether an old name is the script's own shows only at its end: then once more, leaving it alone. Fewer names are
        // rewritten each time, so this ends.
        var kept = new HashSet<string>();
        while (own.Count > 0)
        {
            kept.UnionWith(own);
            found = [];
            (script, own) = Parse(source, found, kept);
        }
        if (found.IsClean && TreeHeight.TooHigh(script.Statements) is { } span)
        {
            found.Add(Errors.ChainTooLong(source, span, TreeHeight.Most));
            script = new Script(source, []);
        }
        foreach (var diagnostic in found) diagnostics.Add(diagnostic);
        return script;
    }

    /// <summary>
    /// Parses the value of a computed spec: the specs in it and the filter where it has one. The nodes and the diagnostics have
    /// the span <paramref name="at"/> of the expression in the script that made it.
    /// </summary>
    public static EventList ParseEventSpecs(string text, SourceText source, TextSpan at, DiagnosticBag diagnostics) =>
        EventGrammar.SpecsOf(new TokenStream(new Passage(source, System.Text.Encoding.UTF8.GetBytes(text), 0, at, "end of the event", diagnostics), new OldNames(new HashSet<string>())));

    private static (Script Script, IReadOnlyList<string> Own) Parse(SourceText source, DiagnosticBag diagnostics, HashSet<string> kept)
    {
        var names = new OldNames(kept);
        // A byte order mark is no part of the script.
        var start = source.Bytes.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? 3 : 0;
        var stream = new TokenStream(new Passage(source, source.Bytes[start..].ToArray(), start, null, "end of the script", diagnostics), names);
        return (new Script(source, StatementGrammar.Statements(stream, TokenKind.EndOfFile)), names.WronglyRewritten);
    }

    private static Script Refuse(SourceText source, DiagnosticBag diagnostics, Diagnostic error)
    {
        diagnostics.Add(error);
        return new Script(source, []);
    }

    // Control bytes other than white space are in no text: this is how a binary file shows.
    private static int FirstControl(ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
            if (bytes[i] < 0x20 && bytes[i] is not ((byte)'\t' or (byte)'\n' or (byte)'\v' or (byte)'\f' or (byte)'\r') || bytes[i] == 0x7F) return i;
        return -1;
    }
}
