using System.Collections.Immutable;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Syntax;

/// <summary>Reads something from the tokens. False without having taken a token: an alternative may be tried. False after that: an error.</summary>
internal delegate bool Rule<T>(TokenStream tokens, out T value);

/// <summary>
/// A rule of the grammar and the ways to make a larger one of it, in Pidgin's words. Choices look at one token; where a rule needs more
/// (what stands on a line, raw event text), it is written by hand as a <see cref="Rule{T}"/>.
/// </summary>
internal sealed class Parser<T>(Rule<T> rule)
{
    /// <summary>Reads a value, or fails.</summary>
    public bool TryParse(TokenStream tokens, out T value) => rule(tokens, out value);

    /// <summary>What is made of the value.</summary>
    public Parser<R> Select<R>(Func<T, R> make) => new((TokenStream s, out R value) =>
    {
        var parsed = rule(s, out var own);
        value = parsed ? make(own) : default!;
        return parsed;
    });

    /// <summary>What is made of the value and the place from its first token to its last.</summary>
    public Parser<R> Spanned<R>(Func<TextSpan, T, R> make) => new((TokenStream s, out R value) =>
    {
        var first = s.Current;
        var parsed = rule(s, out var own);
        value = parsed ? make(s.SpanFrom(first), own) : default!;
        return parsed;
    });

    /// <summary>This, then another; both values.</summary>
    public Parser<R> Then<U, R>(Parser<U> next, Func<T, U, R> make) => new((TokenStream s, out R value) =>
    {
        value = default!;
        if (!rule(s, out var own)) return false;
        if (!next.TryParse(s, out var other)) return s.FailUnexpected();
        value = make(own, other);
        return true;
    });

    /// <summary>This, then another; the other's value.</summary>
    public Parser<U> Then<U>(Parser<U> next) => Then(next, (_, other) => other);

    /// <summary>This, then another; this one's value.</summary>
    public Parser<T> Before<U>(Parser<U> next) => Then(next, (own, _) => own);

    /// <summary>This, or the other where this one can't begin.</summary>
    public Parser<T> Or(Parser<T> other) => new((TokenStream s, out T value) =>
    {
        var at = s.Consumed;
        return rule(s, out value) || (s.Consumed == at && !s.Reported && other.TryParse(s, out value));
    });

    /// <summary>This, or null where it can't begin.</summary>
    public Parser<T?> Optional() => Select(v => (T?)v).Or(new Parser<T?>((TokenStream _, out T? value) =>
    {
        value = default;
        return true;
    }));

    /// <summary>This, as often as it begins.</summary>
    public Parser<ImmutableArray<T>> Many() => new((TokenStream s, out ImmutableArray<T> values) =>
    {
        var all = ImmutableArray.CreateBuilder<T>();
        while (true)
        {
            var at = s.Consumed;
            if (rule(s, out var value)) all.Add(value);
            else
            {
                values = all.ToImmutable();
                return s.Consumed == at && !s.Reported;
            }
        }
    });

    /// <summary>This at least once, with a separator between.</summary>
    public Parser<ImmutableArray<T>> SeparatedAtLeastOnce(TokenKind separator) =>
        Then(Parser.Token(separator).Then(this).Many(), (first, rest) => rest.Insert(0, first));

    /// <summary>This any number of times, with a separator between.</summary>
    public Parser<ImmutableArray<T>> Separated(TokenKind separator) =>
        SeparatedAtLeastOnce(separator).Or(new Parser<ImmutableArray<T>>((TokenStream _, out ImmutableArray<T> none) =>
        {
            none = [];
            return true;
        }));

    /// <summary>This between brackets: what surrounds them does not reach inside; a missing closing one is reported with the place of its opening one.</summary>
    public Parser<T> Between(TokenKind open, TokenKind close) => new((TokenStream s, out T value) =>
    {
        value = default!;
        if (!s.Take(open, out var token)) return false;
        var outside = s.Enter(token, new Surroundings(InFilter: s.Surroundings.InFilter));
        if (!rule(s, out value)) return s.FailUnexpected();
        return s.Leave(close, outside);
    });

    /// <summary>This, under a name for messages: said instead of everything that it could begin with.</summary>
    public Parser<T> Labelled(string label) => new((TokenStream s, out T value) =>
    {
        var (at, since) = (s.Consumed, s.Expectations);
        if (rule(s, out value)) return true;
        if (s.Consumed == at) s.ExpectInstead(since, label);
        return false;
    });
}

// The rules to begin with.
public static partial class Parser
{
    /// <summary>One token of a kind.</summary>
    internal static Parser<Token> Token(TokenKind kind) => new((TokenStream s, out Token token) => s.Take(kind, out token));

    /// <summary>One of several rules, chosen by order; each must begin with other tokens.</summary>
    internal static Parser<T> OneOf<T>(params Parser<T>[] rules) => rules.Aggregate((all, next) => all.Or(next));

    /// <summary>
    /// A rule that may contain itself: looked up when it is used. All recursion goes through here, so this is where its depth is counted.
    /// </summary>
    internal static Parser<T> Rec<T>(Func<Parser<T>> rule) => new((TokenStream s, out T value) => s.Deeper(rule(), out value));

    /// <summary>
    /// Terms joined by infix operators, by precedence climbing over the operators' rows; all associate to the left.
    /// <paramref name="infix"/> tells whether the current token is an operator here.
    /// </summary>
    internal static Parser<T> OperatorTable<T>(Parser<T> term, Func<TokenStream, BinaryOperator?> infix, Func<Token, BinaryOperator, T, T, T> combine)
    {
        return new((TokenStream s, out T value) => Climb(s, 0, out value));

        bool Climb(TokenStream s, int loosest, out T left)
        {
            if (!term.TryParse(s, out left)) return false;
            while (infix(s) is { } row && row.Precedence >= loosest)
            {
                var token = s.Advance();
                if (!Climb(s, row.Precedence + 1, out var right)) return s.FailUnexpected();
                left = combine(token, row, left, right);
            }
            return true;
        }
    }
}
