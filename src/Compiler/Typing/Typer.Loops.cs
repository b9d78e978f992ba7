using Ktap.Compiler.Binding;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Typing;

// Loops: types don't depend on how often they go round, because a variable's type is the join of all that is assigned to it.
internal sealed partial class Typer
{
    private TypedLoop While(BoundWhile s) => new(s.Span, Condition(s.Condition), TestsFirst: true, Until: false, Block(s.Body), null);

    private TypedLoop Do(BoundDo s)
    {
        var body = Block(s.Body);
        return new TypedLoop(s.Span, Condition(s.Condition), TestsFirst: false, s.Until, body, null);
    }

    private TypedBlock For(BoundFor s)
    {
        var init = s.Init is null ? new TypedBlock(s.Span, []) : Statement(s.Init);
        var condition = s.Condition is null ? null : Condition(s.Condition);
        var body = Block(s.Body);
        var step = s.Step is null ? null : Statement(s.Step);
        return new TypedBlock(s.Span, [init, new TypedLoop(s.Span, condition, TestsFirst: true, Until: false, body, step)]);
    }

    private TypedStatement Range(BoundRange s)
    {
        var first = RangeValue(s.First, "first value");
        var last = RangeValue(s.Last, "last value");
        var step = s.Step is null ? null : RangeValue(s.Step, "step");
        if (step is TypedConstant { Type: KtapType.IntType, Value.AsInt: 0 })
            state.Report(Errors.ZeroStep(Source, s.Step!.Span));
        var variable = _frame.Local(s.Variable);
        state.Assign(variable, KtapType.Int, Source, s.Span);
        var body = Block(s.Body);
        return new TypedRange(s.Span, variable, first, last, step, body);
    }

    private TypedExpression RangeValue(BoundExpression e, string what)
    {
        var value = Expression(e);
        if (value.Type.NotNil is KtapType.IntType or KtapType.PointerType or KtapType.AnyType or KtapType.NeverType && value.Type is not KtapType.NilType)
            return Narrowed(value, ValueKind.Int);
        return Bad(e.Span, Errors.RangeKind(Source, e.Span, what, value.Type.Describe()));
    }
}
