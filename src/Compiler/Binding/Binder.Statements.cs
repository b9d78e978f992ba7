using System.Collections.Immutable;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Binding;

public sealed partial class Binder
{
    private ImmutableArray<BoundStatement> BindStatements(ImmutableArray<Statement> statements)
    {
        var list = ImmutableArray.CreateBuilder<BoundStatement>(statements.Length);
        foreach (var statement in statements) list.Add(BindStatement(statement));
        return list.MoveToImmutable();
    }

    private BoundStatement BindStatement(Statement statement) => statement switch
    {
        Block s => BindBlock(s),
        CallStatement s => BindCallStatement(s),
        VarStatement s => BindVar(s),
        AssignStatement s => BindAssign(s),
        UpdateStatement s => new BoundUpdate(s.Span, BindTarget(s.Target), s.Op, BindOne(s.Value)),
        SampleStatement s => BindSample(s),
        FunctionStatement s => BindFunctionStatement(s),
        IfStatement s => new BoundIf(s.Span, s.Clauses.Select(c => (BindOne(c.Condition), BindBlock(c.Body))).ToImmutableArray(), s.Else is null ? null : BindBlock(s.Else)),
        WhileStatement s => new BoundWhile(s.Span, BindOne(s.Condition), BindLoopBody(s.Body)),
        DoStatement s => BindDo(s),
        RangeStatement s => BindRange(s),
        ForStatement s => BindFor(s),
        ForInStatement s => BindForIn(s),
        BreakStatement s => InLoop(new BoundBreak(s.Span), "break"),
        ContinueStatement s => InLoop(new BoundContinue(s.Span), "continue"),
        ReturnStatement s => new BoundReturn(s.Span, BindList(s.Values)),
        TraceStatement s => BindTrace(s),
        TickStatement s => BindTimer(s, s.Interval, null, s.Handler, profile: false),
        ProfileStatement s => BindTimer(s, s.Interval, s.Filter, s.Handler, profile: true),
        TraceEndStatement s => BindTraceEnd(s),
        _ => throw new InvalidOperationException($"the binder doesn't know {statement.GetType()}"),
    };

    private BoundBlock BindBlock(Block block)
    {
        _function.Enter();
        var bound = new BoundBlock(block.Span, BindStatements(block.Statements));
        _function.Leave();
        return bound;
    }

    private BoundStatement BindCallStatement(CallStatement s)
    {
        if (BindExpression(s.Call) is not BoundCall call) return new BoundBlock(s.Span, []);
        return call is { Function: BoundBuiltin { Builtin.RemovesSlot: true }, Arguments: [BoundIndex or BoundMember] }
            ? new BoundAssign(s.Span, call.Arguments, [new BoundLiteral(s.Span, Value.Nil)])
            : new BoundCallStatement(s.Span, call);
    }

    private BoundDeclare BindVar(VarStatement s)
    {
        // The values don't see the names.
        var values = BindList(s.Values);
        return new BoundDeclare(s.Span, [.. s.Names.Select(n => _function.Declare(n.Text, n.Span))], values);
    }

    private BoundStatement BindAssign(AssignStatement s)
    {
        var targets = s.Targets.Select(BindTarget).ToImmutableArray();
        var values = BindList(s.Values);
        return targets is [var target] && values is [BoundBinary { Op: BinaryOp.Add or BinaryOp.Subtract } sum] && SameSlot.Test(target, sum.Left)
            ? new BoundUpdate(s.Span, target, sum.Op, sum.Right)
            : new BoundAssign(s.Span, targets, values);
    }

    private BoundExpression BindTarget(Expression target)
    {
        var bound = BindOne(target);
        if (bound is BoundLocal or BoundCaptured or BoundGlobal or BoundIndex or BoundMember or BoundLiteral) return bound;
        return Wrong(Errors.NotAssignable(_source, target.Span, _source.TextOf(target.Span)));
    }

    // The value comes first, as in an assignment.
    private BoundSample BindSample(SampleStatement s)
    {
        var value = BindOne(s.Value);
        return new BoundSample(s.Span, BindTarget(s.Target), value);
    }

    private BoundStatement BindFunctionStatement(FunctionStatement s)
    {
        if (!s.IsLocal || s.Target is not NameExpression name)
            return new BoundAssign(s.Span, [BindTarget(s.Target)], [BindFunction(s.Function, "function", Place.Function)]);
        // Declared first, so that the body captures this very variable.
        var variable = _function.Declare(name.Name, name.Span);
        var closure = BindFunction(s.Function, name.Name, Place.Function);
        return new BoundBlock(s.Span,
        [
            new BoundDeclare(s.Span, [variable], []),
            new BoundAssign(s.Span, [new BoundLocal(name.Span, variable)], [closure]),
        ]);
    }

    private T InLoop<T>(T statement, string what) where T : BoundStatement
    {
        if (_function.Loops == 0) _diagnostics.Add(Errors.OutsideLoop(_source, statement.Span, what));
        return statement;
    }

    private BoundTrace BindTrace(TraceStatement s)
    {
        CheckRegistration(s, "trace");
        var events = s.Events.Select(BindSpec).ToImmutableArray();
        var filter = s.Filter is null ? null : BindFilter(s.Filter);
        return new BoundTrace(s.Span, events, filter, BindHandler(s.Handler, Place.Handler));
    }

    private BoundEventSpec BindSpec(EventSpec spec) => spec switch
    {
        LiteralEventSpec e => new BoundEventSpec(e.Span, e.Text, e.FetchArguments, null),
        ComputedEventSpec e => new BoundEventSpec(e.Span, "", "", BindOne(e.Value)),
        _ => throw new InvalidOperationException($"the binder doesn't know {spec.GetType()}"),
    };

    private BoundTimer BindTimer(Statement s, TimerInterval interval, Expression? filter, Expression handler, bool profile)
    {
        CheckRegistration(s, profile ? "profile" : "tick");
        return new BoundTimer(s.Span, profile, BindOne(interval.Count), interval.Unit, filter is null ? null : BindFilter(filter), BindHandler(handler, profile ? Place.Handler : Place.UserHandler));
    }

    private BoundTraceEnd BindTraceEnd(TraceEndStatement s)
    {
        CheckRegistration(s, "trace_end");
        return new BoundTraceEnd(s.Span, BindHandler(s.Handler, Place.UserHandler));
    }

    private BoundExpression BindHandler(Expression handler, Place place) =>
        handler is FunctionExpression literal ? BindFunction(literal, "handler", place) : BindOne(handler);

    private void CheckRegistration(Statement s, string what)
    {
        if (_function.IsRegistered) _diagnostics.Add(Errors.RegisteredInHandler(_source, s.Span, what));
    }
}
