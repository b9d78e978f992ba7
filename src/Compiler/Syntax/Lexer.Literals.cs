using System.Buffers;
using System.Text;
using Ktap.Compiler.Diagnostics;

namespace Ktap.Compiler.Syntax;

// Integers, strings and kernel symbols.
internal sealed partial class Lexer
{
    private Token Integer(int start, bool lineStart)
    {
        var hex = _bytes[start] == '0' && (At(1) | 0x20) == 'x';
        if (hex) _at += 2;
        var digits = _at;
        while (_at < _bytes.Length && (hex ? char.IsAsciiHexDigit((char)_bytes[_at]) : IsDigit(_bytes[_at]))) _at++;
        var end = _at;
        var value = Value(digits, end, hex, out var fits);

        // '1.5' and '5s' are one mistake each, not an integer and something odd after it.
        if (!hex && At(0) == '.' && IsDigit(At(1)))
        {
            for (_at++; _at < _bytes.Length && IsWordPart(_bytes[_at]);) _at++;
            passage.Report(Errors.FloatingPoint(passage.Source, passage.Map(start, _at), Slice(start, _at)));
        }
        else if (digits == end || IsWordPart(At(0)))
        {
            while (_at < _bytes.Length && IsWordPart(_bytes[_at])) _at++;
            passage.Report(Errors.BadInteger(passage.Source, passage.Map(start, _at), Slice(start, _at)));
        }
        else if (!fits)
        {
            passage.Diagnostics.Add(Errors.IntegerTooLarge(passage.Source, passage.Map(start, _at)));
        }
        else if (!hex && _bytes[start] == '0' && end - start > 1)
        {
            passage.Diagnostics.Add(Errors.NotOctal(passage.Source, passage.Map(start, _at), Slice(start, _at)));
        }
        return Make(TokenKind.Integer, start, lineStart, number: unchecked((long)value));
    }

    private ulong Value(int start, int end, bool hex, out bool fits)
    {
        UInt128 value = 0;
        for (var i = start; i < end; i++)
        {
            value = value * (hex ? 16u : 10u) + (uint)HexDigit(_bytes[i]);
            if (value <= ulong.MaxValue) continue;
            fits = false;
            return ulong.MaxValue;
        }
        fits = true;
        return (ulong)value;
    }

    private Token QuotedString(int start, bool lineStart)
    {
        var quote = _bytes[start];
        var content = new ArrayBufferWriter<byte>();
        for (_at = start + 1; _at < _bytes.Length && _bytes[_at] != '\n';)
        {
            if (_bytes[_at] == quote)
            {
                _at++;
                return Make(TokenKind.String, start, lineStart, bytes: content.WrittenSpan.ToArray());
            }
            if (_bytes[_at] == '\\') Escape(content);
            else
            {
                var run = _bytes.AsSpan(_at).IndexOfAny(quote, (byte)'\\', (byte)'\n');
                if (run < 0) run = _bytes.Length - _at;
                content.Write(_bytes.AsSpan(_at, run));
                _at += run;
            }
        }
        passage.Report(Errors.UnterminatedString(passage.Source, passage.Map(start, Math.Max(_at, start + 1)), ((char)quote).ToString()));
        return Make(TokenKind.String, start, lineStart, bytes: content.WrittenSpan.ToArray());
    }

    private Token LongString(int start, bool lineStart)
    {
        var length = _bytes.AsSpan(start + 2).IndexOf("]]"u8);
        if (length < 0)
        {
            passage.Report(Errors.UnterminatedString(passage.Source, passage.Map(start, start + 2), "]]"));
            _at = _bytes.Length;
            return Make(TokenKind.String, start, lineStart, bytes: []);
        }
        _at = start + length + 4;
        return Make(TokenKind.String, start, lineStart, bytes: _bytes.AsSpan(start + 2, length).ToArray());
    }

    private Token KernelSymbol(int start, bool lineStart)
    {
        for (_at = start + 1; IsWordPart(At(0)) || At(0) is (byte)'.' or (byte)'$';) _at++;
        var text = Slice(start + 1, _at);
        if (At(0) == '`' && text.Length > 0) _at++;
        else
        {
            passage.Report(Errors.BadKernelSymbol(passage.Source, passage.Map(start, _at)));
            if (At(0) == '`') _at++;
        }
        return Make(TokenKind.KernelSymbol, start, lineStart, text);
    }

    // C's escapes; a backslash at the end of a line continues the string without the newline.
    private void Escape(ArrayBufferWriter<byte> content)
    {
        var start = _at++;
        var kind = At(0);
        if (_at < _bytes.Length) _at++;
        switch (kind)
        {
            case (byte)'n': Put(content, '\n'); return;
            case (byte)'t': Put(content, '\t'); return;
            case (byte)'r': Put(content, '\r'); return;
            case (byte)'a': Put(content, '\a'); return;
            case (byte)'b': Put(content, '\b'); return;
            case (byte)'e': Put(content, '\x1b'); return;
            case (byte)'f': Put(content, '\f'); return;
            case (byte)'v': Put(content, '\v'); return;
            case (byte)'\\' or (byte)'"' or (byte)'\'' or (byte)'?': Put(content, (char)kind); return;
            case (byte)'\n': return;
            case (byte)'\r' when At(0) == '\n': _at++; return;
            case >= (byte)'0' and <= (byte)'7':
                _at--;
                var octal = Digits(3, 8, out _);
                if (octal > 255) BadEscape(start);
                Put(content, (char)(octal & 255));
                return;
            case (byte)'x':
                var hex = Digits(2, 16, out var count);
                if (count == 0) BadEscape(start);
                Put(content, (char)hex);
                return;
            case (byte)'u' or (byte)'U':
                var wanted = kind == 'u' ? 4 : 8;
                var point = Digits(wanted, 16, out count);
                if (count == wanted && Rune.TryCreate(point, out var rune)) content.Write(Encoding.UTF8.GetBytes(rune.ToString()));
                else BadEscape(start);
                return;
            default: BadEscape(start); return;
        }
    }

    private static void Put(ArrayBufferWriter<byte> content, char c) => content.Write([(byte)c]);

    private void BadEscape(int start) =>
        passage.Report(Errors.BadEscape(passage.Source, passage.Map(start, _at), Slice(start, _at)));

    private int Digits(int most, int radix, out int count)
    {
        var value = 0;
        for (count = 0; count < most && HexDigit(At(0)) is var digit && digit >= 0 && digit < radix; count++, _at++)
            value = unchecked(value * radix + digit);
        return value;
    }

    private static int HexDigit(byte b) =>
        IsDigit(b) ? b - '0' : (b | 0x20) is >= (byte)'a' and <= (byte)'f' ? (b | 0x20) - 'a' + 10 : -1;

    private string Slice(int start, int end) => Encoding.UTF8.GetString(_bytes, start, end - start);
}
