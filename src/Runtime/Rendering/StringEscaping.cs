using System.Buffers;
using System.Text;

namespace Ktap.Runtime.Rendering;

/// <summary>
/// What happens to strings on their way out. A string value may have come from a traced process, and nothing in a value says
/// whether it did, so on a terminal all of them are escaped: by print, by <c>%s</c> and <c>%c</c>, in tables. Text that only a script can have made
/// goes out as it is: the text of a printf format, and terminal control by <c>ansi.*</c>.
/// </summary>
public enum StringEscaping
{
    /// <summary>To a file or a pipe: every byte as it is.</summary>
    None,

    /// <summary>To a terminal: control bytes but newline and tab, and what is not UTF-8, as <c>\x1b</c>.</summary>
    Terminal,

    /// <summary>To a terminal, where the text must stay in its line (a key): newline and tab too, as <c>\n</c> and <c>\t</c>.</summary>
    TerminalOneLine,
}

/// <summary>The escaping of text for a terminal.</summary>
internal static class TerminalText
{
    // Everything that is surely harmless; the rest is looked at byte by byte.
    private static readonly SearchValues<byte> Plain = SearchValues.Create(MakePlain());

    /// <summary>The length of the part at the start that goes out as it is.</summary>
    public static int PlainLength(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOfAnyExcept(Plain);
        return end < 0 ? text.Length : end;
    }

    /// <summary>
    /// How many bytes the next character takes, and whether it may go out as it is. C1 controls (U+0080 to U+009F) are written
    /// in two bytes that a terminal takes for one control byte: they are not plain.
    /// </summary>
    public static int Next(ReadOnlySpan<byte> text, bool oneLine, out bool isPlain)
    {
        var first = text[0];
        if (first < 0x80)
        {
            isPlain = first is >= 0x20 and < 0x7f || (!oneLine && first is (byte)'\n' or (byte)'\t');
            return 1;
        }
        var valid = Rune.DecodeFromUtf8(text, out var rune, out var length) == OperationStatus.Done;
        isPlain = valid && rune.Value >= 0xa0;
        return valid ? length : 1;
    }

    /// <summary>The escaped form of one byte: <c>\n</c>, <c>\t</c>, <c>\r</c> or <c>\x1b</c>; 2 or 4 bytes.</summary>
    public static int Escape(byte value, Span<byte> destination)
    {
        destination[0] = (byte)'\\';
        var letter = value switch { (byte)'\n' => 'n', (byte)'\t' => 't', (byte)'\r' => 'r', _ => 'x' };
        destination[1] = (byte)letter;
        if (letter != 'x') return 2;
        destination[2] = "0123456789abcdef"u8[value >> 4];
        destination[3] = "0123456789abcdef"u8[value & 15];
        return 4;
    }

    private static byte[] MakePlain()
    {
        var plain = new byte[0x7f - 0x20];
        for (var i = 0; i < plain.Length; i++) plain[i] = (byte)(i + 0x20);
        return plain;
    }
}
