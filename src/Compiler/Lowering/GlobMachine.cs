using System.Text;
using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Lowering;

/// <summary>
/// Matches a glob (<c>*</c>, <c>?</c>, bytes) against a string in memory without a loop: a nondeterministic automaton whose states are
/// the bits of one word, a bit for each element of the pattern that has been matched, stepped once for each byte of the buffer.
/// </summary>
internal static class GlobMachine
{
    /// <summary>Emits the match of a simple pattern (<see cref="Types.Glob.IsSimple"/>: states need a bit each); the result is not 0 where the whole string matches.</summary>
    public static VReg Emit(IrBuilder ir, VReg address, int capacity, string pattern)
    {
        // Stars in a row are one; a star is no state of its own but lets the state before it stay.
        var elements = new List<byte?>();
        long stays = 0;
        foreach (var b in Encoding.UTF8.GetBytes(pattern))
        {
            if (b == '*') stays |= 1L << elements.Count;
            else elements.Add(b == '?' ? null : b);
        }
        var accept = 1L << elements.Count;
        var anyByte = Mask(elements, null);
        var states = ir.Copy(1L);
        var result = ir.Copy(0L);
        var done = ir.NewBlock();
        for (var at = 0; at < capacity; at++)
        {
            var (end, step) = (ir.NewBlock(), ir.NewBlock());
            var b = ir.Load(address, at, 1);
            ir.Branch(IrCondition.Eq, b, 0, end, step);
            ir.Start(end);
            ir.Assign(result, ir.Binary(IrBinary.And, states, accept));
            ir.Jump(done);
            ir.Start(step);
            var moves = ir.Const(anyByte);
            foreach (var literal in elements.OfType<byte>().Distinct())
                moves = ir.Binary(IrBinary.Or, moves, ir.Binary(IrBinary.And, ir.Binary(IrBinary.Sub, 0L, ir.Compare(IrCondition.Eq, b, literal)), Mask(elements, literal)));
            var moved = ir.Binary(IrBinary.Shl, ir.Binary(IrBinary.And, states, moves), 1);
            ir.Assign(states, ir.Binary(IrBinary.Or, moved, ir.Binary(IrBinary.And, states, stays)));
        }
        ir.Assign(result, ir.Binary(IrBinary.And, states, accept));
        ir.Start(done);
        return result;
    }

    private static long Mask(List<byte?> elements, byte? wanted)
    {
        long mask = 0;
        for (var i = 0; i < elements.Count; i++)
            if (elements[i] == wanted) mask |= 1L << i;
        return mask;
    }
}
