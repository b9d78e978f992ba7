using System.Collections.Immutable;
using System.Globalization;

namespace Ktap.Compiler.Values;

/// <summary>The flags of a conversion, <c>-+ #0</c>.</summary>
[Flags]
public enum PrintfFlags : byte
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary><c>-</c>: to the left of its field.</summary>
    Left = 1,
    /// <summary><c>+</c>: a sign in front of what is not negative.</summary>
    Plus = 2,
    /// <summary>Space: a space in front of what is not negative.</summary>
    Space = 4,
    /// <summary><c>#</c>: <c>0x</c> before hexadecimals, <c>0</c> before octals.</summary>
    Alternate = 8,
    /// <summary><c>0</c>: filled with zeros.</summary>
    Zero = 16,
}

/// <summary>A part of a format.</summary>
public abstract record PrintfPiece
{
    /// <summary>Text that goes out as it is.</summary>
    public sealed record Literal(KString Text) : PrintfPiece;

    /// <summary>A conversion of one argument.</summary>
    /// <param name="Kind">One of <c>d u x X o c s p</c>; <c>%i</c> is <c>d</c>.</param>
    /// <param name="Flags">The flags.</param>
    /// <param name="Width">The least number of bytes; 0 where none is given.</param>
    /// <param name="Precision">The least number of digits, or the most bytes of a string; -1 where none is given.</param>
    /// <param name="WidthFromArgument">The width is <c>*</c>: an argument of its own, before the precision's and the value's.</param>
    /// <param name="PrecisionFromArgument">The precision is <c>*</c>: an argument of its own, before the value's.</param>
    /// <param name="FirstArgument">The index of the first argument that it takes, from 0.</param>
    public sealed record Conversion(
        char Kind, PrintfFlags Flags, int Width, int Precision, bool WidthFromArgument, bool PrecisionFromArgument, int FirstArgument)
        : PrintfPiece
    {
        /// <summary>The index of the value's argument, from 0.</summary>
        public int ValueArgument => FirstArgument + (WidthFromArgument ? 1 : 0) + (PrecisionFromArgument ? 1 : 0);

        /// <summary>Whether it takes an integer (or nil) and nothing else: all but <c>%s</c>.</summary>
        public bool WantsInteger => Kind != 's';
    }
}

/// <summary>
/// A C format, taken apart: <c>%d %i %u %x %X %o %c %s %p %%</c> with flags, width and precision. Lengths (<c>l ll h hh z j t</c>) mean nothing,
/// as every integer has 64 bits.
/// </summary>
public sealed class PrintfFormat
{
    /// <summary>The largest width or precision; a larger one is surely a mistake.</summary>
    public const int MaxField = 1_000_000;

    private PrintfFormat(ImmutableArray<PrintfPiece> pieces, int argumentCount)
    {
        Pieces = pieces;
        ArgumentCount = argumentCount;
    }

    /// <summary>The parts in order; two literals never follow each other.</summary>
    public ImmutableArray<PrintfPiece> Pieces { get; }

    /// <summary>The number of arguments after the format.</summary>
    public int ArgumentCount { get; }

    /// <summary>Takes a format apart, or says what is wrong with it (lower case, for a message).</summary>
    public static PrintfFormat? TryParse(KString text, out string? problem) => new Reader(text.Span).Read(out problem);

    /// <summary>
    /// What is wrong with a format for so many values, or null: the first thing, and the index of the value that it is about where it is one.
    /// <paramref name="kindOf"/> tells what kind a value is that is no integer, or null where it is, or may be.
    /// </summary>
    public static (string Text, int? Argument)? Problem(KString text, int values, Func<int, string?> kindOf)
    {
        if (TryParse(text, out var wrong) is not { } format) return (wrong!, null);
        if (values < format.ArgumentCount)
            return (string.Create(CultureInfo.InvariantCulture, $"the format wants {format.ArgumentCount} value{(format.ArgumentCount == 1 ? "" : "s")}, there {(values == 1 ? "is" : "are")} {values}"), null);
        foreach (var conversion in format.Pieces.OfType<PrintfPiece.Conversion>())
            for (var i = conversion.FirstArgument; i <= conversion.ValueArgument; i++)
                if ((i < conversion.ValueArgument || conversion.WantsInteger) && kindOf(i) is { } kind)
                    return ($"the value for {(i < conversion.ValueArgument ? "'*'" : $"%{conversion.Kind}")} is {kind}, not an integer", i);
        return null;
    }

    private ref struct Reader(ReadOnlySpan<byte> text)
    {
        private readonly ReadOnlySpan<byte> _text = text;
        private readonly List<byte> _literal = [];
        private readonly ImmutableArray<PrintfPiece>.Builder _pieces = ImmutableArray.CreateBuilder<PrintfPiece>();
        private int _at;
        private int _arguments;

        private readonly byte Current => _at < _text.Length ? _text[_at] : (byte)0;

        public PrintfFormat? Read(out string? problem)
        {
            problem = null;
            while (_at < _text.Length && problem is null)
            {
                var value = _text[_at++];
                if (value == '%') problem = ReadConversion();
                else _literal.Add(value);
            }
            EndLiteral();
            return problem is null ? new PrintfFormat(_pieces.ToImmutable(), _arguments) : null;
        }

        // What follows a '%'; gives the problem, or null.
        private string? ReadConversion()
        {
            var start = _at - 1;
            var flags = ReadFlags();
            var first = _arguments;
            var precision = -1;
            var precisionFromArgument = false;
            if (ReadNumber(out var width, out var widthFromArgument) is { } wrong) return wrong;
            if (Current == '.')
            {
                _at++;
                if (ReadNumber(out precision, out precisionFromArgument) is { } alsoWrong) return alsoWrong;
            }
            while (Current is (byte)'l' or (byte)'h' or (byte)'z' or (byte)'j' or (byte)'t' or (byte)'q') _at++;
            if (_at >= _text.Length) return $"the format ends inside '{Written(start)}'";
            var kind = (char)_text[_at++];
            if (kind == '%')
            {
                _literal.Add((byte)'%');
                return null;
            }
            if (kind == 'i') kind = 'd';
            if (!"duxXocsp".Contains(kind)) return $"unknown conversion '{Written(start)}' in the format";
            _arguments++;
            EndLiteral();
            _pieces.Add(new PrintfPiece.Conversion(kind, flags, width, precision, widthFromArgument, precisionFromArgument, first));
            return null;
        }

        private PrintfFlags ReadFlags()
        {
            var flags = PrintfFlags.None;
            while (true)
            {
                var flag = Current switch
                {
                    (byte)'-' => PrintfFlags.Left,
                    (byte)'+' => PrintfFlags.Plus,
                    (byte)' ' => PrintfFlags.Space,
                    (byte)'#' => PrintfFlags.Alternate,
                    (byte)'0' => PrintfFlags.Zero,
                    _ => PrintfFlags.None,
                };
                if (flag == PrintfFlags.None) return flags;
                flags |= flag;
                _at++;
            }
        }

        // A width or precision: '*', digits or nothing (0).
        private string? ReadNumber(out int number, out bool fromArgument)
        {
            number = 0;
            fromArgument = Current == '*';
            if (fromArgument)
            {
                _at++;
                _arguments++;
                return null;
            }
            while (Current is >= (byte)'0' and <= (byte)'9')
            {
                number = number * 10 + (_text[_at++] - '0');
                if (number > MaxField) return string.Create(CultureInfo.InvariantCulture, $"a field of more than {MaxField} bytes in the format");
            }
            return null;
        }

        private readonly string Written(int start) => new KString(_text[start.._at].ToArray()).ToString();

        private readonly void EndLiteral()
        {
            if (_literal.Count == 0) return;
            _pieces.Add(new PrintfPiece.Literal(new KString([.. _literal])));
            _literal.Clear();
        }
    }
}
