using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Codegen;

// From the IR's names of operations to the instruction set's.
internal sealed partial class InstructionEmitter
{
    private static BpfSize Size(int bytes) => bytes switch { 1 => BpfSize.Byte, 2 => BpfSize.Half, 4 => BpfSize.Word, _ => BpfSize.Double };

    private static BpfAluOp AluOp(IrBinary op) => op switch
    {
        IrBinary.Add => BpfAluOp.Add,
        IrBinary.Sub => BpfAluOp.Sub,
        IrBinary.Mul => BpfAluOp.Mul,
        IrBinary.DivU => BpfAluOp.Div,
        IrBinary.ModU => BpfAluOp.Mod,
        IrBinary.And => BpfAluOp.And,
        IrBinary.Or => BpfAluOp.Or,
        IrBinary.Xor => BpfAluOp.Xor,
        IrBinary.Shl => BpfAluOp.Lsh,
        IrBinary.ShrU => BpfAluOp.Rsh,
        IrBinary.ShrS => BpfAluOp.Arsh,
        _ => throw new InvalidOperationException($"no instruction for {op}"),
    };

    private static BpfJumpOp JumpOp(IrCondition condition) => condition switch
    {
        IrCondition.Eq => BpfJumpOp.Equal,
        IrCondition.Ne => BpfJumpOp.NotEqual,
        IrCondition.LtS => BpfJumpOp.SignedLess,
        IrCondition.LeS => BpfJumpOp.SignedLessOrEqual,
        IrCondition.GtS => BpfJumpOp.SignedGreater,
        IrCondition.GeS => BpfJumpOp.SignedGreaterOrEqual,
        IrCondition.LtU => BpfJumpOp.Less,
        IrCondition.LeU => BpfJumpOp.LessOrEqual,
        IrCondition.GtU => BpfJumpOp.Greater,
        IrCondition.GeU => BpfJumpOp.GreaterOrEqual,
        IrCondition.Test => BpfJumpOp.Set,
        _ => throw new InvalidOperationException($"no jump for {condition}"),
    };

    private static BpfAtomicOp PlainOp(IrAtomic op) => op switch
    {
        IrAtomic.Add => BpfAtomicOp.Add,
        IrAtomic.Or => BpfAtomicOp.Or,
        IrAtomic.And => BpfAtomicOp.And,
        IrAtomic.Xor => BpfAtomicOp.Xor,
        _ => throw new InvalidOperationException($"an atomic {op} has a result"),
    };

    private static BpfAtomicOp FetchOp(IrAtomic op) => op switch
    {
        IrAtomic.Add => BpfAtomicOp.FetchAdd,
        IrAtomic.Or => BpfAtomicOp.FetchOr,
        IrAtomic.And => BpfAtomicOp.FetchAnd,
        IrAtomic.Xor => BpfAtomicOp.FetchXor,
        IrAtomic.Exchange => BpfAtomicOp.Exchange,
        _ => throw new InvalidOperationException($"no instruction for an atomic {op}"),
    };
}
