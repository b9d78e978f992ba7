using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Optimization;

/// <summary>The blocks of a loop.</summary>
internal static class NaturalLoop
{
    /// <summary>Those from which the head is reached again, without the way through it; the head is one of them.</summary>
    public static HashSet<int> Of(ControlFlow flow, Dominators dominators, int head)
    {
        var loop = new HashSet<int> { head };
        var work = new Stack<int>();
        foreach (var p in flow.Predecessors(head))
            if (dominators.Dominates(head, p) && loop.Add(p)) work.Push(p);
        while (work.TryPop(out var block))
            foreach (var p in flow.Predecessors(block))
                if (loop.Add(p)) work.Push(p);
        return loop;
    }
}
