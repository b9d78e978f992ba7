using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Optimization;

/// <summary>
/// Straightens the control flow: jumps to jumps go to where those go, a branch whose outcome is known where control comes from
/// is skipped, a block that only one jump leads to joins the block of that jump, and what can't be reached is dropped.
/// </summary>
internal static class BlockSimplification
{
    // So many assignments before a branch are made on each way to where it is known to go.
    private const int MostCopied = 4;

    public static IrFunction Run(IrFunction function)
    {
        function = Thread(function);
        var reachable = ControlFlow.Of(function);
        function = function with { Blocks = [.. function.Blocks.Where(b => reachable.IndexOf(b) >= 0)] };
        return Merge(function);
    }

    private static IrFunction Thread(IrFunction function)
    {
        // In a function with loops ways stay joined: verifiers that walk rounds tell them apart by what was assigned on them.
        var mostCopied = HasLoops(function) ? 0 : MostCopied;
        var ends = new IrBlock?[function.BlockIdLimit];
        var (added, next) = (new List<IrBlock>(), function.BlockIdLimit);
        foreach (var block in function.Blocks)
        {
            var last = block.Ops[^1].MapTargets(target => End(target, ends));
            block.Ops[^1] = last;
            // The branch that a jump leads to may be decided by what this block has just assigned; then the next, and so on.
            for (var hops = 0; hops < 8 && block.Ops[^1] is IrOp.Jump jump && Decided(block, jump.Target, mostCopied) is { } target; hops++)
            {
                block.Ops.RemoveAt(block.Ops.Count - 1);
                block.Ops.AddRange(jump.Target.Ops[..^1]);
                block.Ops.Add(jump with { Target = End(target, ends) });
            }
            if (block.Ops[^1] is not IrOp.Branch branch) continue;
            block.Ops[^1] = branch.Then == branch.Else ? new IrOp.Jump(branch.Then, branch.Span) : mostCopied == 0 ? branch : branch with { Then = Beyond(block, branch.Then), Else = Beyond(block, branch.Else) };
        }
        return added.Count == 0 ? function : function with { Blocks = function.Blocks.AddRange(added) };

        // The same for the two ways of a branch: what is assigned on the way needs a block of its own.
        IrBlock Beyond(IrBlock from, IrBlock to)
        {
            if (Decided(from, to, mostCopied) is not { } target) return to;
            if (to.Ops.Count == 1) return target;
            var way = new IrBlock(next++);
            way.Ops.AddRange(to.Ops[..^1]);
            way.Ops.Add(new IrOp.Jump(target, to.Ops[^1].Span));
            added.Add(way);
            return way;
        }
    }

    // Where a chain of blocks that only jump ends; every block on the way is remembered. A circle ends where it began.
    private static IrBlock End(IrBlock start, IrBlock?[] ends)
    {
        if (start.Ops is not [IrOp.Jump]) return start;
        var path = new List<IrBlock>();
        var at = start;
        IrBlock end;
        while (true)
        {
            if (ends[at.Id] is { } known) { end = known; break; }
            if (at.Ops is not [IrOp.Jump jump]) { end = at; break; }
            ends[at.Id] = at; // seen: if the chain comes back here, it is a circle
            path.Add(at);
            at = jump.Target;
        }
        foreach (var block in path) ends[block.Id] = end;
        return end;
    }

    // Where a block goes that is a few assignments and a branch on a register against a constant, coming from a block that has assigned the register a constant.
    private static IrBlock? Decided(IrBlock from, IrBlock target, int mostCopied)
    {
        if (target == from || target.Ops.Count > mostCopied + 1 || target.Ops[^1] is not IrOp.Branch { B.Register: null } branch) return null;
        var asked = branch.A;
        for (var i = target.Ops.Count - 2; i >= 0; i--)
        {
            if (target.Ops[i] is not (IrOp.Copy or IrOp.Const)) return null;
            if (target.Ops[i].Definition() != asked) continue;
            if (target.Ops[i] is not IrOp.Copy copy) return null;
            asked = copy.Src;
        }
        for (var i = from.Ops.Count - 2; i >= 0; i--)
        {
            if (from.Ops[i].Definition() != asked) continue;
            return from.Ops[i] is IrOp.Const constant
                ? Folding.Holds(branch.Condition, constant.Value, branch.B.Immediate) ? branch.Then : branch.Else
                : null;
        }
        return null;
    }

    private static bool HasLoops(IrFunction function)
    {
        var flow = ControlFlow.Of(function);
        for (var b = 0; b < flow.Count; b++)
            foreach (var successor in flow.Successors(b))
                if (successor <= b) return true;
        return false;
    }

    private static IrFunction Merge(IrFunction function)
    {
        var predecessors = new int[function.BlockIdLimit];
        foreach (var block in function.Blocks)
        {
            var (first, second) = block.Ops[^1].Successors();
            if (first is not null) predecessors[first.Id]++;
            if (second is not null) predecessors[second.Id]++;
        }
        var merged = new bool[predecessors.Length];
        foreach (var block in function.Blocks)
        {
            if (merged[block.Id]) continue;
            while (block.Ops[^1] is IrOp.Jump { Target: var next } && next != block && predecessors[next.Id] == 1)
            {
                merged[next.Id] = true;
                block.Ops.RemoveAt(block.Ops.Count - 1);
                block.Ops.AddRange(next.Ops);
            }
        }
        return function with { Blocks = [.. function.Blocks.Where(b => !merged[b.Id])] };
    }
}
