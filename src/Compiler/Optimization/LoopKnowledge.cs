using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Optimization;

/// <summary>
/// What the verifier may know, at the end of a round of a guarded loop, of a register that was unknown when the round began. A way on which `n == 5`, or which
/// assigned 0, goes on with a number that is known; the next round makes it 6, then 7, and nothing seen before includes that. Where the verifier walks every
/// round, each would begin with as many ranges of a number as there were rounds since `n &lt; 500` last told of it.
/// </summary>
internal static class LoopKnowledge
{
    /// <summary>Those of the carried registers of which it may know something. The others are only added to, and no comparison tells of them but those that each round makes to go on.</summary>
    public static List<int> Of(ControlFlow flow, Dominators dominators, HashSet<int> loop, int head, List<int> carried)
    {
        var definitions = new Dictionary<int, IrOp?>(); // null: several
        var compared = new HashSet<int>();
        var linked = new List<(int, int)>(); // the verifier learns of both what it learns of one
        foreach (var block in loop)
            foreach (var op in flow.Order[block].Ops)
            {
                if (op.Definition() is { } dst) definitions[dst.Id] = definitions.ContainsKey(dst.Id) ? null : op;
                (VReg? A, VReg? B) test = op switch
                {
                    IrOp.Compare o => ((VReg?)o.A, o.B.Register),
                    IrOp.Branch o when !EndsEachRound(flow, dominators, loop, head, block) => ((VReg?)o.A, o.B.Register),
                    _ => default,
                };
                if (op is IrOp.Copy copy) linked.Add((copy.Dst.Id, copy.Src.Id));
                if (op is IrOp.Binary { Op: IrBinary.Add, B.Register: null } sum) linked.Add((sum.Dst.Id, sum.A.Id));
                if (test.A is { } first) compared.Add(first.Id);
                if (test.B is { } second) compared.Add(second.Id);
            }
        bool grew;
        do
        {
            grew = false;
            foreach (var (one, other) in linked)
                if (compared.Contains(one) != compared.Contains(other)) grew |= compared.Add(one) | compared.Add(other);
        }
        while (grew);
        return [.. carried.Where(r => !IsOnlyAddedTo(r, definitions, compared))];
    }

    // A comparison that every round makes, and that leaves the loop on one side, tells no more each time.
    private static bool EndsEachRound(ControlFlow flow, Dominators dominators, HashSet<int> loop, int head, int block)
    {
        var leaves = false;
        foreach (var next in flow.Successors(block)) leaves |= !loop.Contains(next);
        if (!leaves) return false;
        foreach (var last in flow.Predecessors(head))
            if (loop.Contains(last) && !dominators.Dominates(block, last)) return false;
        return true;
    }

    // From the register's one assignment back to itself, through copies and sums that are assigned once too.
    private static bool IsOnlyAddedTo(int register, Dictionary<int, IrOp?> definitions, HashSet<int> compared)
    {
        var (at, left) = (register, definitions.Count);
        do
        {
            if (left-- == 0 || compared.Contains(at) || !definitions.TryGetValue(at, out var definition)) return false;
            switch (definition)
            {
                case IrOp.Copy o: at = o.Src.Id; break;
                case IrOp.Binary { Op: IrBinary.Add or IrBinary.Sub } o: at = o.A.Id; break;
                default: return false;
            }
        }
        while (at != register);
        return true;
    }
}
