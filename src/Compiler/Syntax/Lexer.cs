using System.Text;
using Ktap.Compiler.Diagnostics;

namespace Ktap.Compiler.Syntax;

/// <summary>
/// Makes tokens, one at a time and when asked: what a character means depends on where it stands (event specs are not made of
/// tokens), and only the parser knows where that is. The parts are literals (<c>Lexer.Literals.cs</c>) and events (<c>Lexer.Events.cs</c>).
/// </summary>
internal sealed partial class Lexer(Passage passage)
{
    private readonly byte[] _bytes = passage.Bytes;
    private readonly Dictionary<int, string> _words = [];
    private int _at;

    /// <summary>The offset of the first byte that no token has taken yet; setting it lexes again from there.</summary>
    public int Position { get => _at; set => _at = value; }

    /// <summary>The next token; at the end, and once parsing has stopped, an end-of-file token.</summary>
    public Token Next()
    {
        var lineStart = SkipBlank();
        while (true)
        {
            if (passage.Stopped) _at = _bytes.Length;
            var start = _at;
            if (start >= _bytes.Length) return Make(TokenKind.EndOfFile, start, lineStart);

            var b = _bytes[start];
            if (IsWordStart(b)) return Word(start, lineStart);
            if (IsDigit(b)) return Integer(start, lineStart);
            if (b is (byte)'"' or (byte)'\'') return QuotedString(start, lineStart);
            if (b == '[' && At(1) == '[') return LongString(start, lineStart);
            if (b == '`') return KernelSymbol(start, lineStart);
            if (Tokens.TryPunctuation(_bytes.AsSpan(start), out var kind, out var length))
            {
                _at += length;
                return Make(kind, start, lineStart);
            }
            SkipStray(start);
            // bpftrace's table without a name goes on as one that has a name.
            if (b == '@' && !IsWordStart(At(0))) return Make(TokenKind.Name, start, lineStart, "@");
            lineStart |= SkipBlank();
        }
    }

    /// <summary>Whether a byte can begin a name.</summary>
    private static bool IsWordStart(byte b) => (b | 0x20) is >= (byte)'a' and <= (byte)'z' || b == '_';

    private static bool IsDigit(byte b) => b is >= (byte)'0' and <= (byte)'9';

    private static bool IsWordPart(byte b) => IsWordStart(b) || IsDigit(b);

    private static bool IsSpace(byte b) => b is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r' or (byte)'\v' or (byte)'\f';

    private byte At(int ahead) => _at + ahead < _bytes.Length ? _bytes[_at + ahead] : (byte)0;

    private Token Make(TokenKind kind, int start, bool lineStart, string text = "", long number = 0, byte[]? bytes = null) =>
        new(kind, start, _at, passage.Map(start, _at), lineStart, text, number, bytes);

    /// <summary>Skips white space and comments; true when a newline was among them.</summary>
    private bool SkipBlank()
    {
        var newline = false;
        for (; _at < _bytes.Length; _at++)
        {
            if (_bytes[_at] == '#')
            {
                var end = _bytes.AsSpan(_at).IndexOf((byte)'\n');
                _at = end < 0 ? _bytes.Length : _at + end;
            }
            if (_at >= _bytes.Length || !IsSpace(_bytes[_at])) break;
            newline |= _bytes[_at] == '\n';
        }
        return newline;
    }

    private Token Word(int start, bool lineStart)
    {
        while (_at < _bytes.Length && IsWordPart(_bytes[_at])) _at++;
        var text = Intern(_bytes.AsSpan(start, _at - start));
        return Make(Tokens.KindOfWord(text), start, lineStart, text);
    }

    // One string object a name, however often it is used; two names with one hash just take turns.
    private string Intern(ReadOnlySpan<byte> word)
    {
        var hash = new HashCode();
        hash.AddBytes(word);
        var key = hash.ToHashCode();
        if (_words.TryGetValue(key, out var known) && known.Length == word.Length && Ascii.Equals(word, known)) return known;
        return _words[key] = Encoding.ASCII.GetString(word);
    }

    // Bytes that no token begins with: one error for a run of them, then on as if they were not there.
    private void SkipStray(int start)
    {
        var first = _bytes[start];
        _at++;
        if (first >= 0x80)
            while (_at < _bytes.Length && _bytes[_at] >= 0x80) _at++;
        var text = Encoding.UTF8.GetString(_bytes, start, _at - start);
        var end = _at;
        while (end < _bytes.Length && IsWordPart(_bytes[end])) end++;
        passage.Report(Errors.StrayCharacter(passage.Source, passage.Map(start, _at), text, Encoding.ASCII.GetString(_bytes, _at, end - _at)));
    }
}
