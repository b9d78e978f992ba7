using Ktap.Compiler.Builtins;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Evaluation;

/// <summary>A call of a function value.</summary>
internal sealed class CallNode(Node function, Node[] arguments, bool oneResult, Origin at, Origin functionAt) : Node
{
    public override bool HasSeveral => !oneResult;

    public override Value Evaluate(Frame frame)
    {
        var callee = Callee(frame);
        return callee is Closure closure
            ? frame.Evaluator.Run(Enter(closure, frame), at).Result
            : frame.Evaluator.CallBuiltin((Builtin)callee, EvaluateList(arguments, frame), at);
    }

    public override Value[] EvaluateAll(Frame frame)
    {
        if (oneResult) return [Evaluate(frame)];
        var callee = Callee(frame);
        return callee is Closure closure
            ? frame.Evaluator.Run(Enter(closure, frame), at).AllResults
            : [frame.Evaluator.CallBuiltin((Builtin)callee, EvaluateList(arguments, frame), at)];
    }

    /// <summary>As the operand of <c>return</c>: a closure is not called but left for the caller to call.</summary>
    public Signal Return(Frame frame)
    {
        var callee = Callee(frame);
        if (callee is Closure closure)
        {
            frame.Tail = Enter(closure, frame);
            return Signal.TailCall;
        }
        frame.Result = frame.Evaluator.CallBuiltin((Builtin)callee, EvaluateList(arguments, frame), at);
        return Signal.Return;
    }

    private KFunction Callee(Frame frame)
    {
        var callee = function.Evaluate(frame);
        if (callee.Kind == ValueKind.Function) return callee.AsFunction;
        throw functionAt.Error((s, p) => Errors.NotCallable(s, p, functionAt.Text, callee.KindName));
    }

    // A frame with the arguments in it; those left out are nil, those too many are evaluated and dropped.
    private Frame Enter(Closure closure, Frame frame)
    {
        var code = closure.Code ?? frame.Evaluator.CodeOf(closure.Function);
        var inner = new Frame(frame.Evaluator, code, closure.Captures);
        var locals = inner.Locals;
        for (var i = 0; i < arguments.Length; i++)
        {
            if (i == arguments.Length - 1 && arguments[i].HasSeveral)
            {
                var rest = arguments[i].EvaluateAll(frame);
                for (var j = 0; j < rest.Length && i + j < code.ParameterCount; j++) locals[i + j] = rest[j];
                break;
            }
            var value = arguments[i].Evaluate(frame);
            if (i < code.ParameterCount) locals[i] = value;
        }
        code.MakeParameterCells(inner);
        return inner;
    }
}

/// <summary>A call of a builtin that is known.</summary>
internal sealed class BuiltinCallNode(Builtin builtin, Node[] arguments, Origin at) : Node
{
    public override Value Evaluate(Frame frame) => frame.Evaluator.CallBuiltin(builtin, EvaluateList(arguments, frame), at);
}
