namespace Ktap.Compiler.Binding;

/// <summary>
/// Finds the variables that code able to run after the main stage assigns: handlers, and every function that they can come by. A function
/// is come by through a variable that holds it, or from anywhere once it was stored in a table, passed on or returned.
/// </summary>
internal sealed class LaterAssignment
{
    private readonly Dictionary<Variable, List<BoundExpression>> _values = [];
    private readonly HashSet<BoundFunction> _functions = [];
    private readonly HashSet<Variable> _variables = [];
    private readonly Queue<BoundFunction> _pending = [];

    /// <summary>Sets <see cref="Variable.IsAssignedLater"/> in a bound script.</summary>
    public static void Mark(BoundScript script)
    {
        var later = new LaterAssignment();
        var nodes = BoundTree.Functions(script.Main).SelectMany(f => BoundTree.Descendants(f.Body)).ToList();
        // Without handlers nothing runs later.
        if (!nodes.Exists(n => HandlerFunctions.HandlerOf(n) is not null)) return;
        foreach (var node in nodes) later.NoteValues(node);
        foreach (var node in nodes) later.ReachEscaping(node);
        while (later._pending.TryDequeue(out var function))
            foreach (var node in BoundTree.Descendants(function.Body))
            {
                foreach (var target in Targets(node))
                    if (BoundTree.VariableOf(target) is { } variable) variable.IsAssignedLater = true;
                if (node is BoundExpression expression) later.Reach(expression);
            }
    }

    private static IEnumerable<BoundExpression> Targets(BoundNode node) => node switch
    {
        BoundAssign n => n.Targets,
        BoundUpdate n => [n.Target],
        BoundSample n => [n.Target],
        _ => [],
    };

    // Which expressions a variable may have got its value from.
    private void NoteValues(BoundNode node)
    {
        switch (node)
        {
            case BoundDeclare n:
                for (var i = 0; i < Math.Min(n.Variables.Length, n.Values.Length); i++) NoteValue(n.Variables[i], n.Values[i]);
                break;
            case BoundAssign n:
                for (var i = 0; i < Math.Min(n.Targets.Length, n.Values.Length); i++)
                    if (BoundTree.VariableOf(n.Targets[i]) is { } variable) NoteValue(variable, n.Values[i]);
                break;
        }
    }

    private void NoteValue(Variable variable, BoundExpression value)
    {
        if (!_values.TryGetValue(variable, out var values)) _values.Add(variable, values = []);
        values.Add(value);
    }

    // Functions that leave the variables: nobody can tell who calls them. A handler is registered, so it is among them.
    private void ReachEscaping(BoundNode node)
    {
        switch (node)
        {
            case BoundCall n:
                foreach (var argument in n.Arguments) Reach(argument);
                break;
            case BoundForIn n:
                foreach (var argument in n.Arguments) Reach(argument);
                break;
            case BoundTable n:
                foreach (var (_, value) in n.Fields) Reach(value);
                break;
            case BoundReturn n:
                foreach (var value in n.Values) Reach(value);
                break;
            case BoundAssign n:
                for (var i = 0; i < n.Values.Length; i++)
                    if (i >= n.Targets.Length || BoundTree.VariableOf(n.Targets[i]) is null) Reach(n.Values[i]);
                break;
            case BoundTrace or BoundTimer or BoundTraceEnd:
                Reach(HandlerFunctions.HandlerOf(node)!);
                if ((node as BoundTrace)?.Filter is { } filter) Reach(filter);
                if ((node as BoundTimer)?.Filter is { } condition) Reach(condition);
                break;
        }
    }

    // Everything that the value of an expression may be is reached, where it is a function. Variables may hold each other in long chains.
    private void Reach(BoundExpression expression)
    {
        var rest = new Stack<BoundExpression>([expression]);
        while (rest.TryPop(out var at))
            switch (at)
            {
                case BoundClosure e:
                    if (_functions.Add(e.Function)) _pending.Enqueue(e.Function);
                    break;
                case BoundBinary e:
                    rest.Push(e.Left);
                    rest.Push(e.Right);
                    break;
                case BoundConditional e:
                    rest.Push(e.Then);
                    rest.Push(e.Else);
                    break;
                default:
                    if (BoundTree.VariableOf(at) is { } variable && _variables.Add(variable))
                        foreach (var value in _values.GetValueOrDefault(variable, [])) rest.Push(value);
                    break;
            }
    }
}
