using Ktap.Compiler.Binding;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Evaluation;

internal sealed class BlockStep(Step[] steps) : Step
{
    public override Signal Execute(Frame frame)
    {
        foreach (var step in steps)
            if (step.Execute(frame) is not Signal.Next and var signal) return signal;
        return Signal.Next;
    }
}

/// <summary>As <see cref="DeepNode"/>, for statements in each other.</summary>
internal sealed class DeepStep(Step inner, Origin at) : Step
{
    public override Signal Execute(Frame frame)
    {
        Evaluator.EnsureStack(frame.Code.Function, at);
        return inner.Execute(frame);
    }
}

internal sealed class CallStep(Node call) : Step
{
    public override Signal Execute(Frame frame)
    {
        call.Evaluate(frame);
        return Signal.Next;
    }
}

/// <summary>New instances of variables.</summary>
internal sealed class DeclareStep(Variable[] variables, Node[] values) : Step
{
    public override Signal Execute(Frame frame)
    {
        if (variables.Length == 1 && values.Length <= 1)
        {
            Declare(frame, variables[0], values.Length == 0 ? Value.Nil : values[0].Evaluate(frame));
            return Signal.Next;
        }
        var all = Node.EvaluateList(values, frame);
        for (var i = 0; i < variables.Length; i++) Declare(frame, variables[i], i < all.Length ? all[i] : Value.Nil);
        return Signal.Next;
    }

    /// <summary>A new instance of one variable.</summary>
    public static void Declare(Frame frame, Variable variable, Value value)
    {
        if (value.Kind == ValueKind.Table) value.AsTable.NameAs(variable.Name);
        if (variable.IsCaptured) frame.Cells[variable.Slot] = new Cell(variable.Name, value);
        else frame.Locals[variable.Slot] = value;
    }
}

internal sealed class AssignStep(Target target, Node value) : Step
{
    public override Signal Execute(Frame frame)
    {
        var v = value.Evaluate(frame);
        var (table, key) = target.Locate(frame);
        target.Store(frame, table, key, v);
        return Signal.Next;
    }
}

internal sealed class AssignAllStep(Target[] targets, Node[] values) : Step
{
    public override Signal Execute(Frame frame)
    {
        var all = Node.EvaluateList(values, frame);
        var places = new (Table? Table, Value Key)[targets.Length];
        for (var i = 0; i < targets.Length; i++) places[i] = targets[i].Locate(frame);
        for (var i = 0; i < targets.Length; i++)
            targets[i].Store(frame, places[i].Table, places[i].Key, i < all.Length ? all[i] : Value.Nil);
        return Signal.Next;
    }
}

internal sealed class UpdateStep(Target target, BinaryOp op, Node value, Origin at) : Step
{
    public override Signal Execute(Frame frame)
    {
        // An operand of nil changes nothing.
        var operand = value.Evaluate(frame);
        if (!operand.IsNil) target.Update(frame, op, operand, at);
        return Signal.Next;
    }
}

internal sealed class SampleStep(Target target, Node value, Origin at, Origin valueAt) : Step
{
    public override Signal Execute(Frame frame)
    {
        var sample = value.Evaluate(frame);
        if (sample.Kind == ValueKind.Int) target.Sample(frame, sample.AsInt, at);
        else if (!sample.IsNil) throw valueAt.Error((s, p) => Errors.SampleKind(s, p, sample.KindName));
        return Signal.Next;
    }
}

internal sealed class IfStep((Node Condition, Step Body)[] clauses, Step? otherwise) : Step
{
    public override Signal Execute(Frame frame)
    {
        foreach (var (condition, body) in clauses)
            if (condition.Test(frame)) return body.Execute(frame);
        return otherwise?.Execute(frame) ?? Signal.Next;
    }
}

internal sealed class JumpStep(Signal signal) : Step
{
    public override Signal Execute(Frame frame) => signal;
}

internal sealed class ReturnStep(Node value) : Step
{
    public override Signal Execute(Frame frame)
    {
        frame.Result = value.Evaluate(frame);
        return Signal.Return;
    }
}

internal sealed class TailCallStep(CallNode call) : Step
{
    public override Signal Execute(Frame frame) => call.Return(frame);
}

internal sealed class ReturnAllStep(Node[] values) : Step
{
    public override Signal Execute(Frame frame)
    {
        var all = Node.EvaluateList(values, frame);
        frame.Results = all;
        frame.Result = all.Length == 0 ? Value.Nil : all[0];
        return Signal.Return;
    }
}
