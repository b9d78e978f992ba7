using System.Collections.Immutable;
using Ktap.Compiler.Text;
using static Ktap.Compiler.Syntax.Parser;

namespace Ktap.Compiler.Syntax;

/// <summary>Expressions: language §2 to §4.</summary>
internal static class ExpressionGrammar
{
    /// <summary>Any expression.</summary>
    public static readonly Parser<Expression> Expression = Rec(() => Conditional!);

    /// <summary>One or more expressions with commas between.</summary>
    public static readonly Parser<ImmutableArray<Expression>> List = Expression.SeparatedAtLeastOnce(TokenKind.Comma);

    /// <summary>A name that is introduced here.</summary>
    public static readonly Parser<Identifier> Declared = new((TokenStream s, out Identifier name) =>
    {
        name = null!;
        if (!s.Take(TokenKind.Name, out var token)) return false;
        s.Names.Declare(token.Text);
        name = new Identifier(token.Span, token.Text);
        return true;
    });

    /// <summary>What follows a dot: any word is a name there.</summary>
    public static readonly Parser<Identifier> Word = new((TokenStream s, out Identifier name) =>
    {
        name = null!;
        if (!Tokens.IsWord(s.Current.Kind)) return s.Take(TokenKind.Name, out _);
        var token = s.Advance();
        name = new Identifier(token.Span, token.Text);
        return true;
    });

    /// <summary>The parameters and the body of a function that is called so.</summary>
    public static Parser<FunctionExpression> FunctionBody(string? name) =>
        Declared.Separated(TokenKind.Comma).Between(TokenKind.OpenParen, TokenKind.CloseParen)
            .Then(StatementGrammar.Block, (parameters, body) => (parameters, body))
            .Spanned((span, f) => new FunctionExpression(span, name, f.parameters, f.body));

    private static readonly Parser<Expression> Literal = OneOf(
        Token(TokenKind.Integer).Select(Expression (t) => new IntegerExpression(t.Span, t.Number)),
        Token(TokenKind.String).Select(Expression (t) => new StringExpression(t.Span, ImmutableArray.Create(t.Bytes))),
        Token(TokenKind.Nil).Select(Expression (t) => new NilExpression(t.Span)),
        Token(TokenKind.True).Select(Expression (t) => new BoolExpression(t.Span, true)),
        Token(TokenKind.False).Select(Expression (t) => new BoolExpression(t.Span, false)),
        Token(TokenKind.KernelSymbol).Select(Expression (t) => new KernelSymbolExpression(t.Span, t.Text)));

    private static readonly Parser<TableField> Field = new((TokenStream s, out TableField field) =>
    {
        field = null!;
        var first = s.Current;
        Expression? key = null;
        if (first.Kind == TokenKind.Name && s.Ahead == TokenKind.Assign)
        {
            key = new StringExpression(s.Advance().Span, first.Text);
        }
        else if (first.Kind == TokenKind.OpenBracket)
        {
            if (!BracketedKey!.TryParse(s, out key)) return false;
            if (s.Current.Kind != TokenKind.Assign) return s.Take(TokenKind.Assign, out _) || s.FailUnexpected();
        }
        if (key is not null) s.Advance();
        if (!Expression.TryParse(s, out var value)) return key is not null && s.FailUnexpected();
        field = new TableField(s.SpanFrom(first), key, value);
        return true;
    });

    private static readonly Parser<Expression> BracketedKey = Expression.Between(TokenKind.OpenBracket, TokenKind.CloseBracket);

    private static readonly Parser<ImmutableArray<TableField>> Fields = new((TokenStream s, out ImmutableArray<TableField> fields) =>
    {
        var all = ImmutableArray.CreateBuilder<TableField>();
        fields = [];
        while (s.Current.Kind != TokenKind.CloseBrace)
        {
            if (!Field.TryParse(s, out var field)) return s.FailUnexpected();
            all.Add(field);
            if (s.Current.Kind is not (TokenKind.Comma or TokenKind.Semicolon)) break;
            s.Advance();
        }
        fields = all.ToImmutable();
        return true;
    });

    private static readonly Parser<Expression> Table = Fields.Between(TokenKind.OpenBrace, TokenKind.CloseBrace)
        .Spanned(Expression (span, fields) => new TableExpression(span, fields));

    private static readonly Parser<Expression> Function = Token(TokenKind.Function)
        .Then(Rec(() => FunctionBody(null))).Spanned(Expression (span, f) => f with { Span = span });

    // (f()) is f's first result only, as in Lua; other parentheses leave no trace.
    private static readonly Parser<Expression> Parenthesised = Expression.Between(TokenKind.OpenParen, TokenKind.CloseParen)
        .Select(e => e is CallExpression call ? call with { OneResult = true } : e);

    private static readonly Parser<Expression> Name = Token(TokenKind.Name).Spanned(Expression (span, t) => new NameExpression(span, t.Text));

    private static readonly Parser<Expression> Primary = OneOf(Name, Literal, Parenthesised, Table, Function).Labelled("an expression");

    private static readonly Parser<ImmutableArray<Expression>> Arguments =
        Expression.Separated(TokenKind.Comma).Between(TokenKind.OpenParen, TokenKind.CloseParen);

    private static readonly Parser<ImmutableArray<Expression>> Keys = List.Between(TokenKind.OpenBracket, TokenKind.CloseBracket);

    private static readonly Parser<ImmutableArray<Expression>> BareArgument = Literal.Or(Table).Select(e => ImmutableArray.Create(e));

    /// <summary>A primary expression with the calls, indexes and members that follow it.</summary>
    public static readonly Parser<Expression> Postfix = new((TokenStream s, out Expression value) =>
    {
        var callable = s.Current.Kind is TokenKind.Name or TokenKind.OpenParen;
        var first = s.Current;
        if (!Primary.TryParse(s, out value)) return false;
        while (callable)
        {
            var next = s.Current;
            // What could as well begin a statement belongs to this one on the same line only.
            var step = next.Kind switch
            {
                TokenKind.Dot => Member(s, first, ref value),
                _ when next.LineStart => null,
                TokenKind.OpenBracket => Index(s, first, ref value),
                TokenKind.OpenParen => Call(s, Arguments, first, ref value),
                TokenKind.String or TokenKind.OpenBrace when !s.Surroundings.Event => Call(s, BareArgument, first, ref value),
                _ => null,
            };
            if (step is { } parsed)
            {
                if (!parsed) return s.FailUnexpected();
            }
            else break;
        }
        return true;
    });

    private static readonly Parser<Expression> Unary = new((TokenStream s, out Expression value) =>
    {
        value = null!;
        var first = s.Current;
        if (s.Surroundings.InFilter && s.Previous.Kind is TokenKind.Equal or TokenKind.NotEqual or TokenKind.TildeEqual or TokenKind.Tilde &&
            s.Raw(lexer => lexer.GlobWord(first.Start)) is { } glob)
        {
            value = glob;
            return true;
        }
        if (Tokens.Unary(s.Current.Kind) is not { } row) return Postfix.TryParse(s, out value);
        s.Advance();
        if (!Operand!.TryParse(s, out var operand)) return s.FailUnexpected();
        value = new UnaryExpression(s.SpanFrom(first), row.Op, operand);
        return true;
    });

    private static readonly Parser<Expression> Operand = Rec(() => Unary);

    private static readonly Parser<Expression> Binary = OperatorTable(Unary, Infix,
        (token, row, left, right) => new BinaryExpression(left.Span.To(right.Span), row.Op, token.Span, left, right));

    private static readonly Parser<Expression> Conditional = new((TokenStream s, out Expression value) =>
    {
        if (!Binary.TryParse(s, out value)) return false;
        if (s.Current.Kind != TokenKind.Question) return true;
        s.Advance();
        if (!Expression.TryParse(s, out var then) || !s.Take(TokenKind.Colon, out _) || !Expression.TryParse(s, out var otherwise))
            return s.FailUnexpected();
        value = new ConditionalExpression(value.Span.To(otherwise.Span), value, then, otherwise);
        return true;
    });

    private static BinaryOperator? Infix(TokenStream s)
    {
        var (row, around) = (Tokens.Binary(s.Current.Kind), s.Surroundings);
        return row?.Op switch
        {
            BinaryOp.FilterGlob when !around.InFilter => null,
            BinaryOp.Greater when around.Angle || around.Event => null,
            BinaryOp.Less when around.Event => null,
            BinaryOp.Divide when around.Filter || around.Event => null,
            _ => row,
        };
    }

    private static bool? Member(TokenStream s, Token first, ref Expression value)
    {
        s.Advance();
        if (!Word.TryParse(s, out var word)) return false;
        value = new MemberExpression(s.SpanFrom(first), value, word);
        return true;
    }

    private static bool? Index(TokenStream s, Token first, ref Expression value)
    {
        if (!Keys.TryParse(s, out var keys)) return false;
        value = new IndexExpression(s.SpanFrom(first), value, keys);
        return true;
    }

    private static bool? Call(TokenStream s, Parser<ImmutableArray<Expression>> arguments, Token first, ref Expression value)
    {
        if (!arguments.TryParse(s, out var values)) return false;
        value = Compat.Value(new CallExpression(s.SpanFrom(first), value, values), s);
        return true;
    }
}
