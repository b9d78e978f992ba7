using System.Globalization;

namespace Ktap.Compiler.Types;

/// <summary>Cuts C declarations into names, numbers and signs; comments and lines of the preprocessor go.</summary>
internal sealed class CLexer
{
    private readonly string _text;
    private int _at;

    public CLexer(string text)
    {
        _text = text;
        Next();
    }

    /// <summary>The token at which reading stands; empty at the end.</summary>
    public string Token { get; private set; } = "";

    /// <summary>Whether it is a name or a keyword.</summary>
    public bool IsName => Token.Length > 0 && (char.IsAsciiLetter(Token[0]) || Token[0] == '_');

    /// <summary>Whether it is a number.</summary>
    public bool IsNumber => Token.Length > 0 && char.IsAsciiDigit(Token[0]);

    /// <summary>The number, with C's prefixes and suffixes.</summary>
    public long Number
    {
        get
        {
            var digits = Token.TrimEnd('u', 'U', 'l', 'L');
            var (style, from) = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? (NumberStyles.AllowHexSpecifier, 2) : (NumberStyles.None, 0);
            if (from == 0 && digits.Length > 1 && digits[0] == '0' && digits.All(c => c is >= '0' and <= '7')) return Convert.ToInt64(digits, 8);
            return ulong.TryParse(digits.AsSpan(from), style, CultureInfo.InvariantCulture, out var value) ? (long)value : throw Unexpected("a number");
        }
    }

    /// <summary>Goes on to the next token and gives the one left behind.</summary>
    public string Next()
    {
        var token = Token;
        SkipSpace();
        var start = _at;
        if (_at < _text.Length)
        {
            if (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] == '_')
                while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] == '_')) _at++;
            else if (_at + 1 < _text.Length && _text[_at..(_at + 2)] is "<<" or ">>") _at += 2;
            else if (_text[_at..].StartsWith("...", StringComparison.Ordinal)) _at += 3;
            else _at++;
        }
        Token = _text[start.._at];
        return token;
    }

    /// <summary>Takes the token where it is this one.</summary>
    public bool Take(string token)
    {
        if (Token != token) return false;
        Next();
        return true;
    }

    /// <summary>Takes the token, which must be this one.</summary>
    public void Expect(string token)
    {
        if (!Take(token)) throw Unexpected($"'{token}'");
    }

    /// <summary>The error that something else should stand here.</summary>
    public FormatException Unexpected(string wanted) =>
        new($"in the C declaration: expected {wanted}, not {(Token.Length == 0 ? "its end" : $"'{Token}'")}");

    private void SkipSpace()
    {
        while (_at < _text.Length)
        {
            if (char.IsWhiteSpace(_text[_at])) _at++;
            else if (StartsWith("/*")) _at = _text.IndexOf("*/", _at + 2, StringComparison.Ordinal) is >= 0 and var end ? end + 2 : _text.Length;
            else if (StartsWith("//") || _text[_at] == '#') _at = _text.IndexOf('\n', _at) is >= 0 and var line ? line : _text.Length;
            else return;
        }
    }

    private bool StartsWith(string sign) => string.CompareOrdinal(_text, _at, sign, 0, sign.Length) == 0;
}
