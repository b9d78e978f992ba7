using Ktap.Compiler.Binding;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Typing;

// Loops: types don't depend on how often they go round, because a variable's type is the join of all that is assigned to it.
internal sealed partial class Typer
{
    /// <summary>Whether there was a loop so far other than over a table.</summary>
    public bool Loops { get; private set; }

    /// <summary>Whether there was a loop over a table so far.</summary>
    public bool Iterates { get; private set; }

    private TypedLoop While(BoundWhile s) => Loop(s.Span, Condition(s.Condition), testsFirst: true, until: false, Block(s.Body), null);

    private TypedLoop Loop(TextSpan span, TypedExpression? condition, bool testsFirst, bool until, TypedBlock body, TypedStatement? step)
    {
        Loops = true;
        return new TypedLoop(span, condition, testsFirst, until, body, step);
    }

    private TypedLoop Do(BoundDo s)
    {
        var body = Block(s.Body);
        return Loop(s.Span, Condition(s.Condition), testsFirst: false, s.Until, body, null);
    }

    private TypedBlock For(BoundFor s)
    {
        var init = s.Init is null ? new TypedBlock(s.Span, []) : Statement(s.Init);
        var condition = s.Condition is null ? null : Condition(s.Condition);
        var body = Block(s.Body);
        var step = s.Step is null ? null : Statement(s.Step);
        return new TypedBlock(s.Span, [init, Loop(s.Span, condition, testsFirst: true, until: false, body, step)]);
    }

    private TypedStatement Range(BoundRange s)
    {
        var first = RangeValue(s.First, "first value");
        var last = RangeValue(s.Last, "last value");
        var step = s.Step is null ? null : RangeValue(s.Step, "step");
        if (step is TypedConstant { Type: KtapType.IntType, Value.AsInt: 0 })
            state.Report(Errors.ZeroStep(Source, s.Step!.Span));
        Loops = true;
        var variable = _frame.Local(s.Variable);
        state.Assign(variable, KtapType.Int, Source, s.Span);
        var body = Block(s.Body);
        return new TypedRange(s.Span, variable, first, last, step, body);
    }

    private TypedStatement ForIn(BoundForIn s)
    {
        if (s.Iterator.KernelIterates is false) return Refused(s.Span, Errors.NotInHandlers(Source, s.Span, s.Iterator.Name));
        if (!site.Target.Features.MapIteration) return Refused(s.Span, Errors.NeedsKernel(Source, s.Span, "a loop over a table in a handler", "5.13"));
        if (s.Arguments is not [var argument] || Expression(argument) is not TypedConstant { Value: { Kind: ValueKind.Table } table })
            return Refused(s.Span, Errors.BadArgument(Source, s.Span, $"'{s.Iterator.Name}' takes a table", s.Iterator.Doc));
        var shared = state.Share(table.AsTable, Source, s.Span, TableUse.Reads);
        if (Unread(argument, shared.Value, shared.Name) is not null) return new TypedBlock(s.Span, []);
        Iterates = true;
        var key = _frame.Local(s.Variables[0]);
        state.Assign(key, shared.Key, Source, s.Span);
        var value = s.Variables.Length > 1 ? _frame.Local(s.Variables[1]) : null;
        if (value is not null) state.Assign(value, shared.Value, Source, s.Span);
        return new TypedForIn(s.Span, shared, key, value, Block(s.Body));
    }

    private TypedExpression TableLength(BoundCall call, Table table)
    {
        var shared = state.Share(table, Source, call.Span, TableUse.Reads);
        if (Unread(call, shared.Value, shared.Name) is { } unread) return unread;
        return site.Target.Features.MapIteration
            ? new TypedTableLength(call.Span, shared)
            : Bad(call.Span, Errors.NeedsKernel(Source, call.Span, "the number of a table's slots in a handler", "5.13"));
    }

    private TypedExpression RangeValue(BoundExpression e, string what)
    {
        var value = Expression(e);
        if (value.Type.NotNil is KtapType.IntType or KtapType.PointerType or KtapType.AnyType or KtapType.NeverType && value.Type is not KtapType.NilType)
            return Narrowed(value, ValueKind.Int);
        return Bad(e.Span, Errors.RangeKind(Source, e.Span, what, value.Type.Describe()));
    }
}
