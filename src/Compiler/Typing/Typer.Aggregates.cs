using System.Collections.Immutable;
using Ktap.Compiler.Binding;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Typing;

// Aggregates: handlers add samples to them, and never read them.
internal sealed partial class Typer
{
    private TypedStatement Sample(BoundSample s)
    {
        var value = Expression(s.Value);
        return Sampled(s.Span, s.Target, state.Samples.PlanOf(s.Target), value);
    }

    // t[k] = avg(e) and its kin; null where the assignment is an ordinary one.
    private TypedStatement? Made(BoundAssign s)
    {
        if (s is not { Targets: [var target], Values: [BoundCall { Function: BoundBuiltin { Builtin: { Makes: { } maker } builtin } } call] }
            || call.Arguments.Length != maker.Arguments) return null;
        var arguments = call.Arguments.Select(Expression).ToArray();
        ImmutableArray<LinearSteps> linear = [];
        if (builtin.TakesSteps)
        {
            if (arguments is not [_, TypedConstant { Value: { Kind: ValueKind.Int } low }, TypedConstant { Value: { Kind: ValueKind.Int } high }, TypedConstant { Value: { Kind: ValueKind.Int } step }])
                return Refused(call.Span, Errors.StepsNotConstant(Source, call.Span, builtin.Name));
            linear = [new LinearSteps(low.AsInt, high.AsInt, step.AsInt)];
            if (linear[0].Problem is { } problem) return Refused(call.Span, Errors.BadSteps(Source, call.Span, problem));
        }
        return Sampled(s.Span, target, new AggregatePlan(maker.View, maker.Parts, linear), arguments.FirstOrDefault());
    }

    private TypedStatement Sampled(TextSpan span, BoundExpression target, AggregatePlan plan, TypedExpression? value)
    {
        if (target is BoundLocal local) return Refused(span, Errors.LocalAggregate(Source, span, local.Variable.Name));
        if (value is { Type.NotNil: not (KtapType.IntType or KtapType.PointerType or KtapType.NeverType) })
            return Refused(span, Errors.BadSample(Source, value.Span, value.Type.NotNil.Describe()));
        var place = Target(target, new TypedConstant(span, new KtapType.AggregateType(plan), Value.Nil));
        if (state.IsLast && place is TypedTarget.Cell cell) cell.Variable.Additions.Note(site);
        return new TypedSample(span, place, value);
    }

    private TypedBlock Refused(TextSpan span, Diagnostic diagnostic)
    {
        state.Report(diagnostic);
        return new TypedBlock(span, []);
    }

    // What stands in for the value of an aggregate; null where it is none.
    private TypedExpression? Unread(BoundExpression e, KtapType type, string name) =>
        type.NotNil is KtapType.AggregateType ? Bad(e.Span, Errors.AggregateRead(Source, e.Span, $"'{name}'")) : null;

    private void Keep(BoundExpression target, KtapType type, string name)
    {
        if (type.NotNil is KtapType.AggregateType) state.Report(Errors.AggregateRemoved(Source, target.Span, name));
    }
}
