using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Optimization;

/// <summary>
/// After <c>x = t</c>, reads of t become reads of x where t isn't wanted beyond them: then t ends at the copy, and both can be
/// in one machine register. (Propagation goes the other way, which shows more constants; so this comes last.)
/// </summary>
internal static class CopyForwarding
{
    // Reads farther away than this are left alone, so that a long block takes no longer than its length.
    private const int Reach = 32;

    public static IrFunction Run(IrFunction function)
    {
        var flow = ControlFlow.Of(function);
        var liveness = new Liveness(flow, function.RegisterCount);
        var liveAfter = new int[function.RegisterCount]; // the block, plus 1
        var lastRead = new (int Block, int Index)[function.RegisterCount];
        Span<VReg> uses = stackalloc VReg[IrOperands.MaxUses];
        for (var b = 0; b < flow.Count; b++)
        {
            foreach (var reg in liveness.LiveOut(b)) liveAfter[reg] = b + 1;
            var ops = flow.Order[b].Ops;
            for (var i = ops.Count - 1; i >= 0; i--)
            {
                if (ops[i] is IrOp.Copy copy && liveAfter[copy.Src.Id] != b + 1 && lastRead[copy.Src.Id] is var (block, last) && block == b + 1)
                    Forward(ops, i, last, copy);
                for (var n = ops[i].Uses(uses) - 1; n >= 0; n--)
                    if (lastRead[uses[n].Id].Block != b + 1) lastRead[uses[n].Id] = (b + 1, i);
            }
        }
        return function;
    }

    private static void Forward(List<IrOp> ops, int at, int last, IrOp.Copy copy)
    {
        if (last - at > Reach) return;
        // The last read may assign one of the two itself: it reads first.
        for (var i = at + 1; i < last; i++)
            if (ops[i].Definition() is { } dst && (dst == copy.Dst || dst == copy.Src)) return;
        for (var i = at + 1; i <= last; i++) ops[i] = ops[i].MapUses(reg => reg == copy.Src ? copy.Dst : reg);
    }
}
