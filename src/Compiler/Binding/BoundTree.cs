namespace Ktap.Compiler.Binding;

/// <summary>Walking the bound tree.</summary>
internal static class BoundTree
{
    /// <summary>
    /// The parts of a node, in the order in which they are evaluated. The body of a function literal is none of them: it runs elsewhere.
    /// </summary>
    public static IEnumerable<BoundNode> Children(BoundNode node) => node switch
    {
        BoundTable n => n.Fields.SelectMany(f => new[] { f.Key, f.Value }),
        BoundUnary n => [n.Operand],
        BoundBinary n => [n.Left, n.Right],
        BoundConditional n => [n.Condition, n.Then, n.Else],
        BoundCall n => n.Arguments.Prepend(n.Function),
        BoundIndex n => n.Keys.Prepend(n.Target),
        BoundMember n => [n.Target],
        BoundBlock n => n.Statements,
        BoundCallStatement n => [n.Call],
        BoundDeclare n => n.Values,
        BoundAssign n => n.Values.Concat(n.Targets),
        BoundUpdate n => [n.Value, n.Target],
        BoundSample n => [n.Value, n.Target],
        BoundIf n => n.Clauses.SelectMany(c => new BoundNode[] { c.Condition, c.Body }).Concat(Present(n.Else)),
        BoundWhile n => [n.Condition, n.Body],
        BoundDo n => [n.Body, n.Condition],
        BoundRange n => [n.First, n.Last, .. Present(n.Step), n.Body],
        BoundFor n => [.. Present(n.Init), .. Present(n.Condition), n.Body, .. Present(n.Step)],
        BoundForIn n => [.. n.Arguments, n.Body],
        BoundReturn n => n.Values,
        BoundTrace n => [.. n.Events, .. Present(n.Filter), n.Handler],
        BoundEventSpec n => Present(n.Value),
        BoundTimer n => [n.Count, n.Handler],
        BoundTraceEnd n => [n.Handler],
        _ => [],
    };

    /// <summary>A node, its parts, their parts … down to, but not into, function literals.</summary>
    public static IEnumerable<BoundNode> Descendants(BoundNode root)
    {
        var stack = new Stack<BoundNode>([root]);
        while (stack.TryPop(out var node))
        {
            yield return node;
            foreach (var child in Children(node)) stack.Push(child);
        }
    }

    /// <summary>Every function: <paramref name="main"/> and all that are written inside it.</summary>
    public static IEnumerable<BoundFunction> Functions(BoundFunction main)
    {
        var stack = new Stack<BoundFunction>([main]);
        while (stack.TryPop(out var function))
        {
            yield return function;
            foreach (var closure in Descendants(function.Body).OfType<BoundClosure>()) stack.Push(closure.Function);
        }
    }

    /// <summary>The variable that an expression is, or null.</summary>
    public static Variable? VariableOf(BoundExpression expression) => expression switch
    {
        BoundLocal e => e.Variable,
        BoundCaptured e => e.Variable,
        BoundGlobal e => e.Variable,
        _ => null,
    };

    private static IEnumerable<BoundNode> Present(BoundNode? node) => node is null ? [] : [node];
}
