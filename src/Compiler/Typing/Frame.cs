using Ktap.Compiler.Binding;
using Ktap.Compiler.Evaluation;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Typing;

/// <summary>
/// One function being typed in one place: the handler itself, or a function that is inlined there. It lives through all rounds, so
/// that the types of its variables grow.
/// </summary>
internal sealed class Frame(KFunction callee, Frame? caller)
{
    private readonly Dictionary<Variable, TypedLocal> _locals = [];
    private readonly Dictionary<BoundNode, Frame> _calls = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<BoundNode, TypedLocal> _temporaries = new(ReferenceEqualityComparer.Instance);
    private readonly List<TypedLocal> _results = [];

    /// <summary>The function.</summary>
    public BoundFunction Function { get; } = callee is LocalFunction local ? local.Function : ((Closure)callee).Function;

    /// <summary>Whether it is the handler itself, whose results nobody wants.</summary>
    public bool IsHandler => caller is null;

    /// <summary>Where what it returns goes: as many as some <c>return</c> gives.</summary>
    public IReadOnlyList<TypedLocal> Results => _results;

    /// <summary>Whether some <c>return</c> gives more values than another; none is one, nil.</summary>
    public bool Varies => _fewest is { } fewest && fewest < _results.Count;

    /// <summary>A way out of it that gives so many values.</summary>
    public void NoteReturn(int values) => _fewest = Math.Min(_fewest ?? int.MaxValue, Math.Max(1, values));

    private int? _fewest;

    /// <summary>Whether it calls itself as the operand of <c>return</c>, so that its body is a loop.</summary>
    public bool IsLoop { get; set; }

    /// <summary>Variables that stand for a table, a function or the event: they have no memory of their own.</summary>
    public Dictionary<Variable, TypedExpression> Constants { get; } = [];

    /// <summary>The local of a variable.</summary>
    public TypedLocal Local(Variable variable)
    {
        if (!_locals.TryGetValue(variable, out var local)) _locals.Add(variable, local = new TypedLocal(variable.Name));
        return local;
    }

    /// <summary>A local without a name, for a node of the tree.</summary>
    public TypedLocal Temporary(BoundNode node)
    {
        if (!_temporaries.TryGetValue(node, out var local)) _temporaries.Add(node, local = new TypedLocal("temporary"));
        return local;
    }

    /// <summary>Makes the number of results at least <paramref name="count"/>; true where that is more than before.</summary>
    public bool NeedResults(int count)
    {
        var before = _results.Count;
        while (_results.Count < count) _results.Add(new TypedLocal(callee.Name));
        return _results.Count > before;
    }

    /// <summary>What a captured variable is: a cell that the main stage left, or a variable of a frame that is still there.</summary>
    public (Cell? Cell, Frame? Frame, Variable Variable) Captured(BoundCaptured captured)
    {
        if (callee is Closure closure) return (closure.Captures[captured.Index], null, captured.Variable);
        var capture = Function.Captures[captured.Index];
        var definer = ((LocalFunction)callee).Definer;
        return capture.FromLocal
            ? (null, definer, capture.Variable)
            : definer.Captured(new BoundCaptured(captured.Span, capture.Index, capture.Variable));
    }

    /// <summary>The frame of a call in this one.</summary>
    public Frame Call(BoundNode call, KFunction callee)
    {
        if (!_calls.TryGetValue(call, out var frame)) _calls.Add(call, frame = new Frame(callee, this));
        return frame;
    }

    /// <summary>Whether a function is being inlined into itself.</summary>
    public bool IsInside(BoundFunction function)
    {
        for (var frame = this; frame is not null; frame = frame.Caller)
            if (ReferenceEquals(frame.Function, function)) return true;
        return false;
    }

    private Frame? Caller => caller;
}

/// <summary>A function literal in a handler: its variables are those of the frame that it stands in.</summary>
internal sealed class LocalFunction(BoundFunction function, Frame definer) : KFunction
{
    /// <inheritdoc/>
    public override string Name => function.Name;

    /// <summary>The code.</summary>
    public BoundFunction Function => function;

    /// <summary>The frame that the literal was evaluated in.</summary>
    public Frame Definer => definer;
}
