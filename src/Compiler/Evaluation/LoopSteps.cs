using Ktap.Compiler.Binding;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Evaluation;

internal sealed class WhileStep(Node condition, Step body, Origin at) : Step
{
    public override Signal Execute(Frame frame)
    {
        var rounds = 0L;
        while (condition.Test(frame))
        {
            frame.Evaluator.CountRound(ref rounds, at);
            var signal = body.Execute(frame);
            if (signal == Signal.Break) break;
            if (signal > Signal.Continue) return signal;
        }
        return Signal.Next;
    }
}

internal sealed class DoStep(Step body, Node condition, bool until, Origin at) : Step
{
    public override Signal Execute(Frame frame)
    {
        var rounds = 0L;
        do
        {
            frame.Evaluator.CountRound(ref rounds, at);
            var signal = body.Execute(frame);
            if (signal == Signal.Break) break;
            if (signal > Signal.Continue) return signal;
        }
        while (condition.Test(frame) != until);
        return Signal.Next;
    }
}

internal sealed class RangeStep(Variable variable, Node first, Node last, Node? step, Step body, Origin at, Origin firstAt, Origin lastAt, Origin stepAt) : Step
{
    public override Signal Execute(Frame frame)
    {
        var i = Integer(first, frame, "first value", firstAt);
        var end = Integer(last, frame, "last value", lastAt);
        var by = step is null ? 1 : Integer(step, frame, "step", stepAt);
        if (by == 0) throw stepAt.Error(Errors.ZeroStep);
        var rounds = 0L;
        while (by > 0 ? i <= end : i >= end)
        {
            frame.Evaluator.CountRound(ref rounds, at);
            DeclareStep.Declare(frame, variable, Value.Int(i));
            var signal = body.Execute(frame);
            if (signal == Signal.Break) break;
            if (signal > Signal.Continue) return signal;
            // The last value may be so near the largest integer that the next one wraps.
            var next = unchecked(i + by);
            if (next < i != by < 0) break;
            i = next;
        }
        return Signal.Next;
    }

    private static long Integer(Node node, Frame frame, string what, Origin at)
    {
        var value = node.Evaluate(frame);
        return value.Kind == ValueKind.Int ? value.AsInt : throw at.Error((s, p) => Errors.RangeKind(s, p, what, value.KindName));
    }
}

internal sealed class ForStep(Step? init, Node? condition, Step? step, Step body, Variable[] fresh, Origin at) : Step
{
    public override Signal Execute(Frame frame)
    {
        init?.Execute(frame);
        var rounds = 0L;
        while (condition is null || condition.Test(frame))
        {
            frame.Evaluator.CountRound(ref rounds, at);
            var signal = body.Execute(frame);
            if (signal == Signal.Break) break;
            if (signal > Signal.Continue) return signal;
            // Each round has variables of its own, which begin as the last round left them.
            foreach (var variable in fresh) frame.Cells[variable.Slot] = new Cell(variable.Name, frame.Cells[variable.Slot].Value);
            step?.Execute(frame);
        }
        return Signal.Next;
    }
}

internal sealed class ForInStep(Variable[] variables, Builtin iterator, Node[] arguments, Step body, Origin at) : Step
{
    public override Signal Execute(Frame frame)
    {
        var rounds = 0L;
        foreach (var (key, value) in frame.Evaluator.Iterate(iterator, Node.EvaluateList(arguments, frame), at))
        {
            frame.Evaluator.CountRound(ref rounds, at);
            DeclareStep.Declare(frame, variables[0], key);
            if (variables.Length > 1) DeclareStep.Declare(frame, variables[1], value);
            var signal = body.Execute(frame);
            if (signal == Signal.Break) break;
            if (signal > Signal.Continue) return signal;
        }
        return Signal.Next;
    }
}
