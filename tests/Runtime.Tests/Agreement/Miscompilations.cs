using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Lowering;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;
using Ktap.Compiler.Values;

namespace Ktap.Runtime.Tests.Agreement;

/// <summary>The faults that the comparison has to find: those that compilers have.</summary>
internal static class Miscompilations
{
    /// <summary>All of them.</summary>
    public static readonly ImmutableArray<Miscompilation> All =
    [
        new("swapped comparison") { Typed = Replace<TypedBinary>(b => b.Op switch { BinaryOp.Less => b with { Op = BinaryOp.Greater }, BinaryOp.Greater => b with { Op = BinaryOp.Less }, _ => b }) },
        new("comparison without its equal case") { Typed = Replace<TypedBinary>(b => b.Op == BinaryOp.LessEqual ? b with { Op = BinaryOp.Less } : b) },
        new("equal for not equal") { Typed = Replace<TypedBinary>(b => b.Op == BinaryOp.NotEqual ? b with { Op = BinaryOp.Equal } : b) },
        new("add for subtract") { Typed = Replace<TypedBinary>(b => b.Op == BinaryOp.Subtract ? b with { Op = BinaryOp.Add } : b) },
        new("operands exchanged") { Typed = Replace<TypedBinary>(b => b.Op is BinaryOp.Subtract or BinaryOp.ShiftLeft ? b with { Left = b.Right, Right = b.Left } : b) },
        new("and for or") { Typed = Replace<TypedLogical>(l => l.Type is KtapType.BoolType ? l with { IsAnd = !l.IsAnd } : l) },
        new("wrong branch") { Typed = Replace<TypedIf>(i => i is { Clauses: [var (condition, body)], Else: { } otherwise } ? i with { Clauses = [(condition, otherwise)], Else = body } : i) },
        new("constant off by one") { Typed = Replace<TypedBinary>(b => b.Right is TypedConstant { Type: KtapType.IntType, Value.AsInt: > 2 and < long.MaxValue } c ? b with { Right = c with { Value = Value.Int(c.Value.AsInt + 1) } } : b) },
        new("nil stored as 0") { Typed = Replace<TypedAssign>(a => a with { Values = [.. a.Values.Zip(a.Targets, NilAsZero)] }) },
        new("wrong order of arguments") { Typed = Replace<TypedInline>(i => i.Arguments is [var (p, a), var (q, b), ..] && a.Type == b.Type ? i with { Arguments = i.Arguments.SetItem(0, (p, b)).SetItem(1, (q, a)) } : i) },
        new("unsigned comparison") { Ir = (op, _) => op is IrOp.Branch b ? b with { Condition = Unsigned(b.Condition) } : op is IrOp.Compare c ? c with { Condition = Unsigned(c.Condition) } : op },
        new("logical shift for arithmetic") { Ir = (op, _) => op is IrOp.Binary { Op: IrBinary.ShrS } b && b.B.Immediate != 63 ? b with { Op = IrBinary.ShrU } : op },
        new("shift count cut too short") { Ir = (op, _) => op is IrOp.Binary { Op: IrBinary.And, B: { Register: null, Immediate: 63 } } b ? b with { B = 31 } : op },
        new("sign of a division ignored") { Ir = (op, _) => op is IrOp.Binary { Op: IrBinary.ShrS, B: { Register: null, Immediate: 63 } } b ? new IrOp.Const(b.Dst, 0, b.Span) : op },
        new("dropped store") { Ir = (op, at) => op is IrOp.Store { Size: 8 } s && IsVariable(at(s.Base)) ? null : op },
        new("wrong width of a load") { Ir = (op, _) => op is IrOp.Load { Size: 8, Field: null } l ? l with { Size = 4 } : op },
        new("variable at the wrong place") { Ir = (op, _) => op is IrOp.DataAddress { Section: DataKind.Bss, Offset: > SharedMemory.FirstLine } d ? d with { Offset = d.Offset - 8 } : op },
        new("atomic add dropped") { Ir = (op, _) => op is IrOp.Atomic { Op: IrAtomic.Add } ? null : op },
        new("key not cleared") { Ir = (op, at) => op is IrOp.Store { Value: { Register: null, Immediate: 0 } } s && at(s.Base) is IrOp.FrameAddress ? null : op },
        new("strings compared by their first word only") { Ir = (op, at) => op is IrOp.Branch { Condition: IrCondition.Eq } b && at(b.A) is IrOp.Load { Size: 8, Offset: >= 8 } ? new IrOp.Jump(b.Then, b.Span) : op },
        new("a slot that exists is not replaced") { Ir = (op, _) => op is IrOp.Call { Helper: BpfHelper.MapUpdateElem } c ? c with { Args = c.Args.SetItem(3, 1) } : op },
        new("slot not deleted") { Ir = (op, _) => op is IrOp.Call { Helper: BpfHelper.MapDeleteElem } ? null : op },
        new("multiplication in 32 bits") { Code = code => [.. code.Select(i => i.Class == BpfClass.Alu64 && (i.Opcode & 0xf0) == (byte)BpfAluOp.Mul ? i with { Opcode = (byte)(i.Opcode & ~7 | (byte)BpfClass.Alu) } : i)] },
        new("clobbered register") { Code = Clobber },
    ];

    private static Func<object, object> Replace<T>(Func<T, object> change) => node => node is T wanted ? change(wanted) : node;

    private static TypedExpression NilAsZero(TypedExpression value, TypedTarget target)
    {
        var type = target switch { TypedTarget.Cell c => c.Variable.Type, TypedTarget.Local l => l.Variable.Type, _ => KtapType.Never };
        return value.Type is KtapType.NilType && type.NotNil is KtapType.IntType ? new TypedConstant(value.Span, KtapType.Int, Value.Int(0)) : value;
    }

    private static IrCondition Unsigned(IrCondition condition) => condition switch
    {
        IrCondition.LtS => IrCondition.LtU,
        IrCondition.LeS => IrCondition.LeU,
        IrCondition.GtS => IrCondition.GtU,
        IrCondition.GeS => IrCondition.GeU,
        _ => condition,
    };

    // A place in .bss behind the control block.
    private static bool IsVariable(IrOp? op) => op is IrOp.DataAddress { Section: DataKind.Bss, Offset: >= SharedMemory.FirstLine };

    // "D = S op x" is made as "D = S; D op= x" where S is needed later. Here it is "S op= x; D = S", as if S weren't. Only of operations that no address takes part in.
    private static ImmutableArray<BpfInstruction> Clobber(ImmutableArray<BpfInstruction> code)
    {
        var targets = code.Select((c, i) => (c, i)).Where(p => p.c.IsJump).Select(p => p.i + 1 + p.c.Offset).ToHashSet();
        var result = code.ToBuilder();
        for (var i = 0; i + 1 < code.Length; i++)
        {
            var (copy, change) = (code[i], code[i + 1]);
            if (Operation(copy) != BpfAluOp.Mov || (copy.Opcode & FromRegister) == 0 || copy.Dst == copy.Src || targets.Contains(i + 1)) continue;
            if (Operation(change) is not (BpfAluOp.Mul or BpfAluOp.Xor or BpfAluOp.Or) || change.Dst != copy.Dst || ((change.Opcode & FromRegister) != 0 && change.Src == copy.Dst)) continue;
            (result[i], result[i + 1]) = (change with { Dst = copy.Src }, copy);
        }
        return result.ToImmutable();
    }

    private const byte FromRegister = 8;

    private static BpfAluOp? Operation(BpfInstruction instruction) => instruction.Class == BpfClass.Alu64 ? (BpfAluOp)(instruction.Opcode & 0xf0) : null;
}
