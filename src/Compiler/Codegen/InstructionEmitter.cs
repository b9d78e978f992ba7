using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Codegen;

/// <summary>Turns a function whose registers have places into instructions.</summary>
internal sealed partial class InstructionEmitter
{
    private readonly WorkFunction _function;
    private readonly BpfRegister[] _registers;
    private readonly FrameLayout _frame;
    private readonly Assembler _code = new();
    private readonly List<TextSpan> _spans = [];
    private readonly ImmutableArray<CodeRelocation>.Builder _relocations = ImmutableArray.CreateBuilder<CodeRelocation>();
    private readonly Dictionary<int, Label> _labels = [];

    private InstructionEmitter(WorkFunction function, BpfRegister[] registers, FrameLayout frame) =>
        (_function, _registers, _frame) = (function, registers, frame);

    /// <summary>The code, whose tags are indexes of the spans.</summary>
    public static (AssembledCode Code, ImmutableArray<CodeRelocation> Relocations, List<TextSpan> Spans) Emit(WorkFunction function, BpfRegister[] registers, FrameLayout frame)
    {
        var emitter = new InstructionEmitter(function, registers, frame);
        for (var b = 0; b < function.Blocks.Count; b++)
        {
            emitter._code.Mark(emitter.LabelOf(function.Blocks[b]));
            var next = b + 1 < function.Blocks.Count ? function.Blocks[b + 1] : null;
            foreach (var op in function.Blocks[b].Ops)
            {
                if (emitter._spans.Count == 0 || emitter._spans[^1] != op.Span) emitter._spans.Add(op.Span);
                emitter._code.Tag = emitter._spans.Count - 1;
                emitter.Emit(op, next);
            }
        }
        return (emitter._code.Finish(), emitter._relocations.ToImmutable(), emitter._spans);
    }

    private void Emit(IrOp op, IrBlock? next)
    {
        switch (op)
        {
            case IrOp.Const or IrOp.FrameAddress or IrOp.MapAddress or IrOp.DataAddress or IrOp.FunctionAddress or IrOp.FieldOffset: Make(op, At(op.Definition()!.Value)); break;
            case IrOp.Context o: Move(At(o.Dst), BpfRegister.R1); break;
            case IrOp.Parameter o: Move(At(o.Dst), BpfRegister.R1 + (byte)o.Index); break;
            case IrOp.Copy o: Into(At(o.Dst), o.Src); break;
            case IrOp.Swap o:
                Into(At(o.Dst), o.Src);
                _code.Emit(BpfInstruction.ToOrder(At(o.Dst), ByteOrder.Big, 64));
                break;
            case IrOp.Binary o: Binary(o); break;
            case IrOp.Compare o: Compare(o); break;
            case IrOp.Load o: Load(o, At(o.Dst)); break;
            case IrOp.Store o: Store(o); break;
            case IrOp.Atomic o: Atomic(o); break;
            case IrOp.Call o: Call(o); break;
            case IrOp.Jump o:
                if (o.Target != next) _code.Jump(LabelOf(o.Target));
                break;
            case IrOp.Branch o: Branch(o, next); break;
            case IrOp.Guard o:
                _code.Jump(BpfInstruction.MayJump(0), LabelOf(o.Exhausted));
                if (o.Inside != next) _code.Jump(LabelOf(o.Inside));
                break;
            case IrOp.Return o:
                Operand(BpfRegister.R0, o.Value);
                _code.Emit(BpfInstruction.Exit());
                break;
            default: throw new InvalidOperationException($"no instructions for {IrPrinter.Print(op)}");
        }
    }

    // Runs a recipe, or an op that could be one, into a machine register.
    private void Make(IrOp op, BpfRegister dst)
    {
        switch (op)
        {
            case IrOp.Const o: _code.LoadConstant(dst, o.Value); break;
            case IrOp.FrameAddress o:
                Move(dst, BpfRegister.R10);
                _code.Emit(BpfInstruction.Alu(BpfAluOp.Add, dst, _frame.OffsetOf(o)));
                break;
            case IrOp.MapAddress o:
                _relocations.Add(new CodeRelocation.Map(_code.Position, o.Map));
                _code.Emit(BpfInstruction.Wide(dst, BpfPseudo.None, 0));
                break;
            case IrOp.DataAddress o:
                _relocations.Add(new CodeRelocation.Data(_code.Position, o.Section));
                _code.Emit(BpfInstruction.Wide(dst, BpfPseudo.None, o.Offset));
                break;
            case IrOp.FunctionAddress o:
                _relocations.Add(new CodeRelocation.Function(_code.Position, o.Name));
                _code.Emit(BpfInstruction.Wide(dst, BpfPseudo.Function, 0));
                break;
            case IrOp.FieldOffset o:
                _relocations.Add(new CodeRelocation.Field(_code.Position, o.Field));
                _code.Emit(BpfInstruction.Mov(dst, o.Value));
                break;
            case IrOp.Load o: Load(o, dst); break;
            default: throw new InvalidOperationException($"not a recipe: {IrPrinter.Print(op)}");
        }
    }

    // dst = a; dst op= b. The allocator saw to it that b is not in dst, unless the operation commutes.
    private void Binary(IrOp.Binary o)
    {
        var dst = At(o.Dst);
        var op = AluOp(o.Op);
        if (o.B.Register is not { } b)
        {
            Into(dst, o.A);
            _code.Emit(BpfInstruction.Alu(op, dst, (int)o.B.Immediate));
        }
        else if (_function.IsInline(b))
        {
            var field = (IrOp.FieldOffset)_function[b].Recipe!;
            Into(dst, o.A);
            _relocations.Add(new CodeRelocation.Field(_code.Position, field.Field));
            _code.Emit(BpfInstruction.Alu(op, dst, field.Value));
        }
        else if (At(b) == dst && At(o.A) != dst)
        {
            // The allocator lets this happen only where the operation commutes.
            _code.Emit(BpfInstruction.Alu(op, dst, At(o.A)));
        }
        else
        {
            Into(dst, o.A);
            _code.Emit(BpfInstruction.Alu(op, dst, At(b)));
        }
    }

    // There is no instruction for it: dst = 1; if (a cond b) skip; dst = 0.
    private void Compare(IrOp.Compare o)
    {
        var dst = At(o.Dst);
        var done = _code.NewLabel();
        _code.Emit(BpfInstruction.Mov(dst, 1));
        JumpIf(o.Condition, o.A, o.B, done);
        _code.Emit(BpfInstruction.Mov(dst, 0));
        _code.Mark(done);
    }

    private void Load(IrOp.Load o, BpfRegister dst)
    {
        var (at, offset) = Address(o.Base, o.Offset);
        if (o.Field is { } field) _relocations.Add(new CodeRelocation.Field(_code.Position, field));
        _code.Emit(BpfInstruction.Load(Size(o.Size), dst, at, offset));
        if (!o.Signed || o.Size == 8) return;
        // The sign-extending load is of kernel 6.6; two shifts do it everywhere.
        _code.Emit(BpfInstruction.Alu(BpfAluOp.Lsh, dst, 64 - o.Size * 8));
        _code.Emit(BpfInstruction.Alu(BpfAluOp.Arsh, dst, 64 - o.Size * 8));
    }

    private void Store(IrOp.Store o)
    {
        var (at, offset) = Address(o.Base, o.Offset);
        _code.Emit(o.Value.Register is { } value
            ? BpfInstruction.Store(Size(o.Size), at, offset, At(value))
            : BpfInstruction.Store(Size(o.Size), at, offset, (int)o.Value.Immediate));
    }

    private void Atomic(IrOp.Atomic o)
    {
        var (at, offset) = Address(o.Base, o.Offset);
        var size = Size(o.Size);
        if (o.Op == IrAtomic.CompareExchange)
        {
            Into(BpfRegister.R0, o.Expected!.Value);
            _code.Emit(BpfInstruction.Atomic(BpfAtomicOp.CompareExchange, size, at, offset, At(o.Value)));
            Move(At(o.Dst!.Value), BpfRegister.R0);
        }
        else if (o.Dst is { } dst)
        {
            Into(At(dst), o.Value);
            _code.Emit(BpfInstruction.Atomic(FetchOp(o.Op), size, at, offset, At(dst)));
        }
        else
        {
            _code.Emit(BpfInstruction.Atomic(PlainOp(o.Op), size, at, offset, At(o.Value)));
        }
    }

    private void Call(IrOp.Call o)
    {
        var moves = new List<(BpfRegister, BpfRegister)>(5);
        for (var i = 0; i < o.Args.Length; i++)
            if (o.Args[i].Register is { } arg && !_function.IsInline(arg)) moves.Add((Argument(i), At(arg)));
        ParallelMove.Emit(moves, _code.Emit);
        // What is no move reads no register but R10, and comes when the moves have read theirs.
        for (var i = 0; i < o.Args.Length; i++)
            if (o.Args[i].Register is not { } arg || _function.IsInline(arg)) Operand(Argument(i), o.Args[i]);
        if (o.Function is { } function)
        {
            _relocations.Add(new CodeRelocation.Kernel(_code.Position, function));
            _code.Emit(BpfInstruction.CallFunction());
        }
        else
        {
            _code.Emit(BpfInstruction.Call(o.Helper));
        }
        if (o.Dst is { } dst) Move(At(dst), BpfRegister.R0);

        static BpfRegister Argument(int index) => BpfRegister.R1 + (byte)index;
    }

    private void Branch(IrOp.Branch o, IrBlock? next)
    {
        if (o.Then == o.Else)
        {
            if (o.Then != next) _code.Jump(LabelOf(o.Then));
        }
        else if (o.Then == next && o.Condition.Inverse() is { } inverse)
        {
            JumpIf(inverse, o.A, o.B, LabelOf(o.Else));
        }
        else
        {
            JumpIf(o.Condition, o.A, o.B, LabelOf(o.Then));
            if (o.Else != next) _code.Jump(LabelOf(o.Else));
        }
    }

    private void JumpIf(IrCondition condition, VReg a, IrOperand b, Label target)
    {
        if (b.Register is { } right) _code.JumpIf(JumpOp(condition), At(a), At(right), target);
        else _code.JumpIf(JumpOp(condition), At(a), (int)b.Immediate, target);
    }

    private void Operand(BpfRegister dst, IrOperand operand)
    {
        if (operand.Register is { } reg) Into(dst, reg);
        else _code.LoadConstant(dst, operand.Immediate);
    }

    private void Into(BpfRegister dst, VReg source)
    {
        if (_function.IsInline(source)) Make(_function[source].Recipe!, dst);
        else Move(dst, At(source));
    }

    private void Move(BpfRegister dst, BpfRegister source)
    {
        if (dst != source) _code.Emit(BpfInstruction.Mov(dst, source));
    }

    private (BpfRegister Base, int Offset) Address(VReg at, int offset) =>
        _function.InlineFrame(at) is { } address ? (BpfRegister.R10, _frame.OffsetOf(address) + offset) : (At(at), offset);

    private BpfRegister At(VReg reg) =>
        _function.IsInline(reg) ? throw new InvalidOperationException($"{reg} has no machine register") : _registers[reg.Id];

    private Label LabelOf(IrBlock block)
    {
        if (!_labels.TryGetValue(block.Id, out var label)) _labels[block.Id] = label = _code.NewLabel();
        return label;
    }
}
