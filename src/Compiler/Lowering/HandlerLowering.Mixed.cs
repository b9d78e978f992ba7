using Ktap.Compiler.Ir;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;

namespace Ktap.Compiler.Lowering;

// Values of mixed kinds: a tag beside the value. Without strings the value is a word; with them it is a payload in memory, in which an integer
// or boolean is the first word and the rest zeros.
internal sealed partial class HandlerLowering
{
    private IrValue Narrow(TypedNarrow e)
    {
        var value = Expression(e.Operand);
        var type = e.Type.NotNil;
        if (value.Type is KtapType.NilType)
        {
            if (e.Type.MayBeNil) return IrValue.Nil;
            CountError(HandlerError.BadOperand);
            _ir.Jump(_end);
            return Zero(type);
        }
        var (check, fine) = (_ir.NewBlock(), _ir.NewBlock());
        if (value.Present is { } present)
        {
            if (e.Type.MayBeNil) _ir.Branch(IrCondition.Ne, present, 0L, check, fine);
            else EndWhere(IrCondition.Eq, present, 0L, HandlerError.BadOperand);
        }
        _ir.Start(check);
        if (value.Type.NotNil is KtapType.AnyType) EndWhere(IrCondition.Ne, _ir.Materialize(value.Tag), TagOf(type), HandlerError.BadOperand);
        _ir.Start(fine);
        var narrowed = value.Type.NotNil is KtapType.AnyType ? Payload(value.Unwrapped, type) : value.Unwrapped;
        return e.Type.MayBeNil && value.Present is { } there ? narrowed.When(there) : narrowed;
    }

    private static long TagOf(KtapType type) => type switch
    {
        KtapType.BoolType => KindTag.Bool,
        KtapType.StringType or KtapType.NameType => KindTag.String,
        _ => KindTag.Int,
    };

    // What is behind the tag, as a type that the tag was found to tell.
    private IrValue Payload(IrValue value, KtapType type) => type is KtapType.StringType s
        ? IrValue.OfString(s.Capacity, value.Address)
        : IrValue.OfWord(type, PayloadWord(value));

    private IrOperand PayloadWord(IrValue value) =>
        ((KtapType.AnyType)value.Type).StringCapacity == 0 ? value.Word : _ir.Load(value.Address, 0);

    private IrValue ToAny(IrValue value, KtapType.AnyType to)
    {
        if (value.Type is KtapType.AnyType from)
        {
            if (from.StringCapacity == to.StringCapacity) return value;
            var word = from.StringCapacity == 0 ? IrValue.OfInt(value.Word) : null;
            return IrValue.OfAny(to.StringCapacity, value.Tag, word is null ? Padded(value.Address, from.PayloadSize, to.PayloadSize) : PaddedWord(word.Word, to.PayloadSize));
        }
        var tag = TagOf(value.Type);
        if (to.StringCapacity == 0) return IrValue.OfAny(tag, value.Word);
        return IrValue.OfAny(to.StringCapacity, tag, tag == KindTag.String ? AsString(Widened(value, to.StringCapacity)).Address : PaddedWord(value.Word, to.PayloadSize));
    }

    private VReg Padded(VReg from, int size, int wanted)
    {
        var buffer = Buffer(wanted, "mixed");
        for (var at = 0; at < wanted; at += 8) _ir.Store(buffer, at, at < size ? _ir.Load(from, at) : 0L);
        return buffer;
    }

    private VReg PaddedWord(IrOperand word, int size)
    {
        var buffer = Buffer(size, "mixed");
        for (var at = 0; at < size; at += 8) _ir.Store(buffer, at, at == 0 ? word : 0L);
        return buffer;
    }

    // A stored value of mixed kinds: its tag, and its payload where it lies.
    private IrValue LoadAny(VReg address, int offset, KtapType.AnyType type)
    {
        var tag = _ir.Load(address, offset);
        return type.StringCapacity == 0
            ? IrValue.OfAny(tag, _ir.Load(address, offset + 8))
            : IrValue.OfAny(type.StringCapacity, tag, _ir.Binary(IrBinary.Add, address, offset + 8));
    }

    private void StoreAny(VReg to, int offset, IrValue value)
    {
        var type = (KtapType.AnyType)value.Type;
        _ir.Store(to, offset, value.Tag);
        if (type.StringCapacity == 0) _ir.Store(to, offset + 8, value.Word);
        else CopyPayload(to, offset + 8, value.Address, type.PayloadSize);
    }

    private void CopyPayload(VReg to, int offset, VReg from, int size)
    {
        for (var at = 0; at < size; at += 8) _ir.Store(to, offset + at, _ir.Load(from, at));
    }

    // At least one side is of mixed kinds.
    private void EqualAny(IrValue a, IrValue b, IrBlock then, IrBlock otherwise)
    {
        if (a.Type is not KtapType.AnyType) (a, b) = (b, a);
        if (b.Type is KtapType.AnyType)
        {
            RequireEqual(a.Tag, b.Tag, otherwise);
            var (x, y) = ((KtapType.AnyType)a.Type, (KtapType.AnyType)b.Type);
            for (var at = 0; at < Math.Max(x.PayloadSize, y.PayloadSize); at += 8) RequireEqual(PayloadWord(a, x, at), PayloadWord(b, y, at), otherwise);
            _ir.Jump(then);
            return;
        }
        if (KtapType.Join(a.Type, b.Type) is KtapType.ConflictType)
        {
            _ir.Jump(otherwise);
            return;
        }
        RequireEqual(a.Tag, TagOf(b.Type), otherwise);
        if (b.Type is not (KtapType.StringType or KtapType.NameType)) _ir.Branch(IrCondition.Eq, PayloadWord(a), b.Word, then, otherwise);
        else if (((KtapType.AnyType)a.Type).StringCapacity is > 0 and var capacity) EqualStrings(IrValue.OfString(capacity, a.Address), AsString(b), then, otherwise);
        else _ir.Jump(otherwise);
    }

    private IrOperand PayloadWord(IrValue value, KtapType.AnyType type, int at) =>
        at >= type.PayloadSize ? 0L : type.StringCapacity == 0 ? value.Word : _ir.Load(value.Address, at);

    // The integer that a value has to be for arithmetic.
    private IrOperand IntegerIn(IrValue value)
    {
        if (value.Type is not KtapType.AnyType) return value.Word;
        EndWhere(IrCondition.Ne, _ir.Materialize(value.Tag), KindTag.Int, HandlerError.BadOperand);
        return PayloadWord(value);
    }

    // The integer that a value is for an update, where nil counts as 0.
    private IrOperand IntegerOrZero(IrValue value)
    {
        if (value.Type is KtapType.NilType) return 0L;
        if (value.Present is not { } present) return IntegerIn(value);
        var result = _ir.Copy(0L);
        var (there, done) = (_ir.NewBlock(), _ir.NewBlock());
        _ir.Branch(IrCondition.Ne, present, 0L, there, done);
        _ir.Start(there);
        _ir.Assign(result, IntegerIn(value.Unwrapped));
        _ir.Start(done);
        return result;
    }

    // The address of the integer that a stored value of mixed kinds has to be.
    private VReg IntegerAt(VReg stored)
    {
        EndWhere(IrCondition.Ne, _ir.Load(stored, 0), KindTag.Int, HandlerError.BadOperand);
        return _ir.Binary(IrBinary.Add, stored, 8);
    }
}
