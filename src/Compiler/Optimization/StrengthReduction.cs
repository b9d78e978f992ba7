using System.Numerics;
using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Optimization;

/// <summary>Multiplication, division and modulo by powers of two become shifts and masks.</summary>
internal static class StrengthReduction
{
    public static IrFunction Run(IrFunction function)
    {
        foreach (var block in function.Blocks)
            for (var i = 0; i < block.Ops.Count; i++)
                if (block.Ops[i] is IrOp.Binary { B.Register: null } op && BitOperations.IsPow2((ulong)op.B.Immediate))
                    block.Ops[i] = Reduce(op);
        return function;
    }

    private static IrOp.Binary Reduce(IrOp.Binary op)
    {
        var power = (ulong)op.B.Immediate;
        return op.Op switch
        {
            IrBinary.Mul => op with { Op = IrBinary.Shl, B = BitOperations.Log2(power) },
            IrBinary.DivU => op with { Op = IrBinary.ShrU, B = BitOperations.Log2(power) },
            IrBinary.ModU => op with { Op = IrBinary.And, B = (long)(power - 1) },
            _ => op,
        };
    }
}
