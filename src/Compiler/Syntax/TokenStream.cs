using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Syntax;

/// <summary>What surrounds an expression and takes operators away from it (or gives it one): inside a new pair of brackets nothing does.</summary>
/// <param name="Angle">Directly inside a <c>&lt; &gt;</c> block: <c>&gt;</c> closes it.</param>
/// <param name="Filter">Directly inside a filter: <c>/</c> closes it.</param>
/// <param name="InFilter">Anywhere inside a filter, in brackets too: <c>~</c> matches globs, and glob words are words.</param>
/// <param name="Event">In a computed event: <c>&lt; &gt; /</c>, <c>f{}</c> and <c>f""</c> are not part of it.</param>
internal readonly record struct Surroundings(bool Angle = false, bool Filter = false, bool InFilter = false, bool Event = false);

/// <summary>Where reading stood before a statement, to come back to after an error.</summary>
internal readonly record struct Mark(int Consumed, int Open, Surroundings Surroundings);

/// <summary>
/// The state of one parse: the current token, the brackets that are open, what was expected here, and whether a failure has been
/// reported. There is no way back to an earlier token: rules decide by the current one, so that parsing is linear.
/// </summary>
internal sealed class TokenStream(Passage passage, OldNames names)
{
    /// <summary>How many rules may be inside each other; each level takes some 5 KB of stack, here and in the stages that walk the tree.</summary>
    public const int MostLevels = 200;

    private readonly Lexer _lexer = new(passage);
    private readonly List<Token> _open = [];
    private readonly List<string> _expected = [];
    private Token _current;
    private Token _next;
    private int _loaded;
    private int _level;
    private int _angleClosedAt = -1;

    public Passage Passage => passage;

    public SourceText Source => passage.Source;

    /// <summary>The token that was taken last.</summary>
    public Token Previous { get; private set; }

    /// <summary>How many tokens were taken; a rule that fails without changing it may be followed by an alternative.</summary>
    public int Consumed { get; private set; }

    public Surroundings Surroundings { get; set; }

    /// <summary>Whether the failure on its way up has a diagnostic already.</summary>
    public bool Reported { get; private set; }

    /// <summary>The script's names, as far as the old spellings need them.</summary>
    public OldNames Names => names;

    public Token Current
    {
        get
        {
            if (_loaded == 0)
            {
                _current = _lexer.Next();
                _loaded = 1;
            }
            return passage.Stopped && _current.Kind != TokenKind.EndOfFile ? _current with { Kind = TokenKind.EndOfFile } : _current;
        }
    }

    /// <summary>The token after the current one.</summary>
    public TokenKind Ahead
    {
        get
        {
            _ = Current;
            if (_loaded == 1)
            {
                _next = _lexer.Next();
                _loaded = 2;
            }
            return passage.Stopped ? TokenKind.EndOfFile : _next.Kind;
        }
    }

    /// <summary>Takes the current token.</summary>
    public Token Advance()
    {
        Previous = Current;
        if (_loaded == 2) _current = _next;
        _loaded--;
        Consumed++;
        _expected.Clear();
        return Previous;
    }

    /// <summary>Takes the current token if it is of this kind; else notes that one was expected.</summary>
    public bool Take(TokenKind kind, out Token token)
    {
        token = Current;
        if (token.Kind == kind)
        {
            Advance();
            return true;
        }
        Expect(Tokens.Describe(kind));
        return false;
    }

    /// <summary>Reads text that is not made of tokens, right after the last token that was taken (the current one is lexed again afterwards).</summary>
    public T Raw<T>(Func<Lexer, T> read)
    {
        if (_loaded > 0) _lexer.Position = _current.Start;
        _loaded = 0;
        var start = _lexer.Position;
        var result = read(_lexer);
        if (_lexer.Position > start)
        {
            Consumed++;
            _expected.Clear();
            Previous = new Token(TokenKind.Name, start, _lexer.Position, passage.Map(start, _lexer.Position), false);
        }
        return result;
    }

    /// <summary>The place from a token to the last one taken.</summary>
    public TextSpan SpanFrom(Token first) => SpanFrom(first.Span);

    /// <summary>The place from a span to the last token taken.</summary>
    public TextSpan SpanFrom(TextSpan first) => Previous.Span.End >= first.Start ? first.To(Previous.Span) : first;

    // Expectations: what could have stood at the current token.

    public int Expectations => _expected.Count;

    public void Expect(string what)
    {
        if (!_expected.Contains(what)) _expected.Add(what);
    }

    /// <summary>Replaces what was expected since a count by one name for all of it.</summary>
    public void ExpectInstead(int since, string what)
    {
        if (since < _expected.Count) _expected.RemoveRange(since, _expected.Count - since);
        Expect(what);
    }

    // Failures.

    /// <summary>Reports and fails: always false.</summary>
    public bool Fail(Diagnostic error)
    {
        passage.Report(error);
        Reported = true;
        return false;
    }

    /// <summary>The failure at the current token, unless it has been reported: always false.</summary>
    public bool FailUnexpected()
    {
        if (Reported) return false;
        var expected = _expected.Count is 0 or > 4 ? "" : string.Join(" or ", _expected);
        return Fail(Errors.Unexpected(Source, Here, Describe(Current), expected, SyntaxHints.For(this)));
    }

    /// <summary>The place of the current token; at the end, the place right after the last one, where something is missing.</summary>
    public TextSpan Here => Current.Kind == TokenKind.EndOfFile && Consumed > 0 ? passage.Map(Previous.End, Previous.End) : Current.Span;

    /// <summary>A token as messages name it.</summary>
    public string Describe(Token token) => token.Kind switch
    {
        TokenKind.EndOfFile => passage.EndName,
        TokenKind.Name => $"'{token.Text}'",
        TokenKind.Integer => $"'{token.Number}'",
        _ => Tokens.Describe(token.Kind),
    };

    // Brackets.

    /// <summary>Goes into brackets, opened by a token that was taken; gives the surroundings to come back to.</summary>
    public Surroundings Enter(Token open, Surroundings inside)
    {
        var outside = Surroundings;
        _open.Add(open);
        Surroundings = inside;
        return outside;
    }

    /// <summary>Takes the closing bracket and comes back; reports and fails where another token stands.</summary>
    public bool Leave(TokenKind close, Surroundings outside)
    {
        var open = _open[^1];
        _open.RemoveAt(_open.Count - 1);
        if (Current.Kind == close)
        {
            Advance();
            Surroundings = outside;
            if (close == TokenKind.Greater) _angleClosedAt = Source.PositionOf(Previous.Span.Start).Line;
            return true;
        }
        if (Reported) return false;
        return Fail(Errors.NotClosed(Source, Here, TextOf(close), TextOf(open.Kind), open.Span, SyntaxHints.For(this)));
    }

    private static string TextOf(TokenKind kind) => Tokens.Describe(kind).Trim('\'');

    /// <summary>Whether any of the open brackets is a brace.</summary>
    public bool InBraces => _open.Exists(t => t.Kind == TokenKind.OpenBrace);

    /// <summary>Whether a <c>&lt; &gt;</c> block was closed on the line of the current token.</summary>
    public bool AngleClosedOnThisLine => _angleClosedAt >= 0 && Source.PositionOf(Current.Span.Start).Line == _angleClosedAt;

    /// <summary>Runs a rule one level deeper; past the limit reports that and stops parsing.</summary>
    public bool Deeper<T>(Parser<T> rule, out T value)
    {
        value = default!;
        if (_level >= MostLevels)
        {
            passage.Abort(Errors.NestedTooDeeply(Source, Current.Span, MostLevels));
            Reported = true;
            return false;
        }
        _level++;
        var parsed = rule.TryParse(this, out value);
        _level--;
        return parsed;
    }

    // Going on after an error.

    /// <summary>Begins a statement: what could have gone on with the last one is forgotten.</summary>
    public Mark Mark()
    {
        _expected.Clear();
        return new(Consumed, _open.Count, Surroundings);
    }

    /// <summary>
    /// Reports the failure if nobody did, and skips to where the next statement can begin: after a <c>;</c>, at a line that begins like a
    /// statement, or at the end of the block. Brackets that were opened since the mark are skipped with what they hold.
    /// </summary>
    public void Recover(Mark mark)
    {
        FailUnexpected();
        Reported = false;
        if (Consumed == mark.Consumed) Advance();
        // Nothing is skipped up to a '/' or '>': they are operators too.
        for (var i = _open.Count - 1; i >= mark.Open; i--)
            if (_open[i].Kind is TokenKind.Slash or TokenKind.Less) _open.RemoveAt(i);
        while (Current.Kind != TokenKind.EndOfFile)
        {
            var token = Current;
            var depth = _open.Count - mark.Open;
            if (token.LineStart && (Tokens.BeginsStatement(token.Kind) || (depth == 0 && token.Kind is TokenKind.Name or TokenKind.Function or TokenKind.OpenParen))) break;
            if (depth == 0 && (token.Kind is TokenKind.Semicolon or TokenKind.CloseBrace || (token.Kind == TokenKind.Greater && mark.Surroundings.Angle))) break;
            if (token.Kind is TokenKind.OpenParen or TokenKind.OpenBracket or TokenKind.OpenBrace) _open.Add(token);
            else if (token.Kind is TokenKind.CloseParen or TokenKind.CloseBracket or TokenKind.CloseBrace && depth > 0)
            {
                // Looked for so far back only, so that skipping stays linear.
                var match = _open.FindLastIndex(_open.Count - 1, Math.Min(depth, MostLevels), t => Closes(token.Kind, t.Kind));
                if (match >= mark.Open) _open.RemoveRange(match, _open.Count - match);
                else if (token.Kind == TokenKind.CloseBrace) break;
            }
            Advance();
        }
        if (_open.Count > mark.Open) _open.RemoveRange(mark.Open, _open.Count - mark.Open);
        Surroundings = mark.Surroundings;
    }

    private static bool Closes(TokenKind close, TokenKind open) => (close, open) is
        (TokenKind.CloseParen, TokenKind.OpenParen) or (TokenKind.CloseBracket, TokenKind.OpenBracket) or (TokenKind.CloseBrace, TokenKind.OpenBrace);
}

/// <summary>
/// Whether an old name may be rewritten: only where the script gives it no meaning of its own, which shows only at its end. So a parse
/// notes both, and is done again with the names that it rewrote wrongly <paramref name="kept"/>.
/// </summary>
internal sealed class OldNames(IReadOnlySet<string> kept)
{
    private readonly HashSet<string> _declared = [];
    private readonly HashSet<string> _rewritten = [];

    /// <summary>Names that were rewritten although the script gives them a meaning of its own.</summary>
    public IReadOnlyList<string> WronglyRewritten => [.. _rewritten.Where(_declared.Contains)];

    /// <summary>Notes that the script gives a name a meaning of its own.</summary>
    public void Declare(string name) => _declared.Add(name);

    /// <summary>Whether old names may be rewritten; notes that they are.</summary>
    public bool MayRewrite(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            if (kept.Contains(name)) return false;
        foreach (var name in names) _rewritten.Add(name);
        return true;
    }
}
