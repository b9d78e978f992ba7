using System.Globalization;
using System.Text;
using Ktap.Compiler.Text;

namespace Ktap.Runtime.Rendering;

/// <summary>
/// One line of a script as a terminal shows it, character by character: tabs are filled with spaces, control bytes and what is not
/// UTF-8 are written as <c>\x1b</c>, so that a mark under a byte stands under what is seen of it.
/// </summary>
internal sealed class SourceLine
{
    private const int TabWidth = 4;

    private readonly List<Cell> _cells = [];

    /// <summary>The line of a source that starts at an offset.</summary>
    public SourceLine(SourceText source, int start)
    {
        Start = start;
        var rest = source.Bytes[start..];
        var end = rest.IndexOf((byte)'\n');
        if (end >= 0) rest = rest[..end];
        if (rest.EndsWith("\r"u8)) rest = rest[..^1];
        Span<byte> escaped = stackalloc byte[4];
        for (var at = 0; at < rest.Length;)
        {
            var length = TerminalText.Next(rest[at..], oneLine: true, out var isPlain);
            if (isPlain)
            {
                _ = Rune.DecodeFromUtf8(rest[at..], out var rune, out _);
                Add(at + length, rune.ToString(), ColumnsOf(rune));
            }
            else if (rest[at] == '\t') Add(at + 1, new string(' ', TabWidth - Columns % TabWidth), TabWidth - Columns % TabWidth);
            else
                for (var i = at; i < at + length; i++)
                {
                    var written = TerminalText.Escape(rest[i], escaped);
                    Add(i + 1, Encoding.ASCII.GetString(escaped[..written]), written);
                }
            at += length;
        }
    }

    /// <summary>The offset of the line's first byte in the source.</summary>
    public int Start { get; }

    /// <summary>The width of the whole line.</summary>
    public int Columns { get; private set; }

    /// <summary>The column, from 0, at which the byte at an offset in the source is shown; the line's width for what is behind it.</summary>
    public int ColumnOf(int offset)
    {
        foreach (var cell in _cells)
            if (Start + cell.End > offset) return cell.Column;
        return Columns;
    }

    /// <summary>The characters that lie wholly between two columns.</summary>
    public string Between(int from, int to)
    {
        var text = new StringBuilder();
        foreach (var cell in _cells)
            if (cell.Column >= from && cell.Column + cell.Width <= to) text.Append(cell.Text);
            else if (cell.Column < from && cell.Column + cell.Width > from) text.Append(' ', cell.Column + cell.Width - from);
        return text.ToString();
    }

    private void Add(int end, string text, int width)
    {
        _cells.Add(new Cell(end, Columns, width, text));
        Columns += width;
    }

    // Wide characters of East Asia and pictographs take two columns (Unicode's East Asian Width), marks on the one before none.
    private static int ColumnsOf(Rune rune) => rune.Value switch
    {
        < 0x300 => 1,
        >= 0x1100 and <= 0x115f or >= 0x2e80 and <= 0xa4cf or >= 0xac00 and <= 0xd7a3 or >= 0xf900 and <= 0xfaff
            or >= 0xfe30 and <= 0xfe6f or >= 0xff00 and <= 0xff60 or >= 0xffe0 and <= 0xffe6
            or >= 0x1f300 and <= 0x1f64f or >= 0x1f900 and <= 0x1f9ff or >= 0x20000 and <= 0x3fffd => 2,
        _ => Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format ? 0 : 1,
    };

    // End: the offset in the line just past its last byte.
    private readonly record struct Cell(int End, int Column, int Width, string Text);
}
