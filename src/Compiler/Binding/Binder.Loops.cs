using System.Collections.Immutable;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;

namespace Ktap.Compiler.Binding;

public sealed partial class Binder
{
    private BoundBlock BindLoopBody(Block body)
    {
        _function.Loops++;
        var bound = BindBlock(body);
        _function.Loops--;
        return bound;
    }

    private BoundDo BindDo(DoStatement s)
    {
        if (!s.Until) return new BoundDo(s.Span, BindLoopBody(s.Body), BindOne(s.Condition), s.Until);
        _function.Enter();
        _function.Loops++;
        var body = new BoundBlock(s.Body.Span, BindStatements(s.Body.Statements));
        _function.Loops--;
        var condition = BindOne(s.Condition);
        _function.Leave();
        return new BoundDo(s.Span, body, condition, s.Until);
    }

    private BoundRange BindRange(RangeStatement s)
    {
        var (first, last, step) = (BindOne(s.First), BindOne(s.Last), s.Step is null ? null : BindOne(s.Step));
        _function.Enter();
        var variable = _function.Declare(s.Variable.Text, s.Variable.Span);
        var body = BindLoopBody(s.Body);
        _function.Leave();
        return new BoundRange(s.Span, variable, first, last, step, body);
    }

    private BoundFor BindFor(ForStatement s)
    {
        _function.Enter();
        var init = s.Init is null ? null : BindStatement(s.Init);
        var condition = s.Condition is null ? null : BindOne(s.Condition);
        var step = s.Step is null ? null : BindStatement(s.Step);
        var body = BindLoopBody(s.Body);
        _function.Leave();
        return new BoundFor(s.Span, init, condition, step, body, init is BoundDeclare own ? own.Variables : []);
    }

    private BoundStatement BindForIn(ForInStatement s)
    {
        var iterator = BindOne(s.Iterator);
        _function.Enter();
        var variables = s.Variables.Select(v => _function.Declare(v.Text, v.Span)).ToImmutableArray();
        var body = BindLoopBody(s.Body);
        _function.Leave();
        if (iterator is BoundCall { Function: BoundBuiltin { Builtin: { Iterate: not null } builtin }, Arguments: var arguments })
        {
            if (variables.Length > 2) _diagnostics.Add(Errors.TooManyLoopVariables(_source, s.Variables[2].Span, builtin.Name));
            return new BoundForIn(s.Span, variables, builtin, arguments, body);
        }
        // An error already stands where the iterator could not be bound.
        if (iterator is not BoundLiteral || s.Iterator is not CallExpression)
            _diagnostics.Add(Errors.NotAnIterator(_source, s.Iterator.Span, BuiltinTable.All.Where(b => b.Iterate is not null).Select(b => b.Name)));
        return new BoundWhile(s.Span, iterator, body);
    }
}
