using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Lowering;

internal sealed partial class HandlerLowering
{
    private IrValue Expression(TypedExpression expression)
    {
        var span = _ir.Span;
        _ir.Span = expression.Span;
        var value = expression switch
        {
            TypedConstant e => Constant(e),
            TypedLocalRead e => ReadLocal(e.Local),
            TypedCellRead e => ReadCell(e.Cell),
            TypedField e => e.Field.Emit(_emitter),
            TypedKernelCall e => KernelCall(e),
            TypedConcat e => Concat(e),
            TypedUnary { Op: not UnaryOp.Not } e => Negate(e),
            TypedBinary { Type.NotNil: not KtapType.BoolType } e => Arithmetic(e),
            TypedUnary or TypedBinary or TypedGlob => AsBool(expression),
            TypedLogical e => Logical(e),
            TypedConditional e => Conditional(e),
            TypedTuple e => Tuple(e),
            TypedPart e => Part(e),
            TypedTableLength e => IrValue.OfInt(Length(e)),
            TypedSlotRead e => ReadSlot(e),
            TypedMember e => Memory.Member(_emitter, Expression(e.Pointer), e.Root, e.Member, e.IsUser),
            TypedElement e => Element(e),
            TypedCast e => Cast(e),
            TypedNew e => New(e),
            TypedFunctionCall e => FunctionCall(e),
            TypedInline e => Inline(e),
            TypedNarrow e => Narrow(e),
            _ => throw new InvalidOperationException($"an expression the lowering doesn't know: {expression}"),
        };
        _ir.Span = span;
        return value;
    }

    private static IrValue Constant(TypedConstant e) => e.Value.Kind switch
    {
        ValueKind.Nil => IrValue.Nil,
        ValueKind.Bool => IrValue.OfBool(e.Value.AsInt),
        ValueKind.Int => IrValue.OfWord(e.Type, e.Value.AsInt),
        _ => IrValue.OfConstant(e.Type, e.Value),
    };

    private IrValue AsBool(TypedExpression e)
    {
        var result = _ir.NewRegister();
        var (yes, no, done) = (_ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock());
        Condition(e, yes, no);
        _ir.Start(yes);
        _ir.Assign(result, 1);
        _ir.Jump(done);
        _ir.Start(no);
        _ir.Assign(result, 0);
        _ir.Start(done);
        return IrValue.OfBool(result);
    }

    private IrValue Negate(TypedUnary e)
    {
        var value = Expression(e.Operand);
        if (value.Type is KtapType.NilType) return value;
        var word = e.Op == UnaryOp.Negate ? _ir.Binary(IrBinary.Sub, 0L, value.Word) : _ir.Binary(IrBinary.Xor, value.Word, -1L);
        return value.Present is { } present ? IrValue.OfInt(word).When(present) : IrValue.OfInt(word);
    }

    private IrValue Arithmetic(TypedBinary e)
    {
        var (left, right) = (Expression(e.Left), Expression(e.Right));
        if (left.Type is KtapType.NilType || right.Type is KtapType.NilType) return IrValue.Nil;
        if (BothPresent(left, right) is not { } present) return IrValue.OfInt(Compute(e.Op, left.Word, right.Word));
        // Nothing is computed where an operand is nil: its word means nothing, not even as a divisor.
        var result = _ir.Copy(0L);
        var (compute, done) = (_ir.NewBlock(), _ir.NewBlock());
        _ir.Branch(IrCondition.Ne, present, 0, compute, done);
        _ir.Start(compute);
        _ir.Assign(result, Compute(e.Op, left.Word, right.Word));
        _ir.Start(done);
        return IrValue.OfInt(result).When(present);
    }

    private VReg? BothPresent(IrValue a, IrValue b) => (a.Present, b.Present) switch
    {
        ({ } x, { } y) => _ir.Binary(IrBinary.And, x, y),
        ({ } x, null) => x,
        (null, { } y) => y,
        _ => null,
    };

    private VReg Compute(BinaryOp op, IrOperand a, IrOperand b) => op switch
    {
        BinaryOp.Add => _ir.Binary(IrBinary.Add, a, b),
        BinaryOp.Subtract => _ir.Binary(IrBinary.Sub, a, b),
        BinaryOp.Multiply => _ir.Binary(IrBinary.Mul, a, b),
        BinaryOp.BitAnd => _ir.Binary(IrBinary.And, a, b),
        BinaryOp.BitOr => _ir.Binary(IrBinary.Or, a, b),
        BinaryOp.BitXor => _ir.Binary(IrBinary.Xor, a, b),
        BinaryOp.ShiftLeft => _ir.Binary(IrBinary.Shl, a, ShiftCount(b)),
        BinaryOp.ShiftRight => _ir.Binary(IrBinary.ShrS, a, ShiftCount(b)),
        BinaryOp.Divide => Divide(a, b, modulo: false),
        BinaryOp.Modulo => Divide(a, b, modulo: true),
        _ => throw new InvalidOperationException($"no arithmetic: {op}"),
    };

    private IrOperand ShiftCount(IrOperand count) => count.Register is null ? count.Immediate & 63 : _ir.Binary(IrBinary.And, count, 63);

    // BPF divides unsigned only (signed division came with 6.6), and gives 0 for a divisor of 0; ktap's rule is that the handler ends.
    private VReg Divide(IrOperand a, IrOperand b, bool modulo)
    {
        if (b.Register is not null || b.Immediate == 0)
        {
            var (zero, fine) = (_ir.NewBlock(), _ir.NewBlock());
            _ir.Branch(IrCondition.Eq, b, 0, zero, fine);
            _ir.Start(zero);
            Fail(HandlerError.DivideByZero);
            _ir.Start(fine);
            if (b.Register is null) return _ir.Const(0);
        }
        var signA = _ir.Binary(IrBinary.ShrS, a, 63);
        var signB = _ir.Binary(IrBinary.ShrS, b, 63);
        var (x, y) = (WithSign(_ir.Materialize(a), signA), WithSign(_ir.Materialize(b), signB));
        return modulo
            ? WithSign(_ir.Binary(IrBinary.ModU, x, y), signA)
            : WithSign(_ir.Binary(IrBinary.DivU, x, y), _ir.Binary(IrBinary.Xor, signA, signB));
    }

    // Negates where the sign is -1, and leaves alone where it is 0.
    private VReg WithSign(VReg value, VReg sign) => _ir.Binary(IrBinary.Sub, _ir.Binary(IrBinary.Xor, value, sign), sign);

    private IrValue Logical(TypedLogical e)
    {
        if (e.Type is KtapType.BoolType) return AsBool(e);
        return Choose(e.Type, (chosen, done) =>
        {
            var left = Expression(e.Left);
            var (isTrue, isFalse) = (_ir.NewBlock(), _ir.NewBlock());
            Truth(left, isTrue, isFalse);
            _ir.Start(e.IsAnd ? isFalse : isTrue);
            // Typing left out of the joined type what the left side can't be here.
            WriteLocal(chosen, e.IsAnd && e.Type.NotNil is not KtapType.BoolType ? IrValue.Nil : left.Type is KtapType.OptionalType && !e.IsAnd ? left.Unwrapped : left);
            _ir.Jump(done);
            _ir.Start(e.IsAnd ? isTrue : isFalse);
            WriteLocal(chosen, Expression(e.Right));
        });
    }

    private IrValue Conditional(TypedConditional e) => Choose(e.Type, (chosen, done) =>
    {
        var (then, otherwise) = (_ir.NewBlock(), _ir.NewBlock());
        Condition(e.Condition, then, otherwise);
        _ir.Start(then);
        WriteLocal(chosen, Expression(e.Then));
        _ir.Jump(done);
        _ir.Start(otherwise);
        WriteLocal(chosen, Expression(e.Else));
    });

    private IrValue Choose(KtapType type, Action<TypedLocal, IrBlock> emit)
    {
        var chosen = new TypedLocal("chosen") { Type = type };
        var done = _ir.NewBlock();
        emit(chosen, done);
        _ir.Start(done);
        return ReadLocal(chosen);
    }

    private IrValue Part(TypedPart e)
    {
        var tuple = Expression(e.Tuple);
        if (tuple.Type is KtapType.NilType) return tuple;
        return tuple.Present is { } present ? tuple.Parts[e.Index].When(present) : tuple.Parts[e.Index];
    }

    private IrValue Tuple(TypedTuple e)
    {
        var parts = e.Parts.Select(Expression).ToArray();
        VReg? present = null;
        foreach (var part in parts)
            if (part.Present is { } p) present = present is { } so ? _ir.Binary(IrBinary.And, so, p) : p;
        if (parts.Any(p => p.Type is KtapType.NilType)) return IrValue.Nil;
        var tuple = IrValue.OfTuple([.. parts.Select(p => p.Unwrapped)]);
        return present is { } all ? tuple.When(all) : tuple;
    }
}
