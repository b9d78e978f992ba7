using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Builtins;

/// <summary>
/// Code that makes strings in handlers: their length, joining, decimals, parts. A helper that copies up to a NUL does the work: it gives the length, and its cost and
/// the verifier's don't depend on where in the buffer the string ends.
/// </summary>
internal static partial class KernelText
{
    /// <summary>The most bytes of an integer in decimal: -9223372036854775808.</summary>
    public const int LongestInteger = 20;

    /// <summary>The length in bytes of a string with an address.</summary>
    public static VReg Length(KernelEmitter e, IrValue text)
    {
        if (text.Constant is { Kind: ValueKind.String } constant) return e.Ir.Const(constant.AsString.Length);
        var capacity = CapacityOf(text);
        var copy = e.Scratch(capacity, "length");
        return e.Ir.Binary(IrBinary.Sub, e.Ir.Call(BpfHelper.ProbeReadKernelStr, CallEffect.Any, copy, capacity, text.Address), 1);
    }

    /// <summary>The type of strings and integers joined, where a string has at most <paramref name="most"/> bytes.</summary>
    public static KtapType.StringType TypeOfJoin(IEnumerable<KtapType> parts, int most)
    {
        var longest = parts.Sum(LongestOf);
        return longest > most ? KernelEmitter.TypeOfText(most) : KtapType.String(longest);
    }

    /// <summary>Joins strings with addresses and integers, none of which is nil; what is longer than <paramref name="most"/> bytes is cut, and that is counted.</summary>
    public static IrValue Join(KernelEmitter e, IReadOnlyList<IrValue> parts, int most)
    {
        var ir = e.Ir;
        var type = TypeOfJoin(parts.Select(p => p.Type), most);
        var canBeCut = parts.Sum(p => LongestOf(p.Type)) > most;
        // A part is copied with all its capacity, wherever it begins.
        var joined = e.Scratch(canBeCut ? most + parts.Max(p => Source(p.Type)) + 8 : type.Capacity, "joined");
        e.Clear(joined, type.Capacity);
        var end = ir.Copy(0L);
        var before = 0;
        var (cut, done) = (ir.NewBlock(), ir.NewBlock());
        foreach (var part in parts)
        {
            if (before > 0) RequireAtMost(e, end, Math.Min(before, most), canBeCut ? cut : null);
            var from = part.Type is KtapType.StringType ? part.Address : Decimal(e, part.Word);
            var result = ir.Call(BpfHelper.ProbeReadKernelStr, CallEffect.Any, ir.Binary(IrBinary.Add, joined, end), Source(part.Type), from);
            RequirePositive(e, result);
            ir.Assign(end, ir.Binary(IrBinary.Add, end, ir.Binary(IrBinary.Sub, result, 1)));
            before += LongestOf(part.Type);
        }
        if (canBeCut)
        {
            ir.Branch(IrCondition.GtU, end, most, cut, done);
            ir.Start(cut);
            e.CountError(HandlerError.StringCut);
            for (var at = most; at < type.Capacity; at++) ir.Store(joined, at, 0, 1);
        }
        ir.Start(done);
        return IrValue.OfString(type.Capacity, joined);
    }

    /// <summary>A string of an integer in decimal.</summary>
    public static IrValue OfInteger(KernelEmitter e, IrOperand word) => Join(e, [IrValue.OfInt(word)], LongestInteger);

    /// <summary>The string that a value of mixed kinds is, or its integer in decimal, or its boolean; where that isn't taken, it ends the handler.</summary>
    public static IrValue OfMixed(KernelEmitter e, IrValue value, bool takesBool)
    {
        var ir = e.Ir;
        var strings = ((KtapType.AnyType)value.Type).StringCapacity;
        var capacity = KtapType.String(LongestOf(value.Type)).Capacity;
        var text = e.ZeroedBuffer(capacity, "text");
        var (notInteger, notString, done) = (ir.NewBlock(), ir.NewBlock(), ir.NewBlock());
        var word = strings == 0 ? value.Word : ir.Load(value.Address, 0);
        When(KindTag.Int, notInteger, () => ir.CallVoid(BpfHelper.ProbeReadKernelStr, text, LongestInteger + 1, Decimal(e, word)));
        if (strings > 0) When(KindTag.String, notString, () =>
        {
            for (var at = 0; at < strings; at += 8) ir.Store(text, at, ir.Load(value.Address, at));
        });
        if (takesBool)
        {
            var names = ir.Data(DataKind.Rodata, e.Constant([.. "false\0\0\0true\0\0\0\0"u8]));
            ir.Store(text, 0, ir.Load(ir.Binary(IrBinary.Add, names, ir.Binary(IrBinary.Shl, ir.Binary(IrBinary.And, word, 1), 3)), 0));
        }
        else e.Fail(HandlerError.BadOperand);
        ir.Start(done);
        return IrValue.OfString(capacity, text);

        void When(long tag, IrBlock otherwise, Action emit)
        {
            var here = ir.NewBlock();
            ir.Branch(IrCondition.Eq, value.Tag, tag, here, otherwise);
            ir.Start(here);
            emit();
            ir.Jump(done);
            ir.Start(otherwise);
        }
    }

    /// <summary>The part of a string with an address from a place on (1 is the first byte, -1 the last), of at most <paramref name="length"/> bytes (null: all).</summary>
    public static IrValue Part(KernelEmitter e, IrValue text, IrOperand start, IrOperand? length, int capacity)
    {
        var ir = e.Ir;
        var (source, last) = (CapacityOf(text), CapacityOf(text) - 1);
        // Behind a string are NULs up to the capacity, so that only places counted from its end need its length.
        var from = ir.NewRegister();
        var (forward, backward, found) = (ir.NewBlock(), ir.NewBlock(), ir.NewBlock());
        ir.Branch(IrCondition.LtS, start, 0, backward, forward);
        ir.Start(backward);
        ir.Assign(from, ir.Binary(IrBinary.Add, Length(e, text), start));
        ir.Jump(found);
        ir.Start(forward);
        ir.Assign(from, ir.Binary(IrBinary.Sub, start, 1));
        ir.Start(found);
        var to = ir.Copy((long)last);
        if (length is { } most)
        {
            var wanted = ir.Copy(most);
            Clamp(ir, IrCondition.LtS, wanted, 0);
            // What wraps lies behind the end.
            ir.Assign(wanted, ir.Binary(IrBinary.Add, from, wanted));
            var (wraps, fine) = (ir.NewBlock(), ir.NewBlock());
            ir.Branch(IrCondition.LtS, wanted, from, wraps, fine);
            ir.Start(wraps);
            ir.Assign(wanted, last);
            ir.Start(fine);
            Clamp(ir, IrCondition.GtS, wanted, last);
            Clamp(ir, IrCondition.LtS, wanted, 0);
            ir.Assign(to, wanted);
        }
        Clamp(ir, IrCondition.LtS, from, 0);
        Clamp(ir, IrCondition.GtS, from, last);
        var size = ir.Binary(IrBinary.Add, ir.Binary(IrBinary.Sub, to, from), 1);
        Clamp(ir, IrCondition.LtS, size, 1);
        Clamp(ir, IrCondition.GtS, size, Math.Min(source, capacity));
        var part = e.ZeroedBuffer(capacity, "part");
        // Whether the bounds are still known where registers were short: checked again beside the use.
        RequireAtMost(e, from, last, null);
        var address = ir.Binary(IrBinary.Add, text.Address, from);
        RequireAtMost(e, size, Math.Min(source, capacity), null);
        ir.CallVoid(BpfHelper.ProbeReadKernelStr, part, size, address);
        return IrValue.OfString(capacity, part);
    }

    /// <summary>The capacity of a string.</summary>
    public static int CapacityOf(IrValue text) => ((KtapType.StringType)text.Type).Capacity;

    /// <summary>Keeps a register that was assigned several times on this side of a bound.</summary>
    public static void Clamp(IrBuilder ir, IrCondition outside, VReg value, long bound)
    {
        var (beyond, within) = (ir.NewBlock(), ir.NewBlock());
        ir.Branch(outside, value, bound, beyond, within);
        ir.Start(beyond);
        ir.Assign(value, bound);
        ir.Start(within);
    }

    private static int LongestOf(KtapType type) => type switch
    {
        KtapType.StringType s => s.MaxLength,
        KtapType.NameType n => KtapType.String(n.Names.Longest).MaxLength,
        KtapType.AnyType a => Math.Max(a.StringCapacity - 1, KtapType.String(LongestInteger).MaxLength),
        _ => LongestInteger,
    };

    // The bytes that a part is copied with: its capacity.
    private static int Source(KtapType type) => LongestOf(type) + 1;

    // Where registers are short, old verifiers forget the bounds of a number that was kept on the stack over a call; said again, they are known beside the use.
    private static void RequireAtMost(KernelEmitter e, VReg value, int bound, IrBlock? otherwise)
    {
        var (beyond, within) = (otherwise ?? e.Ir.NewBlock(), e.Ir.NewBlock());
        e.Ir.Branch(IrCondition.GtU, value, bound, beyond, within);
        if (otherwise is null)
        {
            e.Ir.Start(beyond);
            e.Fail(HandlerError.Fault);
        }
        e.Ir.Start(within);
    }

    // The kernel can always read its own memory.
    private static void RequirePositive(KernelEmitter e, VReg read)
    {
        var (failed, fine) = (e.Ir.NewBlock(), e.Ir.NewBlock());
        e.Ir.Branch(IrCondition.LtS, read, 1, failed, fine);
        e.Ir.Start(failed);
        e.Fail(HandlerError.Fault);
        e.Ir.Start(fine);
    }

    // Writes an integer in decimal, without a branch that the verifier would have to follow; gives the address of the first character.
    private static VReg Decimal(KernelEmitter e, IrOperand value)
    {
        const int Digits = 19, End = 21;
        var ir = e.Ir;
        var word = ir.Materialize(value);
        var sign = ir.Binary(IrBinary.ShrS, word, 63);
        var number = ir.Binary(IrBinary.Sub, ir.Binary(IrBinary.Xor, word, sign), sign);
        var count = ir.Const(1);
        var power = 1L;
        for (var i = 1; i < Digits; i++)
        {
            power *= 10;
            // 1 where number >= power: the subtraction turns negative. (The largest number is 2^63, which wraps to the same.)
            count = ir.Binary(IrBinary.Add, count, ir.Binary(IrBinary.ShrU, ir.Binary(IrBinary.Sub, power - 1, number), 63));
        }
        var text = e.Scratch(24, "decimal");
        // The lowest nine digits, the next nine, and the highest: numbers below 2^32 are divided by a multiplication.
        var (rest, highest) = (ir.Binary(IrBinary.DivU, number, 1_000_000_000), ir.NewRegister());
        var low = ir.Copy(ir.Binary(IrBinary.Sub, number, ir.Binary(IrBinary.Mul, rest, 1_000_000_000)));
        ir.Assign(highest, ir.Binary(IrBinary.DivU, rest, 1_000_000_000));
        var middle = ir.Copy(ir.Binary(IrBinary.Sub, rest, ir.Binary(IrBinary.Mul, highest, 1_000_000_000)));
        e.Repeat(9, 1, (round, _) =>
        {
            var place = ir.Binary(IrBinary.Sub, text, round);
            Digit(low, place, End - 1);
            Digit(middle, place, End - 10);
        });
        ir.Store(text, End - Digits, ir.Binary(IrBinary.Add, highest, '0'), 1);
        ir.Store(text, End, 0, 1);
        var before = ir.Binary(IrBinary.Add, text, ir.Binary(IrBinary.Sub, End - 1, count));
        ir.Store(before, 0, '-', 1);
        return ir.Binary(IrBinary.Add, ir.Binary(IrBinary.Add, before, sign), 1);

        void Digit(VReg chunk, VReg place, int offset)
        {
            // ceil(2^35 / 10) gives the quotient by 10 of any number below 2^32.
            var quotient = ir.Binary(IrBinary.ShrU, ir.Binary(IrBinary.Mul, chunk, 0xcccccccd), 35);
            ir.Store(place, offset, ir.Binary(IrBinary.Add, ir.Binary(IrBinary.Sub, chunk, ir.Binary(IrBinary.Mul, quotient, 10)), '0'), 1);
            ir.Assign(chunk, quotient);
        }
    }
}
