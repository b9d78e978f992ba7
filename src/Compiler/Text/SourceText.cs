using System.Text;

namespace Ktap.Compiler.Text;

/// <summary>
/// One script: its name and its bytes. Scripts are bytes, not UTF-16: a string literal means exactly the bytes in the file,
/// so spans are byte offsets everywhere.
/// </summary>
public sealed class SourceText
{
    private readonly byte[] _bytes;
    private readonly int[] _lineStarts;

    /// <summary>Takes the bytes of a script; <paramref name="name"/> is what diagnostics print ("script.kp", "-e").</summary>
    public SourceText(string name, byte[] bytes)
    {
        Name = name;
        _bytes = bytes;
        var starts = new List<int> { 0 };
        for (var i = 0; i < bytes.Length; i++)
            if (bytes[i] == '\n') starts.Add(i + 1);
        _lineStarts = [.. starts];
    }

    /// <summary>A script given as text; it is encoded as UTF-8.</summary>
    public static SourceText From(string text, string name = "-e") => new(name, Encoding.UTF8.GetBytes(text));

    /// <summary>What diagnostics call this script.</summary>
    public string Name { get; }

    /// <summary>The script's bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The length in bytes.</summary>
    public int Length => _bytes.Length;

    /// <summary>The number of lines; an empty text has one.</summary>
    public int LineCount => _lineStarts.Length;

    /// <summary>Line and column of a byte offset; offsets past the end count as the end.</summary>
    public LinePosition PositionOf(int offset)
    {
        var at = Array.BinarySearch(_lineStarts, Math.Clamp(offset, 0, _bytes.Length));
        var line = at >= 0 ? at : ~at - 1;
        return new LinePosition(line + 1, Math.Clamp(offset, 0, _bytes.Length) - _lineStarts[line] + 1);
    }

    /// <summary>The text of a line (from 1), without its newline; bytes that are not UTF-8 become U+FFFD.</summary>
    public string LineText(int line)
    {
        var start = _lineStarts[line - 1];
        var end = line < _lineStarts.Length ? _lineStarts[line] - 1 : _bytes.Length;
        if (end > start && _bytes[end - 1] == '\r') end--;
        return Encoding.UTF8.GetString(_bytes, start, end - start);
    }

    /// <summary>The text of a span, decoded as UTF-8.</summary>
    public string TextOf(TextSpan span) => Encoding.UTF8.GetString(_bytes, span.Start, span.Length);
}
