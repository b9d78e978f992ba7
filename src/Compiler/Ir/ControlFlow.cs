namespace Ktap.Compiler.Ir;

/// <summary>
/// How blocks lead to each other: the blocks that can be reached, in some order with the entry first, known by their index in
/// it. A snapshot: a pass that changes terminators makes a new one.
/// </summary>
public sealed class ControlFlow
{
    private readonly int[] _indexOf;
    private readonly int[] _successors; // two a block, -1 for none
    private readonly int[] _predecessorStart;
    private readonly int[] _predecessors;

    /// <summary>Takes blocks in the order wanted: the entry first, none unreachable, every target among them.</summary>
    public ControlFlow(IReadOnlyList<IrBlock> order)
    {
        Order = order;
        var maxId = 0;
        foreach (var block in order) maxId = Math.Max(maxId, block.Id);
        _indexOf = new int[maxId + 1];
        Array.Fill(_indexOf, -1);
        for (var i = 0; i < order.Count; i++) _indexOf[order[i].Id] = i;

        _successors = new int[order.Count * 2];
        _predecessorStart = new int[order.Count + 1];
        for (var i = 0; i < order.Count; i++)
        {
            var (first, second) = order[i].Ops[^1].Successors();
            _successors[i * 2] = first is null ? -1 : _indexOf[first.Id];
            _successors[i * 2 + 1] = second is null || second == first ? -1 : _indexOf[second.Id];
            foreach (var s in Successors(i)) _predecessorStart[s + 1]++;
        }
        for (var i = 0; i < order.Count; i++) _predecessorStart[i + 1] += _predecessorStart[i];
        _predecessors = new int[_predecessorStart[^1]];
        var fill = _predecessorStart.AsSpan(0, order.Count).ToArray();
        for (var i = 0; i < order.Count; i++)
            foreach (var s in Successors(i)) _predecessors[fill[s]++] = i;
    }

    /// <summary>A function's reachable blocks in reverse post-order: each after those that dominate it.</summary>
    public static ControlFlow Of(IrFunction function) => new(ReversePostOrder(function));

    /// <summary>The blocks.</summary>
    public IReadOnlyList<IrBlock> Order { get; }

    /// <summary>The number of blocks.</summary>
    public int Count => Order.Count;

    /// <summary>The block's index in <see cref="Order"/>, or -1 if it can't be reached.</summary>
    public int IndexOf(IrBlock block) => block.Id < _indexOf.Length ? _indexOf[block.Id] : -1;

    /// <summary>The blocks that may come next, each once.</summary>
    public ReadOnlySpan<int> Successors(int block)
    {
        var count = _successors[block * 2] < 0 ? 0 : _successors[block * 2 + 1] < 0 ? 1 : 2;
        return _successors.AsSpan(block * 2, count);
    }

    /// <summary>The blocks that may come before, each once.</summary>
    public ReadOnlySpan<int> Predecessors(int block) => _predecessors.AsSpan(_predecessorStart[block].._predecessorStart[block + 1]);

    // With a stack of its own: a function may be thousands of blocks deep.
    private static List<IrBlock> ReversePostOrder(IrFunction function)
    {
        var order = new List<IrBlock>(function.Blocks.Length);
        var seen = new bool[function.BlockIdLimit];
        var stack = new Stack<(IrBlock Block, int Next)>();
        seen[function.Blocks[0].Id] = true;
        stack.Push((function.Blocks[0], 0));
        while (stack.TryPop(out var top))
        {
            var (first, second) = top.Block.Ops[^1].Successors();
            // The second successor is visited first, so that the first one comes first in the reversed order.
            var next = top.Next == 0 ? second : top.Next == 1 ? first : null;
            if (top.Next < 2) stack.Push((top.Block, top.Next + 1));
            else order.Add(top.Block);
            if (next is null || seen[next.Id]) continue;
            seen[next.Id] = true;
            stack.Push((next, 0));
        }
        order.Reverse();
        return order;
    }
}
