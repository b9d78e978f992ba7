using Ktap.Compiler.Ir;
using Ktap.Compiler.Probes;
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
        var word = value.Word;
        if (e.Size < 8)
        {
            var bits = 64 - e.Size * 8;
            word = _ir.Binary(e.IsSigned ? IrBinary.ShrS : IrBinary.ShrU, _ir.Binary(IrBinary.Shl, word, bits), bits);
        }
        var cast = IrValue.OfWord(e.Type.NotNil, word);
        return value.Present is { } present ? cast.When(present) : cast;
    }
}
