using System.Text;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Syntax;

/// <summary>The kinds of tokens; <see cref="Tokens"/> says how the fixed ones are written.</summary>
internal enum TokenKind
{
    EndOfFile, Name, Integer, String, KernelSymbol,

    Var, Local, Function, If, ElseIf, Else, While, Do, For, In, Repeat, Until, Break, Continue, Return, Trace, TraceEnd,
    Nil, True, False, And, Or, Not,

    OpenParen, CloseParen, OpenBracket, CloseBracket, OpenBrace, CloseBrace, Comma, Semicolon, Colon, Dot, DotDot, Question,
    Assign, Equal, NotEqual, TildeEqual, Tilde, Bang, Less, LessEqual, ShiftLeft, ShiftLeftAssign, Sample,
    Greater, GreaterEqual, ShiftRight, ShiftRightAssign, Plus, PlusAssign, Increment, Minus, MinusAssign, Decrement, Star, StarAssign,
    Slash, SlashAssign, Percent, PercentAssign, Ampersand, AmpersandAmpersand, AmpersandAssign, Pipe, PipePipe, PipeAssign, Caret, CaretAssign,
}

/// <summary>
/// One token. <paramref name="Start"/> and <paramref name="End"/> are offsets in the text that is lexed; <paramref name="Span"/> is the place in
/// the script (they differ inside strings). <paramref name="LineStart"/>: a newline stands before it. <paramref name="Text"/> is a name's,
/// keyword's or kernel symbol's text.
/// </summary>
internal readonly record struct Token(TokenKind Kind, int Start, int End, TextSpan Span, bool LineStart, string Text = "", long Number = 0, byte[]? Bytes = null);

/// <summary>How the fixed tokens are written, and lookups made from that.</summary>
internal static class Tokens
{
    private static readonly (TokenKind Kind, string Text)[] Keywords =
    [
        (TokenKind.Var, "var"), (TokenKind.Local, "local"), (TokenKind.Function, "function"), (TokenKind.If, "if"), (TokenKind.ElseIf, "elseif"),
        (TokenKind.Else, "else"), (TokenKind.While, "while"), (TokenKind.Do, "do"), (TokenKind.For, "for"), (TokenKind.In, "in"),
        (TokenKind.Repeat, "repeat"), (TokenKind.Until, "until"), (TokenKind.Break, "break"), (TokenKind.Continue, "continue"),
        (TokenKind.Return, "return"), (TokenKind.Trace, "trace"), (TokenKind.TraceEnd, "trace_end"), (TokenKind.Nil, "nil"),
        (TokenKind.True, "true"), (TokenKind.False, "false"), (TokenKind.And, "and"), (TokenKind.Or, "or"), (TokenKind.Not, "not"),
    ];

    private static readonly (TokenKind Kind, string Text)[] Punctuation =
    [
        (TokenKind.OpenParen, "("), (TokenKind.CloseParen, ")"), (TokenKind.OpenBracket, "["), (TokenKind.CloseBracket, "]"),
        (TokenKind.OpenBrace, "{"), (TokenKind.CloseBrace, "}"), (TokenKind.Comma, ","), (TokenKind.Semicolon, ";"), (TokenKind.Colon, ":"),
        (TokenKind.Dot, "."), (TokenKind.Dot, "->"), (TokenKind.DotDot, ".."), (TokenKind.Question, "?"), (TokenKind.Assign, "="),
        (TokenKind.Equal, "=="), (TokenKind.NotEqual, "!="), (TokenKind.TildeEqual, "~="), (TokenKind.Tilde, "~"), (TokenKind.Bang, "!"),
        (TokenKind.Less, "<"), (TokenKind.LessEqual, "<="), (TokenKind.ShiftLeft, "<<"), (TokenKind.ShiftLeftAssign, "<<="), (TokenKind.Sample, "<<<"),
        (TokenKind.Greater, ">"), (TokenKind.GreaterEqual, ">="), (TokenKind.ShiftRight, ">>"), (TokenKind.ShiftRightAssign, ">>="),
        (TokenKind.Plus, "+"), (TokenKind.PlusAssign, "+="), (TokenKind.Increment, "++"), (TokenKind.Minus, "-"), (TokenKind.MinusAssign, "-="),
        (TokenKind.Decrement, "--"), (TokenKind.Star, "*"), (TokenKind.StarAssign, "*="), (TokenKind.Slash, "/"), (TokenKind.SlashAssign, "/="),
        (TokenKind.Percent, "%"), (TokenKind.PercentAssign, "%="), (TokenKind.Ampersand, "&"), (TokenKind.AmpersandAmpersand, "&&"),
        (TokenKind.AmpersandAssign, "&="), (TokenKind.Pipe, "|"), (TokenKind.PipePipe, "||"), (TokenKind.PipeAssign, "|="),
        (TokenKind.Caret, "^"), (TokenKind.CaretAssign, "^="),
    ];

    private static readonly Dictionary<string, TokenKind> KeywordKinds = Keywords.ToDictionary(k => k.Text, k => k.Kind);

    // By first byte, longest first: tokens are greedy.
    private static readonly (TokenKind Kind, byte[] Text)[][] PunctuationByFirst =
        [.. Sequence.Range(0, 128).Select(first => Punctuation.Where(p => p.Text[0] == first)
            .OrderByDescending(p => p.Text.Length).Select(p => (p.Kind, Encoding.ASCII.GetBytes(p.Text))).ToArray())];

    private static readonly string[] Texts = [.. Enum.GetValues<TokenKind>().Select(TextOf)];

    private static readonly BinaryOperator?[] BinaryByKind = ByKind(Operators.Binary, r => r.Spellings);

    private static readonly UnaryOperator?[] UnaryByKind = ByKind(Operators.Unary, r => r.Spellings);

    private static readonly BinaryOperator?[] UpdateByKind = ByKind(Operators.Binary, r => r.Spellings.Select(s => s + "="));

    /// <summary>The keyword that a word is, or <see cref="TokenKind.Name"/>.</summary>
    public static TokenKind KindOfWord(string word) => KeywordKinds.GetValueOrDefault(word, TokenKind.Name);

    /// <summary>The longest punctuation token at the start of the bytes, or false.</summary>
    public static bool TryPunctuation(ReadOnlySpan<byte> at, out TokenKind kind, out int length)
    {
        if (at[0] < 128)
            foreach (var (k, text) in PunctuationByFirst[at[0]])
                if (at.StartsWith(text))
                {
                    (kind, length) = (k, text.Length);
                    return true;
                }
        (kind, length) = (TokenKind.EndOfFile, 0);
        return false;
    }

    /// <summary>A kind as messages name it: <c>')'</c>, <c>a name</c>.</summary>
    public static string Describe(TokenKind kind) => kind switch
    {
        TokenKind.Name => "a name",
        TokenKind.Integer => "an integer",
        TokenKind.String => "a string",
        TokenKind.KernelSymbol => "a kernel symbol",
        _ => $"'{Texts[(int)kind]}'",
    };

    /// <summary>The binary operator that a token is, or null.</summary>
    public static BinaryOperator? Binary(TokenKind kind) => BinaryByKind[(int)kind];

    /// <summary>The unary operator that a token is, or null.</summary>
    public static UnaryOperator? Unary(TokenKind kind) => UnaryByKind[(int)kind];

    /// <summary>The operator of an updating assignment (<c>+=</c>), or null.</summary>
    public static BinaryOperator? Update(TokenKind kind) =>
        // '==', '<=', '>=', '!=', '~=' end in '=' too, but compare.
        UpdateByKind[(int)kind] is { } row && BinaryByKind[(int)kind] is null ? row : null;

    /// <summary>Whether a token is a word, so that it is a name after a dot.</summary>
    public static bool IsWord(TokenKind kind) => kind is TokenKind.Name or (>= TokenKind.Var and <= TokenKind.Not);

    /// <summary>Whether a token begins a statement and nothing else, so that reading can go on there after an error.</summary>
    public static bool BeginsStatement(TokenKind kind) => kind is TokenKind.Var or TokenKind.Local or TokenKind.If or TokenKind.While or TokenKind.Do or
        TokenKind.For or TokenKind.Repeat or TokenKind.Break or TokenKind.Continue or TokenKind.Return or TokenKind.Trace or TokenKind.TraceEnd;

    private static string TextOf(TokenKind kind) =>
        Keywords.Concat(Punctuation).Where(t => t.Kind == kind).Select(t => t.Text).FirstOrDefault("");

    private static TRow?[] ByKind<TRow>(TRow[] rows, Func<TRow, IEnumerable<string>> spellings) where TRow : class
    {
        var table = new TRow?[Enum.GetValues<TokenKind>().Length];
        foreach (var row in rows)
            foreach (var spelling in spellings(row))
                foreach (var (kind, text) in Keywords.Concat(Punctuation))
                    if (text == spelling) table[(int)kind] = row;
        return table;
    }
}
