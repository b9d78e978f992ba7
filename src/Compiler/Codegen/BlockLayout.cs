using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Codegen;

/// <summary>
/// The order of blocks in the code: as built, but a block is followed by one that it goes to where that makes no jump back, so
/// that it falls through. Blocks that can't be reached are left out: the verifier refuses them.
/// </summary>
internal static class BlockLayout
{
    public static List<IrBlock> Order(IrFunction function)
    {
        var flow = new ControlFlow(function.CopyReachable().Blocks);
        var order = new List<IrBlock>(flow.Count);
        var placed = new bool[flow.Count];
        var waitsFor = new int[flow.Count]; // blocks built before it that lead to it and are not placed yet
        for (var b = 0; b < flow.Count; b++)
            foreach (var p in flow.Predecessors(b))
                if (p < b) waitsFor[b]++;

        for (var start = 0; start < flow.Count; start++)
            for (var at = start; at >= 0 && !placed[at]; at = Next(at))
            {
                placed[at] = true;
                order.Add(flow.Order[at]);
                foreach (var s in flow.Successors(at))
                    if (s > at) waitsFor[s]--;
            }
        return order;

        int Next(int at)
        {
            var next = -1;
            foreach (var s in flow.Successors(at))
                if (!placed[s] && (s == at + 1 || (next < 0 && waitsFor[s] == 0))) next = s;
            return next;
        }
    }
}
