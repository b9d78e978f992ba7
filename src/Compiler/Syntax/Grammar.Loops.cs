using System.Collections.Immutable;
using Ktap.Compiler.Diagnostics;
using static Ktap.Compiler.Syntax.Parser;

namespace Ktap.Compiler.Syntax;

/// <summary>The loops of language §5.</summary>
internal static class LoopGrammar
{
    private static readonly Parser<Statement> While = Token(TokenKind.While).Then(StatementGrammar.Condition)
        .Then(StatementGrammar.Body, (condition, body) => (condition, body))
        .Spanned(Statement (span, loop) => new WhileStatement(span, loop.condition, loop.body));

    private static readonly Parser<Statement> DoWhile = Token(TokenKind.Do).Then(StatementGrammar.Body)
        .Then(Token(TokenKind.While).Then(StatementGrammar.Condition), (body, condition) => (body, condition))
        .Spanned(Statement (span, loop) => new DoStatement(span, loop.body, loop.condition, Until: false));

    private static readonly Parser<Statement> Repeat = Token(TokenKind.Repeat).Then(StatementGrammar.Body)
        .Then(Token(TokenKind.Until).Then(StatementGrammar.Condition), (body, condition) => (body, condition))
        .Spanned(Statement (span, loop) => new DoStatement(span, loop.body, loop.condition, Until: true));

    // The three heads of 'for', without body and span: which one it is shows only after its first part.
    private static readonly Parser<Statement> Head = new((TokenStream s, out Statement head) =>
    {
        head = null!;
        if (s.Current.Kind is TokenKind.Var or TokenKind.Local) s.Advance();
        if (s.Current.Kind == TokenKind.Semicolon) return CHead(s, null, out head);
        if (s.Current.Kind == TokenKind.Name && s.Ahead is TokenKind.In or TokenKind.Comma or TokenKind.Assign) return NamedHead(s, out head);
        if (s.Current.Kind == TokenKind.Name && s.Ahead == TokenKind.Colon)
        {
            s.Advance();
            return s.Fail(Errors.Unexpected(s.Source, s.Here, s.Describe(s.Current), "'in'", "write for (k, v in pairs(t)) { … }"));
        }
        return StatementGrammar.Simple.TryParse(s, out var init) ? CHead(s, init, out head) : s.FailUnexpected();
    });

    private static readonly Parser<Statement> For = Token(TokenKind.For).Then(Head.Between(TokenKind.OpenParen, TokenKind.CloseParen))
        .Then(StatementGrammar.Body, (head, body) => (head, body))
        .Spanned((span, loop) => loop.head switch
        {
            RangeStatement range => range with { Span = span, Body = loop.body },
            ForInStatement each => each with { Span = span, Body = loop.body },
            _ => (Statement)((ForStatement)loop.head with { Span = span, Body = loop.body }),
        });

    /// <summary>Any loop.</summary>
    public static readonly Parser<Statement> Loop = OneOf(While, DoWhile, Repeat, For);

    private static readonly Block NoBody = new(default, []);

    // i = first, last · a, b = 1, 2; … · k, v in …
    private static bool NamedHead(TokenStream s, out Statement head)
    {
        head = null!;
        var first = s.Current;
        if (!ExpressionGrammar.Declared.SeparatedAtLeastOnce(TokenKind.Comma).TryParse(s, out var names)) return s.FailUnexpected();
        if (s.Current.Kind == TokenKind.In)
        {
            s.Advance();
            if (!ExpressionGrammar.Expression.TryParse(s, out var iterator)) return s.FailUnexpected();
            head = new ForInStatement(default, names, iterator, NoBody);
            return true;
        }
        if (!s.Take(TokenKind.Assign, out _) || !ExpressionGrammar.List.TryParse(s, out var values)) return s.FailUnexpected();
        if (s.Current.Kind == TokenKind.Semicolon) return CHead(s, new VarStatement(s.SpanFrom(first), names, values), out head);
        if (names.Length == 1 && values.Length is 2 or 3)
        {
            head = new RangeStatement(default, names[0], values[0], values[1], values.Length == 3 ? values[2] : null, NoBody);
            return true;
        }
        if (names.Length == 1 && values.Length == 1) s.Expect("','");
        s.Expect("';'");
        return s.FailUnexpected();
    }

    // ; condition ; step
    private static bool CHead(TokenStream s, Statement? init, out Statement head)
    {
        head = null!;
        if (!s.Take(TokenKind.Semicolon, out _)) return s.FailUnexpected();
        if (!ExpressionGrammar.Expression.Optional().TryParse(s, out var condition) || !s.Take(TokenKind.Semicolon, out _)) return s.FailUnexpected();
        if (!StatementGrammar.Simple.Optional().TryParse(s, out var step)) return s.FailUnexpected();
        head = new ForStatement(default, init, condition, step, NoBody);
        return true;
    }
}
