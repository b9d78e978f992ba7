using System.Collections.Immutable;

namespace Ktap.Compiler.Binding;

/// <summary>Walking the bound tree.</summary>
internal static class BoundTree
{
    /// <summary>
    /// The parts of a node, in the order in which they are evaluated. The body of a function literal is none of them: it runs elsewhere.
    /// </summary>
    public static IReadOnlyList<BoundNode> Children(BoundNode node)
    {
        var children = new List<BoundNode>();
        AddParts(node, children);
        return children;
    }

    /// <summary>A node, its parts, their parts … down to, but not into, function literals.</summary>
    public static IEnumerable<BoundNode> Descendants(BoundNode root)
    {
        var stack = new List<BoundNode> { root };
        while (stack.Count > 0)
        {
            var node = stack[^1];
            stack.RemoveAt(stack.Count - 1);
            yield return node;
            AddParts(node, stack);
        }
    }

    // Scripts are walked over a dozen times, so the parts go into a list that is there.
    private static void AddParts(BoundNode node, List<BoundNode> parts)
    {
        switch (node)
        {
            case BoundTable n:
                foreach (var (key, value) in n.Fields) Add(parts, key, value);
                break;
            case BoundUnary n: Add(parts, n.Operand); break;
            case BoundBinary n: Add(parts, n.Left, n.Right); break;
            case BoundConditional n: Add(parts, n.Condition, n.Then, n.Else); break;
            case BoundCall n:
                parts.Add(n.Function);
                Add(parts, n.Arguments);
                break;
            case BoundIndex n:
                parts.Add(n.Target);
                Add(parts, n.Keys);
                break;
            case BoundMember n: Add(parts, n.Target); break;
            case BoundBlock n: Add(parts, n.Statements); break;
            case BoundCallStatement n: Add(parts, n.Call); break;
            case BoundDeclare n: Add(parts, n.Values); break;
            case BoundAssign n:
                Add(parts, n.Values);
                Add(parts, n.Targets);
                break;
            case BoundUpdate n: Add(parts, n.Value, n.Target); break;
            case BoundSample n: Add(parts, n.Value, n.Target); break;
            case BoundIf n:
                foreach (var (condition, body) in n.Clauses) Add(parts, condition, body);
                Add(parts, n.Else);
                break;
            case BoundWhile n: Add(parts, n.Condition, n.Body); break;
            case BoundDo n: Add(parts, n.Body, n.Condition); break;
            case BoundRange n: Add(parts, n.First, n.Last, n.Step, n.Body); break;
            case BoundFor n: Add(parts, n.Init, n.Condition, n.Body, n.Step); break;
            case BoundForIn n:
                Add(parts, n.Arguments);
                parts.Add(n.Body);
                break;
            case BoundReturn n: Add(parts, n.Values); break;
            case BoundTrace n:
                Add(parts, n.Events);
                Add(parts, n.Filter, n.Handler);
                break;
            case BoundEventSpec n: Add(parts, n.Value); break;
            case BoundTimer n: Add(parts, n.Count, n.Filter, n.Handler); break;
            case BoundTraceEnd n: Add(parts, n.Handler); break;
        }
    }

    private static void Add(List<BoundNode> parts, params ReadOnlySpan<BoundNode?> present)
    {
        foreach (var part in present)
            if (part is not null) parts.Add(part);
    }

    private static void Add<T>(List<BoundNode> parts, ImmutableArray<T> all) where T : BoundNode
    {
        foreach (var part in all) parts.Add(part);
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
}
