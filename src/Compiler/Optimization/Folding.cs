using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Optimization;

/// <summary>What the IR's arithmetic gives for constants: exactly what the machine would.</summary>
internal static class Folding
{
    public static long Compute(IrBinary op, long a, long b) => op switch
    {
        IrBinary.Add => a + b,
        IrBinary.Sub => a - b,
        IrBinary.Mul => a * b,
        // A divisor of 0 is in code that is never reached; it gives what the instruction set says.
        IrBinary.DivU => b == 0 ? 0 : (long)((ulong)a / (ulong)b),
        IrBinary.ModU => b == 0 ? a : (long)((ulong)a % (ulong)b),
        IrBinary.And => a & b,
        IrBinary.Or => a | b,
        IrBinary.Xor => a ^ b,
        IrBinary.Shl => a << (int)b,
        IrBinary.ShrU => a >>> (int)b,
        IrBinary.ShrS => a >> (int)b,
        _ => throw new InvalidOperationException($"no arithmetic for {op}"),
    };

    public static bool Holds(IrCondition condition, long a, long b) => condition switch
    {
        IrCondition.Eq => a == b,
        IrCondition.Ne => a != b,
        IrCondition.LtS => a < b,
        IrCondition.LeS => a <= b,
        IrCondition.GtS => a > b,
        IrCondition.GeS => a >= b,
        IrCondition.LtU => (ulong)a < (ulong)b,
        IrCondition.LeU => (ulong)a <= (ulong)b,
        IrCondition.GtU => (ulong)a > (ulong)b,
        IrCondition.GeU => (ulong)a >= (ulong)b,
        IrCondition.Test => (a & b) != 0,
        _ => throw new InvalidOperationException($"no comparison for {condition}"),
    };

    /// <summary>What a op constant is where it is a itself (<c>a + 0</c>) or a constant (<c>a * 0</c>); null elsewhere.</summary>
    public static IrOperand? Identity(IrBinary op, VReg a, long b) => (op, b) switch
    {
        (IrBinary.Add or IrBinary.Sub or IrBinary.Or or IrBinary.Xor or IrBinary.Shl or IrBinary.ShrU or IrBinary.ShrS, 0) => a,
        (IrBinary.Mul or IrBinary.DivU, 1) => a,
        (IrBinary.And, -1) => a,
        (IrBinary.Mul or IrBinary.And, 0) => 0,
        (IrBinary.ModU, 1) => 0,
        (IrBinary.Or, -1) => -1,
        _ => null,
    };
}
