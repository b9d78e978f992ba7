using System.Globalization;
using System.Text;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Text;

namespace Ktap.Runtime.Rendering;

/// <summary>
/// Diagnostics as a user reads them:
/// <code>
/// script.kp:3:7: error KT0101: no event matches 'sched:sched_swich'
///   3 | trace sched:sched_swich { n += 1 }
///     |       ^~~~~~~~~~~~~~~~~
/// hint: did you mean 'sched:sched_switch'?
/// </code>
/// A line wider than the terminal is cut to a window around the mark, with <c>...</c> where something is left out. Control bytes of
/// scripts and names never reach the terminal.
/// </summary>
/// <param name="colours">Whether to colour with ANSI sequences.</param>
/// <param name="width">The columns of the terminal; 0 for no limit.</param>
public sealed class DiagnosticRenderer(bool colours, int width = 0)
{
    private const string Cut = "...";

    /// <summary>Writes diagnostics with a blank line between, and a line that counts them where there are several.</summary>
    public void Write(OutputBuffer output, IEnumerable<Diagnostic> diagnostics)
    {
        var counts = new int[3];
        foreach (var diagnostic in diagnostics)
        {
            if (counts.Sum() > 0) output.Write((byte)'\n');
            Write(output, diagnostic);
            counts[(int)diagnostic.Severity]++;
        }
        if (counts.Sum() < 2) return;
        var parts = new List<string>();
        foreach (var severity in (ReadOnlySpan<Severity>)[Severity.Error, Severity.Warning, Severity.Note])
            if (counts[(int)severity] is > 0 and var count)
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"{count} {NameOf(severity)}{(count == 1 ? "" : "s")}"));
        output.Write("\n" + string.Join(", ", parts) + "\n");
    }

    /// <summary>Writes one diagnostic.</summary>
    public void Write(OutputBuffer output, Diagnostic diagnostic)
    {
        var at = diagnostic.Source.PositionOf(diagnostic.Span.Start);
        var place = string.Create(CultureInfo.InvariantCulture, $"{diagnostic.Source.Name}:{at.Line}:{at.Column}:");
        WriteStyled(output, Bold, place);
        output.Write((byte)' ');
        WriteStyled(output, StyleOf(diagnostic.Severity), $"{NameOf(diagnostic.Severity)} {diagnostic.Code}:");
        output.Write((byte)' ');
        WriteStyled(output, Bold, diagnostic.Message);
        output.Write((byte)'\n');
        WriteExcerpt(output, diagnostic, at);
        WriteHint(output, diagnostic.Hint);
    }

    /// <summary>Writes what the machine refused: <c>ktap: can't OPERATION: REASON</c>, and the hint.</summary>
    public void Write(OutputBuffer output, KtapException refusal)
    {
        WriteStyled(output, Bold, "ktap:");
        output.Write(" "u8);
        WriteStyled(output, Error, $"can't {refusal.Operation}");
        output.Write((byte)'\n');
        WriteHint(output, refusal.Hint);
    }

    private void WriteHint(OutputBuffer output, string? hint)
    {
        if (hint is null) return;
        WriteStyled(output, Bold, "hint:");
        output.Write(" "u8);
        WriteEscaped(output, hint);
        output.Write((byte)'\n');
    }

    private void WriteExcerpt(OutputBuffer output, Diagnostic diagnostic, LinePosition at)
    {
        var start = Math.Clamp(diagnostic.Span.Start, 0, diagnostic.Source.Length);
        var line = new SourceLine(diagnostic.Source, start - (at.Column - 1));
        var from = line.ColumnOf(start);
        var to = Math.Max(from + 1, line.ColumnOf(Math.Max(start, diagnostic.Span.End)));
        var number = at.Line.ToString(CultureInfo.InvariantCulture);
        var (text, shift) = Window(line, from, ref to, number.Length + 5);
        output.Write($"  {number} | {text}".TrimEnd() + "\n");
        output.Write(new string(' ', number.Length + 2) + " | " + new string(' ', from + shift));
        WriteStyled(output, StyleOf(diagnostic.Severity), "^" + new string('~', to - from - 1));
        output.Write((byte)'\n');
    }

    // What is shown of the line, and how far its marks move; a mark that would leave the window is shortened.
    private (string Text, int Shift) Window(SourceLine line, int from, ref int to, int margin)
    {
        var room = width == 0 ? int.MaxValue : Math.Max(20, width - margin);
        if (Math.Max(line.Columns, to) <= room) return (line.Between(0, line.Columns), 0);
        room -= 2 * Cut.Length;
        // The mark in the middle, or at the left edge where it is long; never past the ends of the line.
        var marked = Math.Min(to - from, room);
        var left = Math.Clamp(from - (room - marked) / 2, 0, Math.Max(0, Math.Max(line.Columns, from + marked) - room));
        var right = left + room;
        to = Math.Min(to, right);
        var before = left > 0 ? Cut : "";
        var after = right < line.Columns ? Cut : "";
        return (before + line.Between(left, right) + after, before.Length - left);
    }

    private const string Bold = "\x1b[1m", Error = "\x1b[1;31m", Warning = "\x1b[1;35m", Note = "\x1b[1;36m", Reset = "\x1b[0m";

    private static string StyleOf(Severity severity) => severity switch
    {
        Severity.Error => Error,
        Severity.Warning => Warning,
        _ => Note,
    };

    private static string NameOf(Severity severity) => severity switch
    {
        Severity.Error => "error",
        Severity.Warning => "warning",
        _ => "note",
    };

    private void WriteStyled(OutputBuffer output, string style, string text)
    {
        if (colours) output.Write(style);
        WriteEscaped(output, text);
        if (colours) output.Write(Reset);
    }

    // Names and messages may hold bytes of a script; a newline in them is our own.
    private static void WriteEscaped(OutputBuffer output, string text)
    {
        var escaping = output.Escaping;
        output.Escaping = StringEscaping.Terminal;
        output.WriteText(Encoding.UTF8.GetBytes(text));
        output.Escaping = escaping;
    }
}
