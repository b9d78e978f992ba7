using System.Collections.Immutable;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Binding;

public sealed partial class Binder
{
    // An expression of which one value counts.
    private BoundExpression BindOne(Expression expression) => BindExpression(expression) switch
    {
        BoundCall { OneResult: false } call => call with { OneResult = true },
        var bound => bound,
    };

    // Several expressions: all results of a call that stands last count.
    private ImmutableArray<BoundExpression> BindList(ImmutableArray<Expression> expressions)
    {
        var list = ImmutableArray.CreateBuilder<BoundExpression>(expressions.Length);
        for (var i = 0; i < expressions.Length; i++)
            list.Add(i == expressions.Length - 1 ? BindExpression(expressions[i]) : BindOne(expressions[i]));
        return list.MoveToImmutable();
    }

    private BoundExpression BindExpression(Expression expression) => expression switch
    {
        NilExpression => new BoundLiteral(expression.Span, Value.Nil),
        BoolExpression e => new BoundLiteral(e.Span, Value.Bool(e.Value)),
        IntegerExpression e => new BoundLiteral(e.Span, Value.Int(e.Value)),
        StringExpression e => new BoundLiteral(e.Span, Value.String(new KString([.. e.Value]))),
        NameExpression e => BindName(e),
        BareWordExpression e => new BoundPattern(e.Span, e.Text),
        KernelSymbolExpression e => new BoundKernelSymbol(e.Span, e.Symbol),
        TableExpression e => BindTable(e),
        FunctionExpression e => BindFunction(e, "function", Place.Function),
        UnaryExpression e => new BoundUnary(e.Span, e.Op, BindOne(e.Operand)),
        BinaryExpression e => BindBinary(e),
        ConditionalExpression e => new BoundConditional(e.Span, BindOne(e.Condition), BindOne(e.Then), BindOne(e.Else)),
        CallExpression e => BindCall(e),
        IndexExpression e => new BoundIndex(e.Span, BindOne(e.Target), [.. e.Keys.Select(BindOne)]),
        MemberExpression e => BindMember(e),
        _ => throw new InvalidOperationException($"the binder doesn't know {expression.GetType()}"),
    };

    private BoundExpression BindBinary(BinaryExpression e)
    {
        var left = BindOne(e.Left);
        // In a filter a plain word to compare with means itself, if it means nothing else.
        if (_function.Place == Place.Filter && e.Op is BinaryOp.Equal or BinaryOp.NotEqual or BinaryOp.FilterGlob
            && e.Right is NameExpression word && FindVariable(word.Name, word.Span) is null && BuiltinTable.Find(word.Name) is null)
            return new BoundBinary(e.Span, e.Op, left, new BoundPattern(word.Span, word.Name));
        return new BoundBinary(e.Span, e.Op, left, BindOne(e.Right));
    }

    private BoundTable BindTable(TableExpression table)
    {
        var position = 0L;
        var fields = ImmutableArray.CreateBuilder<(BoundExpression, BoundExpression)>(table.Fields.Length);
        foreach (var field in table.Fields)
            fields.Add((field.Key is null ? new BoundLiteral(field.Span, Value.Int(++position)) : BindOne(field.Key), BindOne(field.Value)));
        return new BoundTable(table.Span, fields.MoveToImmutable());
    }

    private BoundExpression BindCall(CallExpression call)
    {
        var bound = new BoundCall(call.Span, BindOne(call.Function), BindList(call.Arguments), call.OneResult);
        if (bound.Function is not BoundBuiltin { Builtin: var builtin }) return bound;
        if (builtin.IsFormatted && !_function.IsRegistered) CheckFormat(bound);
        if (Fits(builtin, bound.Arguments)) return builtin.TakesSteps ? WithSteps(bound) : bound with { OneResult = true };
        return Wrong(Errors.ArgumentCount(_source, call.Span, builtin.Name, builtin.MinArguments, builtin.MaxArguments, bound.Arguments.Length, builtin.Doc));
    }

    // What is wrong with literals is known before the call is reached.
    private void CheckFormat(BoundCall call)
    {
        if (call.Arguments is not [BoundLiteral { Value.Kind: ValueKind.String } text, .. var values] || values is [.., BoundCall { OneResult: false }]) return;
        var problem = PrintfFormat.Problem(text.Value.AsString, values.Length, i => values[i] is BoundLiteral { Value.Kind: not (ValueKind.Int or ValueKind.Nil) } l ? l.Value.KindName : null);
        if (problem is var (what, at)) _diagnostics.Add(Errors.BadFormat(_source, at is { } wrong ? values[wrong].Span : call.Span, what, isError: false));
    }

    // Whether the number of arguments can be right; how many a call in the last place adds is known at run time only.
    private static bool Fits(Builtin builtin, ImmutableArray<BoundExpression> arguments)
    {
        var isOpen = arguments is [.., BoundCall { OneResult: false }];
        return arguments.Length - (isOpen ? 1 : 0) <= builtin.MaxArguments && (isOpen || arguments.Length >= builtin.MinArguments);
    }
}
