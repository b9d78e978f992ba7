using Ktap.Compiler.Builtins;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Lowering;

// Conditions become jumps, without a value in between.
internal sealed partial class HandlerLowering
{
    private void Condition(TypedExpression e, IrBlock then, IrBlock otherwise)
    {
        switch (e)
        {
            case TypedConstant c:
                _ir.Jump(c.Value.IsTruthy ? then : otherwise);
                break;
            case TypedUnary { Op: UnaryOp.Not } not:
                Condition(not.Operand, otherwise, then);
                break;
            case TypedLogical logical:
                var right = _ir.NewBlock();
                Condition(logical.Left, logical.IsAnd ? right : then, logical.IsAnd ? otherwise : right);
                _ir.Start(right);
                Condition(logical.Right, then, otherwise);
                break;
            case TypedBinary { Op: BinaryOp.Equal } b:
                Equal(Expression(b.Left), Expression(b.Right), then, otherwise);
                break;
            case TypedBinary { Op: BinaryOp.NotEqual } b:
                Equal(Expression(b.Left), Expression(b.Right), otherwise, then);
                break;
            case TypedBinary { Type: KtapType.BoolType } b:
                Order(b, then, otherwise);
                break;
            case TypedGlob g:
                Glob(g, then, otherwise);
                break;
            default:
                Truth(Expression(e), then, otherwise);
                break;
        }
    }

    // nil and false are false, and so is a null pointer, which is nil; all else is true.
    private void Truth(IrValue value, IrBlock then, IrBlock otherwise)
    {
        if (value.Type is KtapType.NilType)
        {
            _ir.Jump(otherwise);
            return;
        }
        if (value.Present is { } present)
        {
            var there = _ir.NewBlock();
            _ir.Branch(IrCondition.Ne, present, 0, there, otherwise);
            _ir.Start(there);
        }
        if (value.Type.NotNil is KtapType.AnyType)
        {
            // Only a boolean can be false.
            var boolean = _ir.NewBlock();
            _ir.Branch(IrCondition.Eq, value.Tag, KindTag.Bool, boolean, then);
            _ir.Start(boolean);
            _ir.Branch(IrCondition.Ne, PayloadWord(value.Unwrapped), 0L, then, otherwise);
        }
        else if (value.Type.NotNil is KtapType.BoolType or KtapType.PointerType) _ir.Branch(IrCondition.Ne, value.Word, 0, then, otherwise);
        else _ir.Jump(then);
    }

    private void Order(TypedBinary b, IrBlock then, IrBlock otherwise)
    {
        var (left, right) = (Expression(b.Left), Expression(b.Right));
        if (left.Type is KtapType.NilType || right.Type is KtapType.NilType)
        {
            _ir.Jump(otherwise);
            return;
        }
        if (BothPresent(left, right) is { } present)
        {
            var there = _ir.NewBlock();
            _ir.Branch(IrCondition.Ne, present, 0, there, otherwise);
            _ir.Start(there);
        }
        var isText = left.Type.NotNil is KtapType.StringType or KtapType.NameType;
        var (x, y) = (left.Word, right.Word);
        if (isText) (x, y) = KernelText.Order(_emitter, AsString(left.Unwrapped), AsString(right.Unwrapped));
        var condition = b.Op switch
        {
            BinaryOp.Less => isText ? IrCondition.LtU : IrCondition.LtS,
            BinaryOp.LessEqual => isText ? IrCondition.LeU : IrCondition.LeS,
            BinaryOp.Greater => isText ? IrCondition.GtU : IrCondition.GtS,
            _ => isText ? IrCondition.GeU : IrCondition.GeS,
        };
        _ir.Branch(condition, x, y, then, otherwise);
    }

    private void Equal(IrValue a, IrValue b, IrBlock then, IrBlock otherwise)
    {
        if (a.Type is KtapType.NilType || b.Type is KtapType.NilType)
        {
            var other = a.Type is KtapType.NilType ? b : a;
            if (other.Type is KtapType.NilType) _ir.Jump(then);
            else if (other.Type.NotNil is KtapType.PointerType) Truth(other, otherwise, then);
            else if (other.Present is { } there) _ir.Branch(IrCondition.Eq, there, 0, then, otherwise);
            else _ir.Jump(otherwise);
            return;
        }
        if (a.Present is { } x && b.Present is { } y)
        {
            // Both nil: equal. One nil: not.
            var (same, both) = (_ir.NewBlock(), _ir.NewBlock());
            _ir.Branch(IrCondition.Eq, x, y, same, otherwise);
            _ir.Start(same);
            _ir.Branch(IrCondition.Eq, x, 0, then, both);
            _ir.Start(both);
        }
        else if ((a.Present ?? b.Present) is { } only)
        {
            var there = _ir.NewBlock();
            _ir.Branch(IrCondition.Ne, only, 0, there, otherwise);
            _ir.Start(there);
        }
        EqualValues(a.Unwrapped, b.Unwrapped, then, otherwise);
    }

    private void EqualValues(IrValue a, IrValue b, IrBlock then, IrBlock otherwise)
    {
        switch (a.Type, b.Type)
        {
            case (KtapType.IntType or KtapType.PointerType, KtapType.IntType or KtapType.PointerType):
            case (KtapType.BoolType, KtapType.BoolType):
            case (KtapType.StackType, KtapType.StackType):
                _ir.Branch(IrCondition.Eq, a.Word, b.Word, then, otherwise);
                break;
            case (KtapType.NameType names, KtapType.StringType) when b.Constant is { } text:
                EqualName(a, names.Names.IndexOf(text.AsString.ToString()), then, otherwise);
                break;
            case (KtapType.StringType, KtapType.NameType names) when a.Constant is { } text:
                EqualName(b, names.Names.IndexOf(text.AsString.ToString()), then, otherwise);
                break;
            case (KtapType.NameType or KtapType.StringType, KtapType.NameType or KtapType.StringType):
                EqualStrings(AsString(a), AsString(b), then, otherwise);
                break;
            case (KtapType.AnyType, _) or (_, KtapType.AnyType):
                EqualAny(a, b, then, otherwise);
                break;
            default:
                // Values of different kinds are never equal.
                _ir.Jump(otherwise);
                break;
        }
    }

    private void EqualName(IrValue name, int index, IrBlock then, IrBlock otherwise)
    {
        if (index < 0) _ir.Jump(otherwise);
        else _ir.Branch(IrCondition.Eq, name.Word, index, then, otherwise);
    }

    // Strings are padded with NULs, so equal strings are equal words; the last word of the shorter buffer has a NUL, behind which no bytes are.
    private void EqualStrings(IrValue a, IrValue b, IrBlock then, IrBlock otherwise)
    {
        if (a.Constant is not null) (a, b) = (b, a);
        var capacity = ((KtapType.StringType)a.Type).Capacity;
        if (b.Constant is { Kind: ValueKind.String } constant)
        {
            EqualConstant(a, capacity, constant.AsString, then, otherwise);
            return;
        }
        var other = ((KtapType.StringType)b.Type).Capacity;
        for (var at = 0; at < Math.Min(capacity, other); at += 8) RequireEqual(_ir.Load(a.Address, at), _ir.Load(b.Address, at), otherwise);
        _ir.Jump(then);
    }

    private void EqualConstant(IrValue a, int capacity, KString text, IrBlock then, IrBlock otherwise)
    {
        if (text.Length >= capacity)
        {
            _ir.Jump(otherwise);
            return;
        }
        for (var at = 0; at <= text.Length; at += 8) RequireEqual(_ir.Load(a.Address, at), Word(text, at), otherwise);
        _ir.Jump(then);
    }

    private void RequireEqual(IrOperand x, IrOperand y, IrBlock otherwise)
    {
        var next = _ir.NewBlock();
        _ir.Branch(IrCondition.Eq, x, y, next, otherwise);
        _ir.Start(next);
    }
}
