using System.Globalization;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Values;

namespace Ktap.Runtime.Rendering;

/// <summary>
/// <c>printf</c>: C's formats, byte for byte as glibc has them. nil prints as <c>nil</c> under every conversion; <c>%s</c> takes
/// every value as print shows it, the others take integers; arguments too many are ignored, as in C. Not for several threads at once.
/// </summary>
public sealed class Printf(ValueRenderer values)
{
    private readonly Dictionary<KString, PrintfFormat> _formats = [];
    private readonly OutputBuffer _plain = OutputBuffer.InMemory();
    private readonly OutputBuffer _escaped = OutputBuffer.InMemory();
    private KString? _lastText;
    private PrintfFormat? _last;

    /// <summary>Writes; throws <see cref="BuiltinException"/> on a wrong format or argument, before anything is written.</summary>
    public void Write(OutputBuffer output, KString format, ReadOnlySpan<Value> arguments) => Write(output, Parse(format), arguments);

    /// <summary>Writes by a format that is taken apart already.</summary>
    public void Write(OutputBuffer output, PrintfFormat format, ReadOnlySpan<Value> arguments)
    {
        Check(format, arguments);
        foreach (var piece in format.Pieces)
            switch (piece)
            {
                case PrintfPiece.Literal literal:
                    output.Write(literal.Text.Span);
                    break;
                case PrintfPiece.Conversion conversion:
                    Convert(output, conversion, arguments);
                    break;
            }
    }

    private PrintfFormat Parse(KString text)
    {
        if (ReferenceEquals(text, _lastText)) return _last!;
        if (!_formats.TryGetValue(text, out var format))
        {
            format = PrintfFormat.TryParse(text, out var problem)
                ?? throw new BuiltinException($"printf: {problem}", "conversions are %d %i %u %x %X %o %c %s %p and %%");
            if (_formats.Count == 1024) _formats.Clear();  // a script that makes its formats as it goes
            _formats.Add(text, format);
        }
        _lastText = text;
        return _last = format;
    }

    private static void Check(PrintfFormat format, ReadOnlySpan<Value> arguments)
    {
        if (arguments.Length < format.ArgumentCount)
            throw new BuiltinException(string.Create(CultureInfo.InvariantCulture,
                $"printf: the format wants {format.ArgumentCount} argument{(format.ArgumentCount == 1 ? "" : "s")}, there {(arguments.Length == 1 ? "is" : "are")} {arguments.Length}"));
        foreach (var piece in format.Pieces)
        {
            if (piece is not PrintfPiece.Conversion conversion) continue;
            for (var i = conversion.FirstArgument; i < conversion.ValueArgument; i++)
                if (arguments[i].Kind != ValueKind.Int || Math.Abs((decimal)arguments[i].AsInt) > PrintfFormat.MaxField)
                    throw Wrong(i, "'*'", arguments[i], arguments[i].Kind == ValueKind.Int ? "a smaller number" : "an integer", null);
            var value = arguments[conversion.ValueArgument];
            if (conversion.WantsInteger && value.Kind is not (ValueKind.Int or ValueKind.Nil))
                throw Wrong(conversion.ValueArgument, $"%{conversion.Kind}", value, "an integer", "%s prints every value");
        }
    }

    private static BuiltinException Wrong(int index, string conversion, Value value, string wanted, string? hint) =>
        new(string.Create(CultureInfo.InvariantCulture,
            $"printf: argument {index + 2} for {conversion} is {Described(value)}, not {wanted}"), hint);

    private static string Described(Value value) => value.Kind switch
    {
        ValueKind.Int => value.AsInt.ToString(CultureInfo.InvariantCulture),
        ValueKind.Nil => "nil",
        _ => "a " + value.KindName,
    };

    private void Convert(OutputBuffer output, PrintfPiece.Conversion conversion, ReadOnlySpan<Value> arguments)
    {
        var (flags, width, precision) = (conversion.Flags, conversion.Width, conversion.Precision);
        var at = conversion.FirstArgument;
        if (conversion.WidthFromArgument)
        {
            width = (int)arguments[at++].AsInt;
            if (width < 0) (width, flags) = (-width, flags | PrintfFlags.Left);
        }
        if (conversion.PrecisionFromArgument) precision = (int)Math.Max(arguments[at++].AsInt, -1);
        var value = arguments[at];
        if (value.IsNil) Pad(output, "nil"u8, flags, width);
        else if (conversion.Kind == 's') WriteString(output, value, flags, width, precision);
        else if (conversion.Kind == 'c') WriteByte(output, (byte)value.AsInt, flags, width);
        else PrintfInteger.Write(output, conversion.Kind, value.AsInt, flags, width, precision);
    }

    private void WriteString(OutputBuffer output, Value value, PrintfFlags flags, int width, int precision)
    {
        if (width == 0 && precision < 0)
        {
            values.Write(output, value);
            return;
        }
        _plain.Clear();
        values.Write(_plain, value);
        var bytes = _plain.Written;
        WriteEscaped(output, precision >= 0 && precision < bytes.Length ? bytes[..precision] : bytes, flags, width);
    }

    /// <summary>Writes the bytes of a string under <c>%s</c>.</summary>
    internal void WriteText(OutputBuffer output, ReadOnlySpan<byte> text, PrintfFlags flags, int width, int precision)
    {
        if (width == 0 && precision < 0) output.WriteText(text);
        else WriteEscaped(output, precision >= 0 && precision < text.Length ? text[..precision] : text, flags, width);
    }

    private void WriteByte(OutputBuffer output, byte value, PrintfFlags flags, int width) => WriteEscaped(output, [value], flags, width);

    // The width counts what is on the screen, the precision what was in the string.
    private void WriteEscaped(OutputBuffer output, ReadOnlySpan<byte> bytes, PrintfFlags flags, int width)
    {
        _escaped.Clear();
        _escaped.Escaping = output.Escaping;
        _escaped.WriteText(bytes);
        Pad(output, _escaped.Written, flags, width);
    }

    private static void Pad(OutputBuffer output, ReadOnlySpan<byte> text, PrintfFlags flags, int width)
    {
        var left = (flags & PrintfFlags.Left) != 0;
        if (!left) output.Fill((byte)' ', width - text.Length);
        output.Write(text);
        if (left) output.Fill((byte)' ', width - text.Length);
    }
}
