using System.Buffers.Binary;
using System.Collections.Immutable;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Builtins;

/// <summary>
/// Patterns and searches: an automaton with a state for each number of elements that have been matched, a bit of some words each, stepped once for each byte of the
/// string. A table tells for each byte which elements it matches. The code has one path, so that the verifier walks through the string once.
/// </summary>
internal static partial class KernelText
{
    /// <summary>1 where the whole of a string with an address matches a pattern of the language, else 0.</summary>
    public static VReg Matches(KernelEmitter e, KString pattern, IrValue text)
    {
        var ir = e.Ir;
        var elements = Glob.Elements(pattern.Span);
        var own = elements.Where(x => x is not null).ToArray();
        var words = own.Length / 64 + 1;
        var (table, stays) = (new ulong[256 * words], new ulong[words]);
        var state = 0;
        foreach (var element in elements)
        {
            // A star is no state of its own, but lets the state before it stay.
            if (element is null) stays[state / 64] |= 1UL << (state % 64);
            else
            {
                for (var b = 0; b < 256; b++)
                    if (element[b]) table[b * words + state / 64] |= 1UL << (state % 64);
                state++;
            }
        }
        var matched = Run(e, text, ir.Data(DataKind.Rodata, e.Constant(Bytes(e, table))), stays, null);
        return ir.Binary(IrBinary.And, ir.Binary(IrBinary.ShrU, matched[state / 64], state % 64), 1);
    }

    /// <summary>Where a string with an address first stands in another one, from 1; 0 where it doesn't.</summary>
    public static VReg Find(KernelEmitter e, IrValue part, IrValue text)
    {
        var ir = e.Ir;
        var length = Length(e, part);
        var (found, none, done) = (ir.NewBlock(), ir.NewBlock(), ir.NewBlock());
        var words = (part.Constant is { Kind: ValueKind.String } c ? c.AsString.Length : CapacityOf(part) - 1) / 64 + 1;
        var place = e.Scratch(8, "place");
        ir.Store(place, 0, 1);
        var start = ir.NewBlock();
        ir.Branch(IrCondition.Eq, length, 0, done, start);
        ir.Start(start);
        var table = part.Constant is { Kind: ValueKind.String } constant ? ConstantTable(e, constant.AsString, words) : ComputedTable(e, part, words);
        var accepts = Sequence.Range(0, words).Select(w => Accept(ir, length, w)).ToArray();
        Run(e, text, table, [1, .. new ulong[words - 1]], (states, at) =>
        {
            var hit = ir.Binary(IrBinary.And, states[0], accepts[0]);
            for (var w = 1; w < words; w++) hit = ir.Binary(IrBinary.Or, hit, ir.Binary(IrBinary.And, states[w], accepts[w]));
            var next = ir.NewBlock();
            ir.Store(place, 0, at);
            ir.Branch(IrCondition.Ne, hit, 0, found, next);
            ir.Start(next);
        });
        ir.Jump(none);
        ir.Start(found);
        ir.Store(place, 0, ir.Binary(IrBinary.Add, ir.Binary(IrBinary.Sub, ir.Load(place, 0), length), 2));
        ir.Jump(done);
        ir.Start(none);
        ir.Store(place, 0, 0);
        ir.Start(done);
        // From memory: what the place is when the loop is left would else be a case of its own each time.
        return ir.Load(place, 0);
    }

    // Steps through the string; gives the words of states at its end. Called after each step: with the states, and the byte's index.
    private static VReg[] Run(KernelEmitter e, IrValue text, VReg table, ulong[] stays, Action<VReg[], VReg>? afterStep)
    {
        var ir = e.Ir;
        var words = stays.Length;
        var states = stays.Select((_, w) => ir.Copy(w == 0 ? 1L : 0L)).ToArray();
        var capacity = CapacityOf(text);
        e.Repeat(capacity, 1, (at, end) =>
        {
            var b = ir.Load(ir.Binary(IrBinary.Add, text.Address, at), 0, 1);
            var step = ir.NewBlock();
            ir.Branch(IrCondition.Eq, b, 0, end, step);
            ir.Start(step);
            var row = ir.Binary(IrBinary.Add, table, ir.Binary(IrBinary.Mul, b, words * 8));
            VReg? carry = null;
            for (var w = 0; w < words; w++)
            {
                var moves = ir.Binary(IrBinary.And, states[w], ir.Load(row, w * 8));
                var next = ir.Binary(IrBinary.Shl, moves, 1);
                if (carry is { } bit) next = ir.Binary(IrBinary.Or, next, bit);
                if (stays[w] != 0) next = ir.Binary(IrBinary.Or, next, ir.Binary(IrBinary.And, states[w], (long)stays[w]));
                carry = w + 1 < words ? ir.Binary(IrBinary.ShrU, moves, 63) : null;
                ir.Assign(states[w], next);
            }
            afterStep?.Invoke(states, at);
        });
        return states;
    }

    // The bit of the state in which all bytes have been matched, in its word.
    private static VReg Accept(IrBuilder ir, VReg length, int word)
    {
        // 1 where it is in this word: 0 - 1 has the top bit, and nothing else that can be here.
        var isHere = ir.Binary(IrBinary.ShrU, ir.Binary(IrBinary.Sub, ir.Binary(IrBinary.Xor, ir.Binary(IrBinary.ShrU, length, 6), word), 1), 63);
        return ir.Binary(IrBinary.Shl, isHere, ir.Binary(IrBinary.And, length, 63));
    }

    private static VReg ConstantTable(KernelEmitter e, KString part, int words)
    {
        var table = new ulong[256 * words];
        for (var i = 0; i < part.Length; i++) table[part.Span[i] * words + i / 64] |= 1UL << (i % 64);
        return e.Ir.Data(DataKind.Rodata, e.Constant(Bytes(e, table)));
    }

    private static VReg ComputedTable(KernelEmitter e, IrValue part, int words)
    {
        var ir = e.Ir;
        var table = e.Clear(e.Scratch(256 * words * 8, "search table"), 256 * words * 8);
        var capacity = CapacityOf(part);
        var done = ir.NewBlock();
        for (var w = 0; w < words; w++)
        {
            var first = w * 64;
            e.Repeat(Math.Min(64, capacity - first), 1, (at, _) =>
            {
                var b = ir.Load(ir.Binary(IrBinary.Add, part.Address, at), first, 1);
                var next = ir.NewBlock();
                ir.Branch(IrCondition.Eq, b, 0, done, next);
                ir.Start(next);
                var row = ir.Binary(IrBinary.Add, table, ir.Binary(IrBinary.Mul, b, words * 8));
                ir.Store(row, w * 8, ir.Binary(IrBinary.Or, ir.Load(row, w * 8), ir.Binary(IrBinary.Shl, 1L, at)));
            });
        }
        ir.Start(done);
        return table;
    }

    private static ImmutableArray<byte> Bytes(KernelEmitter e, ulong[] table)
    {
        var bytes = new byte[table.Length * 8];
        for (var i = 0; i < table.Length; i++)
        {
            if (e.IsBigEndian) BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(i * 8), table[i]);
            else BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * 8), table[i]);
        }
        return [.. bytes];
    }
}
