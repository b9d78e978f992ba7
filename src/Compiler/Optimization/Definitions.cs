using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Optimization;

/// <summary>
/// How often each register is assigned, and by what if once. A register that is assigned once keeps its value from there to every
/// use, because the assignment comes before them all: facts about it hold wherever it is used.
/// </summary>
internal sealed class Definitions
{
    private readonly int[] _count;
    private readonly IrOp?[] _only;

    public Definitions(IrFunction function)
    {
        _count = new int[function.RegisterCount];
        _only = new IrOp?[function.RegisterCount];
        foreach (var block in function.Blocks)
            foreach (var op in block.Ops)
                if (op.Definition() is { } dst)
                    _only[dst.Id] = ++_count[dst.Id] == 1 ? op : null;
    }

    public bool IsSingle(VReg reg) => _count[reg.Id] == 1;

    public bool IsSingle(IrOperand operand) => operand.Register is not { } reg || IsSingle(reg);

    /// <summary>The operation that assigns the register, as it was when this was made; null where there are several.</summary>
    public IrOp? Of(VReg reg) => _only[reg.Id];
}
