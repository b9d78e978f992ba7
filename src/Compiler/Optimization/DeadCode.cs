using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Optimization;

/// <summary>
/// Drops what nobody wants: blocks that can't be reached; operations without effect whose results are not used, directly or through others that are dropped;
/// assignments that are overwritten before being read; stores to frame slots that are never read. A result that
/// nobody wants is taken from calls and atomics, whose effect stays.
/// </summary>
internal static class DeadCode
{
    public static IrFunction Run(IrFunction function)
    {
        var flow = ControlFlow.Of(function);
        function = function with { Blocks = [.. function.Blocks.Where(b => flow.IndexOf(b) >= 0)] };
        DropUnused(function);
        DropOverwritten(function);
        return function;
    }

    // Marks what has an effect, then all that it reads, wherever that is assigned; the rest goes, circles included.
    private static void DropUnused(IrFunction function)
    {
        var count = function.Blocks.Sum(b => b.Ops.Count);
        var ops = new List<IrOp>(count);
        foreach (var block in function.Blocks) ops.AddRange(block.Ops);

        // By register the last op that assigns it, by op the one before that assigns the same; both plus 1.
        var lastAssignment = new int[function.RegisterCount];
        var assignmentBefore = new int[count];
        var unread = UnreadAddresses(function);
        var wanted = new bool[count];
        var work = new Stack<int>();
        for (var i = 0; i < count; i++)
        {
            if (ops[i].Definition() is { } dst) (assignmentBefore[i], lastAssignment[dst.Id]) = (lastAssignment[dst.Id], i + 1);
            wanted[i] = !ops[i].IsRemovable() && !(ops[i] is IrOp.Store store && unread[store.Base.Id]);
            if (wanted[i]) work.Push(i);
        }

        Span<VReg> uses = stackalloc VReg[IrOperands.MaxUses];
        while (work.TryPop(out var index))
            for (var n = ops[index].Uses(uses) - 1; n >= 0; n--)
            {
                // Once followed, a register's list is empty.
                for (var a = lastAssignment[uses[n].Id]; a > 0; a = assignmentBefore[a - 1])
                {
                    if (wanted[a - 1]) continue;
                    wanted[a - 1] = true;
                    work.Push(a - 1);
                }
                lastAssignment[uses[n].Id] = 0;
            }

        var at = 0;
        foreach (var block in function.Blocks)
        {
            var kept = 0;
            for (var i = 0; i < block.Ops.Count; i++, at++)
                if (wanted[at] && !(ops[at] is IrOp.Copy copy && copy.Src == copy.Dst)) block.Ops[kept++] = ops[at];
            block.Ops.RemoveRange(kept, block.Ops.Count - kept);
        }
    }

    // Registers that are the address of a slot which is only ever stored to: no load, no call, no other register has it.
    private static bool[] UnreadAddresses(IrFunction function)
    {
        var definitions = new Definitions(function);
        var read = new bool[function.Slots.Length];
        Span<VReg> uses = stackalloc VReg[IrOperands.MaxUses];
        foreach (var block in function.Blocks)
            foreach (var op in block.Ops)
            {
                if (op is IrOp.FrameAddress address && !definitions.IsSingle(address.Dst)) read[address.Slot.Id] = true;
                for (var n = op.Uses(uses) - 1; n >= 0; n--)
                    if (definitions.Of(uses[n]) is IrOp.FrameAddress used && !(op is IrOp.Store store && store.Base == uses[n] && store.Value != (IrOperand)uses[n]))
                        read[used.Slot.Id] = true;
            }
        var unread = new bool[function.RegisterCount];
        for (var i = 0; i < unread.Length; i++)
            unread[i] = definitions.Of(new VReg(i)) is IrOp.FrameAddress address && !read[address.Slot.Id];
        return unread;
    }

    // Backwards through each block, from what is wanted after it.
    private static void DropOverwritten(IrFunction function)
    {
        var flow = ControlFlow.Of(function);
        var liveness = new Liveness(flow, function.RegisterCount);
        var wantedAfter = new int[function.RegisterCount]; // the block, plus 1, in which the register is wanted after the place reached
        Span<VReg> uses = stackalloc VReg[IrOperands.MaxUses];
        for (var b = 0; b < flow.Count; b++)
        {
            foreach (var reg in liveness.LiveOut(b)) wantedAfter[reg] = b + 1;
            var ops = flow.Order[b].Ops;
            var dropped = false;
            for (var i = ops.Count - 1; i >= 0; i--)
            {
                if (ops[i].Definition() is { } dst && wantedAfter[dst.Id] != b + 1)
                {
                    if (ops[i].IsRemovable())
                    {
                        ops[i] = new IrOp.Copy(dst, dst, ops[i].Span); // marks it; all go at once below
                        dropped = true;
                        continue;
                    }
                    ops[i] = WithoutResult(ops[i]);
                }
                if (ops[i].Definition() is { } assigned) wantedAfter[assigned.Id] = 0;
                for (var n = ops[i].Uses(uses) - 1; n >= 0; n--) wantedAfter[uses[n].Id] = b + 1;
            }
            if (dropped) ops.RemoveAll(op => op is IrOp.Copy copy && copy.Src == copy.Dst);
        }
    }

    private static IrOp WithoutResult(IrOp op) => op switch
    {
        IrOp.Call call => call with { Dst = null },
        IrOp.Atomic { Op: not (IrAtomic.Exchange or IrAtomic.CompareExchange) } atomic => atomic with { Dst = null },
        _ => op,
    };
}
