using System.Collections.Immutable;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;

namespace Ktap.Compiler.Lowering;

// C data behind pointers.
internal sealed partial class HandlerLowering
{
    private MemoryReader Memory => field ??= MemoryReader.Of(_handler.Site);

    private IrValue Element(TypedElement e)
    {
        var (pointer, index) = (Expression(e.Pointer), Expression(e.Index));
        var offset = index.Word.Register is null ? index.Word.Immediate * e.Size : (IrOperand)_ir.Binary(IrBinary.Mul, index.Word, e.Size);
        if (BothPresent(pointer, index) is { } both) pointer = pointer.Unwrapped.When(both);
        return Memory.At(_emitter, pointer, e.Element, e.IsUser, offset);
    }

    private IrValue Cast(TypedCast e)
    {
        var value = Expression(e.Operand);
        if (value.Type is KtapType.NilType) return value;
        var cast = IrValue.OfWord(e.Type.NotNil, Narrowed(value.Word, e.Size, e.IsSigned));
        return value.Present is { } present ? cast.When(present) : cast;
    }

    // An integer of so many bytes out of a word.
    private IrOperand Narrowed(IrOperand word, int size, bool isSigned)
    {
        if (size == 8) return word;
        var bits = 64 - size * 8;
        return _ir.Binary(isSigned ? IrBinary.ShrS : IrBinary.ShrU, _ir.Binary(IrBinary.Shl, word, bits), bits);
    }

    // The memory stays the handler's until it ends, the same at each run of the expression.
    private IrValue New(TypedNew e)
    {
        if (!_own.TryGetValue(e, out var place)) _own.Add(e, place = Allocate((e.Size + 7) / 8 * 8, "ffi.new"));
        var address = AddressOf(place);
        for (var at = 0; at < e.Size; at += 8) _ir.Store(address, at, 0L);
        return IrValue.OfWord(e.Type, address);
    }

    private readonly Dictionary<TypedNew, Place> _own = new(ReferenceEqualityComparer.Instance);

    private VReg PlaceOf(TypedMember place) => _ir.Materialize(Memory.Address(_emitter, Expression(place.Pointer), place.Root, place.Member).Word);

    private void WriteMember(TypedTarget.Member target, IrValue value) =>
        _ir.Store(PlaceOf(target.Place), 0, value.Type is KtapType.NilType ? 0L : value.Word, target.Size);

    private void UpdateMember(TypedTarget.Member target, BinaryOp op, IrOperand value)
    {
        var isSigned = Memory.Types.Resolve(target.Place.Member.Type) is CType.Integer { IsSigned: true };
        var place = PlaceOf(target.Place);
        _ir.Store(place, 0, Compute(op, _ir.Load(place, 0, target.Size, isSigned), value), target.Size);
    }

    // C has no nil but 0.
    private IrOperand OrZero(IrValue value)
    {
        if (value.Present is not { } present) return value.Word;
        var word = _ir.Copy(0L);
        var (there, done) = (_ir.NewBlock(), _ir.NewBlock());
        _ir.Branch(IrCondition.Ne, present, 0, there, done);
        _ir.Start(there);
        _ir.Assign(word, value.Word);
        _ir.Start(done);
        return word;
    }

    private IrValue FunctionCall(TypedFunctionCall e)
    {
        var arguments = e.Arguments.Select(Expression).Select(v => v.Type.NotNil is KtapType.StringType ? AsString(v.Unwrapped).Address : OrZero(v)).ToImmutableArray();
        VReg? result = e.Type is KtapType.NilType ? null : _ir.NewRegister();
        _ir.Emit(new IrOp.Call(result, default, arguments, CallEffect.Any, _ir.Span) { Function = e.Function });
        return result is { } word ? IrValue.OfWord(e.Type, Narrowed(word, e.Size, e.IsSigned)) : IrValue.Nil;
    }
}
