using Ktap.Compiler.Binding;
using Ktap.Compiler.Evaluation;

namespace Ktap.Compiler.Typing;

/// <summary>
/// One function being typed in one place: the handler itself, or a function that is inlined there. It lives through all rounds, so
/// that the types of its variables grow.
/// </summary>
internal sealed class Frame(Closure closure, Frame? caller, TypedLocal? result)
{
    private readonly Dictionary<Variable, TypedLocal> _locals = [];
    private readonly Dictionary<BoundNode, Frame> _calls = new(ReferenceEqualityComparer.Instance);

    /// <summary>The function and its captured cells.</summary>
    public Closure Closure => closure;

    /// <summary>Where what it returns goes; null for a handler.</summary>
    public TypedLocal? Result => result;

    /// <summary>Variables that stand for a table, a function or the event: they have no memory of their own.</summary>
    public Dictionary<Variable, TypedExpression> Constants { get; } = [];

    /// <summary>The local of a variable.</summary>
    public TypedLocal Local(Variable variable)
    {
        if (!_locals.TryGetValue(variable, out var local)) _locals.Add(variable, local = new TypedLocal(variable.Name));
        return local;
    }

    /// <summary>The frame of a call in this one.</summary>
    public Frame Call(BoundNode call, Closure callee)
    {
        if (!_calls.TryGetValue(call, out var frame)) _calls.Add(call, frame = new Frame(callee, this, new TypedLocal(callee.Name)));
        return frame;
    }

    /// <summary>Whether a function is being inlined into itself.</summary>
    public bool IsInside(BoundFunction function)
    {
        for (var frame = this; frame is not null; frame = frame.Caller)
            if (ReferenceEquals(frame.Closure.Function, function)) return true;
        return false;
    }

    private Frame? Caller => caller;
}
