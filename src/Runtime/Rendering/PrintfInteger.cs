using Ktap.Compiler.Values;

namespace Ktap.Runtime.Rendering;

/// <summary>Integers by the rules of C's printf (C11 7.21.6.1), where it leaves a choice by glibc's.</summary>
internal static class PrintfInteger
{
    /// <summary>Writes one for a conversion <c>d u x X o p</c>; all but <c>d</c> take the 64 bits as unsigned.</summary>
    public static void Write(OutputBuffer output, char kind, long value, PrintfFlags flags, int width, int precision)
    {
        if (kind == 'p' && value == 0)
        {
            WriteField(output, [], "(nil)"u8, 0, flags & ~PrintfFlags.Zero, width);
            return;
        }
        Span<byte> buffer = stackalloc byte[24];
        var digits = value == 0 && precision == 0 ? [] : Digits(kind, value, buffer);
        var zeros = Math.Max(0, precision - digits.Length);
        if (kind == 'o' && (flags & PrintfFlags.Alternate) != 0 && zeros == 0 && (digits.IsEmpty || digits[0] != '0')) zeros = 1;
        var prefix = Prefix(kind, value, flags);
        if (precision >= 0) flags &= ~PrintfFlags.Zero;
        WriteField(output, prefix, digits, zeros, flags, width);
    }

    private static ReadOnlySpan<byte> Digits(char kind, long value, Span<byte> buffer)
    {
        int length;
        switch (kind)
        {
            case 'd':
                (value < 0 ? 0 - (ulong)value : (ulong)value).TryFormat(buffer, out length);
                return buffer[..length];
            case 'u':
                ((ulong)value).TryFormat(buffer, out length);
                return buffer[..length];
            case 'x' or 'p':
                value.TryFormat(buffer, out length, "x");
                return buffer[..length];
            case 'X':
                value.TryFormat(buffer, out length, "X");
                return buffer[..length];
            default:
                var at = buffer.Length;
                var rest = (ulong)value;
                do
                {
                    buffer[--at] = (byte)('0' + (rest & 7));
                    rest >>= 3;
                }
                while (rest != 0);
                return buffer[at..];
        }
    }

    private static ReadOnlySpan<byte> Prefix(char kind, long value, PrintfFlags flags) => kind switch
    {
        'x' when value != 0 && (flags & PrintfFlags.Alternate) != 0 => "0x"u8,
        'X' when value != 0 && (flags & PrintfFlags.Alternate) != 0 => "0X"u8,
        'd' when value < 0 => "-"u8,
        'd' when (flags & PrintfFlags.Plus) != 0 => "+"u8,
        'd' when (flags & PrintfFlags.Space) != 0 => " "u8,
        'p' when (flags & PrintfFlags.Plus) != 0 => "+0x"u8,  // glibc: a pointer is a number with a sign to show
        'p' when (flags & PrintfFlags.Space) != 0 => " 0x"u8,
        'p' => "0x"u8,
        _ => [],
    };

    private static void WriteField(OutputBuffer output, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> digits, int zeros, PrintfFlags flags, int width)
    {
        var fill = width - prefix.Length - zeros - digits.Length;
        var left = (flags & PrintfFlags.Left) != 0;
        if (!left && (flags & PrintfFlags.Zero) != 0)
        {
            zeros += Math.Max(0, fill);
            fill = 0;
        }
        if (!left) output.Fill((byte)' ', fill);
        output.Write(prefix);
        output.Fill((byte)'0', zeros);
        output.Write(digits);
        if (left) output.Fill((byte)' ', fill);
    }
}
