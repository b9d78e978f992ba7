using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Optimization;

/// <summary>
/// Which block every path to a block goes through last before it: its immediate dominator. Semi-NCA (Georgiadis, "Linear-time
/// algorithms for dominators and related problems"): in practice linear, also where thousands of blocks lead to one.
/// </summary>
internal sealed class Dominators
{
    private readonly ControlFlow _flow;
    private readonly int[] _number; // by block: when the depth-first walk came to it
    private readonly int[] _vertex; // by number: the block
    private readonly int[] _parent; // the rest is by number
    private readonly int[] _semi;
    private readonly int[] _label;
    private readonly int[] _ancestor;

    public Dominators(ControlFlow flow)
    {
        _flow = flow;
        var count = flow.Count;
        (_number, _vertex, _parent) = (new int[count], new int[count], new int[count]);
        (_semi, _label, _ancestor) = (new int[count], new int[count], new int[count]);
        Walk();

        var idom = new int[count];
        for (var v = 0; v < count; v++) (_semi[v], _label[v], _ancestor[v]) = (v, v, -1);
        for (var w = count - 1; w > 0; w--)
        {
            foreach (var p in flow.Predecessors(_vertex[w])) _semi[w] = Math.Min(_semi[w], _semi[Evaluate(_number[p])]);
            _label[w] = w;
            _ancestor[w] = _parent[w];
            idom[w] = _parent[w];
        }
        for (var w = 1; w < count; w++)
            while (idom[w] > _semi[w]) idom[w] = idom[idom[w]];

        Parent = new int[count];
        Parent[0] = -1;
        for (var w = 1; w < count; w++) Parent[_vertex[w]] = _vertex[idom[w]];
        Children = new List<int>?[count];
        for (var b = 1; b < count; b++) (Children[Parent[b]] ??= []).Add(b);
    }

    /// <summary>By block: its immediate dominator; -1 for the entry.</summary>
    public int[] Parent { get; }

    /// <summary>By block: the blocks that it dominates immediately, or null.</summary>
    public List<int>?[] Children { get; }

    /// <summary>Whether every path to a block goes through another, or it is that block.</summary>
    public bool Dominates(int above, int block)
    {
        for (; block >= 0; block = Parent[block])
            if (block == above) return true;
        return false;
    }

    private void Walk()
    {
        Array.Fill(_number, -1);
        var next = 0;
        var stack = new Stack<(int Block, int Parent)>();
        stack.Push((0, 0));
        while (stack.TryPop(out var top))
        {
            if (_number[top.Block] >= 0) continue;
            _number[top.Block] = next;
            _vertex[next] = top.Block;
            _parent[next] = top.Parent;
            foreach (var s in _flow.Successors(top.Block)) stack.Push((s, next));
            next++;
        }
    }

    // The vertex of least semidominator on the way up to the root of v's tree; shortens the way.
    private int Evaluate(int v)
    {
        if (_ancestor[v] < 0) return v;
        var path = new Stack<int>();
        for (var u = v; _ancestor[_ancestor[u]] >= 0; u = _ancestor[u]) path.Push(u);
        while (path.TryPop(out var u))
        {
            var above = _ancestor[u];
            if (_semi[_label[above]] < _semi[_label[u]]) _label[u] = _label[above];
            _ancestor[u] = _ancestor[above];
        }
        return _label[v];
    }
}
