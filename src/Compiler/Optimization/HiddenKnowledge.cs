using Ktap.Compiler.Ir;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Optimization;

/// <summary>Makes the verifier forget what it knows of registers that hold numbers: a zero is added to each, one that lies in <c>.bss</c>, where only the kernel's memory knows it.</summary>
internal static class HiddenKnowledge
{
    /// <summary>Inserts the additions before an operation of a block, and gives the number of registers that the function has then.</summary>
    public static int Insert(IrBlock block, int index, IReadOnlyList<int> hidden, int registers, TextSpan span)
    {
        if (hidden.Count == 0) return registers;
        var (address, zero) = (new VReg(registers++), new VReg(registers++));
        var ops = new List<IrOp>(hidden.Count + 2)
        {
            new IrOp.DataAddress(address, DataKind.Bss, ControlBlock.Zero, span),
            new IrOp.Load(zero, 8, false, address, 0, span),
        };
        foreach (var register in hidden) ops.Add(new IrOp.Binary(new VReg(register), IrBinary.Add, new VReg(register), zero, span));
        block.Ops.InsertRange(index, ops);
        return registers;
    }
}
