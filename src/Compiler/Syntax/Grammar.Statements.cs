using System.Collections.Immutable;
using System.Text;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Text;
using static Ktap.Compiler.Syntax.Parser;

namespace Ktap.Compiler.Syntax;

/// <summary>Statements and blocks: language §5. Loops are in <see cref="LoopGrammar"/>, probes and timers in <see cref="EventGrammar"/>.</summary>
internal static class StatementGrammar
{
    /// <summary>One statement.</summary>
    public static readonly Parser<Statement> Statement = Rec(() => Any!).Labelled("a statement");

    /// <summary>Statements in braces, with recovery: it fails only where its end is missing.</summary>
    public static readonly Parser<Block> Block = new Parser<ImmutableArray<Statement>>((TokenStream s, out ImmutableArray<Statement> all) =>
    {
        all = Statements(s, TokenKind.CloseBrace);
        return true;
    }).Between(TokenKind.OpenBrace, TokenKind.CloseBrace).Spanned((span, statements) => new Block(span, statements));

    /// <summary>The body of an <c>if</c> or a loop: a block or one statement.</summary>
    public static readonly Parser<Block> Body = Block.Or(Statement.Select(one => new Block(one.Span, [one])));

    /// <summary>A condition in its parentheses.</summary>
    public static readonly Parser<Expression> Condition = ExpressionGrammar.Expression.Between(TokenKind.OpenParen, TokenKind.CloseParen);

    /// <summary>Statements up to a closing token (not taken) or the end; after an error it goes on with the next statement.</summary>
    public static ImmutableArray<Statement> Statements(TokenStream s, TokenKind end)
    {
        var all = ImmutableArray.CreateBuilder<Statement>();
        while (s.Current.Kind != TokenKind.EndOfFile && s.Current.Kind != end && !(s.Current.Kind == TokenKind.CloseBrace && s.InBraces))
        {
            if (s.Current.Kind == TokenKind.Semicolon)
            {
                s.Advance();
                continue;
            }
            var mark = s.Mark();
            if (Statement.TryParse(s, out var statement)) all.Add(statement);
            else s.Recover(mark);
        }
        return all.ToImmutable();
    }

    private static readonly Parser<ImmutableArray<Expression>> Values = Token(TokenKind.Assign).Then(ExpressionGrammar.List);

    private static readonly Parser<Statement> Variable = new((TokenStream s, out Statement statement) =>
    {
        statement = null!;
        var first = s.Advance();
        if (s.Current.Kind == TokenKind.Function) return NamedFunction(s, first, isLocal: true, out statement);
        if (!ExpressionGrammar.Declared.SeparatedAtLeastOnce(TokenKind.Comma).TryParse(s, out var names)) return s.FailUnexpected();
        if (!Values.Optional().TryParse(s, out var values)) return false;
        statement = new VarStatement(s.SpanFrom(first), names, values.IsDefault ? [] : values);
        return true;
    });

    private static readonly Parser<Statement> Function = new((TokenStream s, out Statement statement) =>
        NamedFunction(s, s.Current, isLocal: false, out statement));

    private static readonly Parser<Statement> If = new((TokenStream s, out Statement statement) =>
    {
        statement = null!;
        var first = s.Current;
        var clauses = ImmutableArray.CreateBuilder<IfClause>();
        do
        {
            var start = s.Advance();
            if (start.Kind == TokenKind.Else) s.Advance();
            if (!Condition.TryParse(s, out var condition) || !Body.TryParse(s, out var body)) return s.FailUnexpected();
            clauses.Add(new IfClause(s.SpanFrom(start), condition, body));
            // C's habit: if (c) x = 1; else …
            if (s.Current.Kind == TokenKind.Semicolon && s.Ahead is TokenKind.Else or TokenKind.ElseIf) s.Advance();
        }
        while (s.Current.Kind == TokenKind.ElseIf || (s.Current.Kind == TokenKind.Else && s.Ahead == TokenKind.If));
        Block? otherwise = null;
        if (s.Current.Kind == TokenKind.Else)
        {
            s.Advance();
            if (!Body.TryParse(s, out otherwise)) return s.FailUnexpected();
        }
        statement = new IfStatement(s.SpanFrom(first), clauses.ToImmutable(), otherwise);
        return true;
    });

    private static readonly Parser<Statement> Return = new((TokenStream s, out Statement statement) =>
    {
        var first = s.Advance();
        ImmutableArray<Expression> values = [];
        statement = null!;
        if (!s.Current.LineStart && !Tokens.BeginsStatement(s.Current.Kind) && !ExpressionGrammar.List.Optional().TryParse(s, out values)) return false;
        statement = new ReturnStatement(s.SpanFrom(first), values.IsDefault ? [] : values);
        return true;
    });

    /// <summary>An assignment, an update, a sample or a call: what may also stand in the head of a <c>for</c>.</summary>
    public static readonly Parser<Statement> Simple = new((TokenStream s, out Statement statement) =>
    {
        statement = null!;
        var first = s.Current;
        if (!ExpressionGrammar.Postfix.TryParse(s, out var target)) return false;
        var token = s.Current;
        if (token.Kind is TokenKind.Assign or TokenKind.Comma) return Assignment(s, target, out statement);
        if (Tokens.Update(token.Kind) is { } update)
        {
            if (!Target(s, target)) return false;
            s.Advance();
            if (!ExpressionGrammar.Expression.TryParse(s, out var value)) return s.FailUnexpected();
            statement = new UpdateStatement(s.SpanFrom(first), target, update.Op, token.Span, value);
            return true;
        }
        if (token.Kind is TokenKind.Increment or TokenKind.Decrement && !token.LineStart)
        {
            if (!Target(s, target)) return false;
            s.Advance();
            var op = token.Kind == TokenKind.Increment ? BinaryOp.Add : BinaryOp.Subtract;
            statement = new UpdateStatement(s.SpanFrom(first), target, op, token.Span, new IntegerExpression(token.Span, 1));
            return true;
        }
        if (token.Kind == TokenKind.Sample)
        {
            if (!Target(s, target)) return false;
            s.Advance();
            if (!ExpressionGrammar.Expression.TryParse(s, out var value)) return s.FailUnexpected();
            statement = new SampleStatement(s.SpanFrom(first), target, value);
            return true;
        }
        if (target is CallExpression { OneResult: false } call)
        {
            statement = Compat.Statement(call, s);
            return true;
        }
        return NoEffect(s, first, target);
    });

    private static readonly Parser<Statement> Scope = Block.Select(Statement (block) => block);

    private static readonly Parser<Statement> Break = Token(TokenKind.Break).Select(Statement (t) => new BreakStatement(t.Span));

    private static readonly Parser<Statement> Continue = Token(TokenKind.Continue).Select(Statement (t) => new ContinueStatement(t.Span));

    private static readonly Parser<Statement> TimerOrSimple = Rec(() => EventGrammar.Timer).Or(Simple);

    private static readonly Parser<Statement> Any = new((TokenStream s, out Statement statement) => s.Current.Kind switch
    {
        TokenKind.Var or TokenKind.Local => Variable.TryParse(s, out statement),
        TokenKind.Function => Function.TryParse(s, out statement),
        TokenKind.If => If.TryParse(s, out statement),
        TokenKind.While or TokenKind.Do or TokenKind.Repeat or TokenKind.For => LoopGrammar.Loop.TryParse(s, out statement),
        TokenKind.Break => Break.TryParse(s, out statement),
        TokenKind.Continue => Continue.TryParse(s, out statement),
        TokenKind.Return => Return.TryParse(s, out statement),
        TokenKind.Trace or TokenKind.TraceEnd => EventGrammar.Probe.TryParse(s, out statement),
        TokenKind.OpenBrace => Scope.TryParse(s, out statement),
        TokenKind.Name when s.Current.Text is "tick" or "profile" => TimerOrSimple.TryParse(s, out statement),
        TokenKind.Name when s.Current.Text is "BEGIN" or "END" && s.Ahead == TokenKind.OpenBrace => ForeignProbe(s, s.Current, out statement),
        _ => Simple.TryParse(s, out statement),
    });

    private static bool NamedFunction(TokenStream s, Token first, bool isLocal, out Statement statement)
    {
        statement = null!;
        s.Advance();
        if (!s.Take(TokenKind.Name, out var token)) return s.FailUnexpected();
        s.Names.Declare(token.Text);
        Expression target = new NameExpression(token.Span, token.Text);
        var name = token.Text;
        while (!isLocal && s.Current.Kind == TokenKind.Dot)
        {
            s.Advance();
            if (!ExpressionGrammar.Word.TryParse(s, out var word)) return s.FailUnexpected();
            target = new MemberExpression(s.SpanFrom(token), target, word);
            name += "." + word.Text;
        }
        if (!ExpressionGrammar.FunctionBody(name).TryParse(s, out var function)) return s.FailUnexpected();
        var span = s.SpanFrom(first);
        statement = new FunctionStatement(span, isLocal, target, function with { Span = span });
        return true;
    }

    private static bool Assignment(TokenStream s, Expression first, out Statement statement)
    {
        statement = null!;
        var targets = ImmutableArray.CreateBuilder<Expression>();
        if (!Target(s, first)) return false;
        targets.Add(first);
        while (s.Current.Kind == TokenKind.Comma)
        {
            s.Advance();
            if (!ExpressionGrammar.Postfix.TryParse(s, out var target)) return s.FailUnexpected();
            if (!Target(s, target)) return false;
            targets.Add(target);
        }
        if (!Values.TryParse(s, out var values)) return s.FailUnexpected();
        statement = new AssignStatement(s.SpanFrom(first.Span), targets.ToImmutable(), values);
        return true;
    }

    /// <summary>Checks what is assigned to, and notes its name as the script's own.</summary>
    private static bool Target(TokenStream s, Expression target)
    {
        if (target is not (NameExpression or IndexExpression or MemberExpression))
            return s.Fail(Errors.NotAssignable(s.Source, target.Span));
        while (target is IndexExpression or MemberExpression)
            target = target is IndexExpression index ? index.Target : ((MemberExpression)target).Target;
        if (target is NameExpression name) s.Names.Declare(name.Name);
        return true;
    }

    private static bool NoEffect(TokenStream s, Token first, Expression alone)
    {
        var token = s.Current;
        if (token.Kind == TokenKind.Colon && alone is NameExpression && first.Kind == TokenKind.Name) return ForeignProbe(s, first, out _);
        if (Tokens.Binary(token.Kind) is null && !token.LineStart && token.Kind is not (TokenKind.EndOfFile or TokenKind.Semicolon or TokenKind.CloseBrace))
        {
            s.Expect("'='");
            return s.FailUnexpected();
        }
        var hint = token.Kind is TokenKind.Equal ? "to assign, write '='"
            : SyntaxHints.EndsInCast(s.Source.Bytes[..alone.Span.Start]) ? SyntaxHints.Cast : SyntaxHints.For(s);
        return s.Fail(Errors.NoEffect(s.Source, alone.Span, hint ?? (alone is NameExpression n ? $"to call it, write {n.Name}()" : null)));
    }

    private static bool ForeignProbe(TokenStream s, Token head, out Statement statement)
    {
        statement = null!;
        var text = s.Source.Bytes[head.Span.Start..];
        var end = text.IndexOfAny(" \t\r\n{,;"u8);
        return s.Fail(Errors.ForeignProbe(s.Source, head.Span, head.Text, Encoding.UTF8.GetString(end < 0 ? text : text[..end])));
    }
}
