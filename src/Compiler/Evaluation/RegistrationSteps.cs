using System.Collections.Immutable;
using Ktap.Compiler.Binding;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Text;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Evaluation;

internal sealed class TraceStep((Node? Value, BoundEventSpec Spec)[] events, Node? filter, Node handler, Origin at, Origin handlerAt) : Step
{
    public override Signal Execute(Frame frame)
    {
        var specs = ImmutableArray.CreateBuilder<LiteralEventSpec>();
        var condition = filter?.Evaluate(frame).AsFunction as Closure;
        foreach (var (value, spec) in events)
        {
            if (value is null)
            {
                specs.Add(new LiteralEventSpec(spec.Span, spec.Text, spec.FetchArguments));
                continue;
            }
            var list = Parse(value.Evaluate(frame), at with { Span = spec.Span });
            specs.AddRange(list.Specs);
            if (list.Filter is null) continue;
            if (condition is not null) throw (at with { Span = spec.Span }).Error(Errors.TwoFilters);
            condition = frame.Evaluator.FilterOf(list.Filter);
        }
        frame.Evaluator.Register("trace", new Registration.Probe(at.Source, at.Span, specs.ToImmutable(), condition, HandlerOf(handler, frame, handlerAt)));
        return Signal.Next;
    }

    /// <summary>The function that handles something.</summary>
    public static KFunction HandlerOf(Node handler, Frame frame, Origin at)
    {
        var value = handler.Evaluate(frame);
        return value.Kind == ValueKind.Function ? value.AsFunction : throw at.Error((s, p) => Errors.HandlerKind(s, p, value.KindName));
    }

    private static EventList Parse(Value value, Origin at)
    {
        if (value.Kind != ValueKind.String) throw at.Error((s, p) => Errors.EventKind(s, p, value.KindName));
        var diagnostics = new DiagnosticBag();
        var list = Parser.ParseEventSpecs(value.AsString.ToString(), at.Source, at.Span, diagnostics);
        return diagnostics.IsClean ? list : throw new ScriptException(diagnostics.First(d => d.Severity == Severity.Error));
    }
}

internal sealed class TimerStep(bool profile, Node count, TimerUnit unit, Node? filter, Node handler, Origin at, Origin handlerAt) : Step
{
    public override Signal Execute(Frame frame)
    {
        var n = count.Evaluate(frame);
        if (n.Kind != ValueKind.Int || n.AsInt < 1)
            throw at.Error((s, p) => Errors.TimerCount(s, p, n.Kind == ValueKind.Int ? n.ToString() : n.KindName));
        var period = unit.Period(n.AsInt);
        var function = TraceStep.HandlerOf(handler, frame, handlerAt);
        if (profile)
            frame.Evaluator.Register("profile", new Registration.Profile(at.Source, at.Span, period, unit == TimerUnit.Hertz ? n.AsInt : null, filter?.Evaluate(frame).AsFunction as Closure, function));
        else frame.Evaluator.Register("tick", new Registration.Tick(at.Source, at.Span, period, function));
        return Signal.Next;
    }
}

internal sealed class TraceEndStep(Node handler, Origin at, Origin handlerAt) : Step
{
    public override Signal Execute(Frame frame)
    {
        frame.Evaluator.Register("trace_end", new Registration.TraceEnd(at.Source, at.Span, TraceStep.HandlerOf(handler, frame, handlerAt)));
        return Signal.Next;
    }
}
