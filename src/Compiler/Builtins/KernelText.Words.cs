using System.Buffers.Binary;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Builtins;

// What goes eight bytes at a time: order, and letters.
internal static partial class KernelText
{
    // From so many words on a loop is smaller, and hardly slower.
    private const int ManyWords = 8;

    /// <summary>Two numbers that compare, unsigned, as two strings with addresses do: those of the first words that differ.</summary>
    public static (VReg A, VReg B) Order(KernelEmitter e, IrValue a, IrValue b)
    {
        var ir = e.Ir;
        var (x, y) = (ir.Copy(0L), ir.Copy(0L));
        var done = ir.NewBlock();
        // The shorter buffer has a NUL in its last word: strings that are the same up to there are the same.
        EachWord(e, Math.Min(CapacityOf(a), CapacityOf(b)), at =>
        {
            ir.Assign(x, At(a, at));
            ir.Assign(y, At(b, at));
            var same = ir.NewBlock();
            ir.Branch(IrCondition.Eq, x, y, same, done);
            ir.Start(same);
        });
        ir.Start(done);
        return (x, y);

        IrOperand At(IrValue text, IrOperand at)
        {
            if (at.Register is { } counter) return ir.Swap(ir.Load(ir.Binary(IrBinary.Add, text.Address, counter), 0));
            if (text.Constant is { Kind: ValueKind.String } constant) return BigEndianWord(constant.AsString, (int)at.Immediate);
            return ir.Swap(ir.Load(text.Address, (int)at.Immediate));
        }
    }

    /// <summary>A string with an address, all its letters large, or all small: ASCII's alone.</summary>
    public static IrValue WithCase(KernelEmitter e, IrValue text, bool isUpper)
    {
        const long Ones = 0x0101010101010101, High = Ones << 7;
        var ir = e.Ir;
        var capacity = CapacityOf(text);
        var result = e.Buffer(capacity, isUpper ? "upper" : "lower");
        var (first, last) = isUpper ? ('a', 'z') : ('A', 'Z');
        EachWord(e, capacity, at =>
        {
            var (word, to) = at.Register is { } counter
                ? (ir.Load(ir.Binary(IrBinary.Add, text.Address, counter), 0), ir.Binary(IrBinary.Add, result, counter))
                : (ir.Load(text.Address, (int)at.Immediate), result);
            // In each byte's top bit: whether its low seven bits reach the first letter, and whether they pass the last; no sum carries into the next byte.
            var low = ir.Binary(IrBinary.And, word, ~High);
            var reaches = ir.Binary(IrBinary.Add, low, Ones * (0x80 - first));
            var passes = ir.Binary(IrBinary.Add, low, Ones * (0x80 - last - 1));
            var letters = ir.Binary(IrBinary.And, ir.Binary(IrBinary.Xor, reaches, passes), ir.Binary(IrBinary.And, ir.Binary(IrBinary.Xor, word, -1L), High));
            // 0x80 becomes 0x20, which is what large and small letters differ by.
            ir.Store(to, at.Register is null ? (int)at.Immediate : 0, ir.Binary(IrBinary.Xor, word, ir.Binary(IrBinary.ShrU, letters, 2)));
        });
        return IrValue.OfString(capacity, result);
    }

    private static void EachWord(KernelEmitter e, int capacity, Action<IrOperand> body)
    {
        if (capacity > ManyWords * 8) e.Repeat(capacity / 8, 8, (at, _) => body(at));
        else
            for (var at = 0; at < capacity; at += 8) body((long)at);
    }

    private static long BigEndianWord(KString text, int at)
    {
        Span<byte> word = stackalloc byte[8];
        if (at < text.Length) text.Span[at..Math.Min(text.Length, at + 8)].CopyTo(word);
        return BinaryPrimitives.ReadInt64BigEndian(word);
    }
}
