using System.Collections.Immutable;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Text;
using static Ktap.Compiler.Syntax.Parser;

namespace Ktap.Compiler.Syntax;

/// <summary>Probes and timers: the grammar of language §7.</summary>
internal static class EventGrammar
{
    /// <summary><c>trace</c> and <c>trace_end</c>.</summary>
    public static readonly Parser<Statement> Probe = new((TokenStream s, out Statement statement) =>
    {
        statement = null!;
        var first = s.Advance();
        if (first.Kind == TokenKind.TraceEnd)
        {
            if (!Handler(s, "'trace_end'", out var end)) return false;
            statement = new TraceEndStatement(s.SpanFrom(first), end);
            return true;
        }
        if (!Events(s, out var events, out var filter)) return false;
        if (s.Current.Kind == TokenKind.Slash)
        {
            var slash = s.Current;
            if (!Filter(s, out var outer)) return false;
            if (filter is not null) return s.Fail(Errors.TwoFilters(s.Source, slash.Span));
            filter = outer;
        }
        if (!Handler(s, "these events", out var handler)) return false;
        statement = new TraceStatement(s.SpanFrom(first), events, filter, handler);
        return true;
    });

    /// <summary><c>tick-5s</c> and <c>profile-97hz</c>; where no interval follows the word, it is an ordinary name and nothing is taken.</summary>
    public static readonly Parser<Statement> Timer = new((TokenStream s, out Statement statement) =>
    {
        statement = null!;
        var first = s.Current;
        if (s.Raw(lexer => lexer.Interval(first)) is not { } interval) return false;
        Expression? filter = null;
        if (first.Text == "profile" && s.Current.Kind == TokenKind.Slash && !Filter(s, out filter)) return false;
        if (!Handler(s, $"'{first.Text}'", out var handler)) return false;
        var span = s.SpanFrom(first);
        statement = first.Text == "tick" ? new TickStatement(span, interval, handler) : new ProfileStatement(span, interval, filter, handler);
        return true;
    });

    /// <summary>The specs of a string and its filter. The string is a passage of its own; what it says wrong is reported there.</summary>
    public static EventList SpecsOf(TokenStream inner)
    {
        var specs = ImmutableArray.CreateBuilder<LiteralEventSpec>();
        do
        {
            if (specs.Count > 0) inner.Advance();
            if (inner.Raw(lexer => lexer.EventText(inString: true)) is not { } spec)
            {
                inner.Fail(Errors.MissingEvent(inner.Source, inner.Current.Span));
                return new EventList(specs.ToImmutable(), null);
            }
            specs.Add(Compat.Event(spec));
        }
        while (inner.Current.Kind == TokenKind.Comma);
        Expression? filter = null;
        if (inner.Current.Kind == TokenKind.Slash) Filter(inner, out filter);
        if (inner.Current.Kind != TokenKind.EndOfFile) inner.FailUnexpected();
        return new EventList(specs.ToImmutable(), filter);
    }

    /// <summary>What an expression in the place of a spec means: the specs in it where it is a literal, else one for the main stage to compute.</summary>
    public static ImmutableArray<EventSpec> SpecsOf(TokenStream s, Expression value, out Expression? filter)
    {
        filter = null;
        if (value is not StringExpression literal) return [new ComputedEventSpec(value.Span, value)];
        var list = SpecsOf(new TokenStream(Inside(s, literal), s.Names));
        filter = list.Filter;
        return [.. list.Specs];
    }

    private static bool Events(TokenStream s, out ImmutableArray<EventSpec> events, out Expression? filter)
    {
        var all = ImmutableArray.CreateBuilder<EventSpec>();
        (events, filter) = ([], null);
        do
        {
            if (all.Count > 0) s.Advance();
            if (s.Raw(lexer => lexer.AtComputedEvent()))
            {
                if (!Computed(s, out var value)) return false;
                all.AddRange(SpecsOf(s, value, out var inner));
                if (inner is not null && filter is not null) return s.Fail(Errors.TwoFilters(s.Source, value.Span));
                filter ??= inner;
            }
            else if (s.Raw(lexer => lexer.EventText(inString: false)) is { } spec) all.Add(Compat.Event(spec));
            else return s.Fail(Errors.MissingEvent(s.Source, s.Current.Span));
        }
        while (s.Current.Kind == TokenKind.Comma);
        events = all.ToImmutable();
        return true;
    }

    private static bool Computed(TokenStream s, out Expression value)
    {
        var outside = s.Surroundings;
        s.Surroundings = new Surroundings(Event: true);
        var parsed = ExpressionGrammar.Expression.TryParse(s, out value);
        s.Surroundings = outside;
        return parsed || s.FailUnexpected();
    }

    private static bool Filter(TokenStream s, out Expression? filter)
    {
        var outside = s.Enter(s.Advance(), new Surroundings(Filter: true, InFilter: true));
        var parsed = ExpressionGrammar.Expression.TryParse(s, out filter);
        return parsed ? s.Leave(TokenKind.Slash, outside) : s.FailUnexpected();
    }

    // A block is a function without parameters; older forms name or write a function with the event as its parameter.
    private static bool Handler(TokenStream s, string of, out Expression handler)
    {
        handler = null!;
        var token = s.Current;
        switch (token.Kind)
        {
            case TokenKind.OpenBrace:
                if (!StatementGrammar.Block.TryParse(s, out var block)) return s.FailUnexpected();
                handler = new FunctionExpression(block.Span, null, [], block);
                return true;
            case TokenKind.Less:
                var outside = s.Enter(s.Advance(), new Surroundings(Angle: true));
                var statements = StatementGrammar.Statements(s, TokenKind.Greater);
                if (!s.Leave(TokenKind.Greater, outside)) return false;
                var span = s.SpanFrom(token);
                handler = new FunctionExpression(span, null, [], new Block(span, statements));
                return true;
            case TokenKind.Function:
            case TokenKind.Name or TokenKind.OpenParen when !token.LineStart:
                return ExpressionGrammar.Postfix.TryParse(s, out handler) || s.FailUnexpected();
            default:
                var hint = of == "'tick'" && token.Kind == TokenKind.Slash ? "a tick runs in user space, where nothing is filtered: write if (…) inside" : SyntaxHints.For(s);
                return s.Fail(Errors.MissingHandler(s.Source, s.Here, of, s.Describe(token), hint));
        }
    }

    // The inside of a literal: its places are exact where it has no escapes.
    private static Passage Inside(TokenStream s, StringExpression literal)
    {
        var bytes = literal.Value.AsSpan().ToArray();
        var start = literal.Span.Start + (s.Source.Bytes[literal.Span.Start] == '[' ? 2 : 1);
        var exact = s.Source.Bytes[start..].StartsWith(bytes);
        return new Passage(s.Source, bytes, start, exact ? null : literal.Span, "end of the event", s.Passage.Diagnostics);
    }
}
