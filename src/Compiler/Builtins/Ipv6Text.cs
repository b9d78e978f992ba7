using System.Text;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Probes;

namespace Ktap.Compiler.Builtins;

/// <summary>
/// An IPv6 address as text in a handler, by RFC 5952: no leading zeros, the longest run of two or more zero groups, the first of equals, as "::".
/// There is no branch in it: 32 digits that are written or not would be more ways than the verifier follows. Every character is
/// written at the end of the text, and counts only where the end then moves on.
/// </summary>
internal static class Ipv6Text
{
    /// <summary>The length of the longest.</summary>
    public const int Longest = 39;

    // A power of two with room for the longest text: what the verifier knows of the end is that it is below.
    private const int Room = 64;

    /// <summary>The address of the text, in a buffer with NULs behind it, of the 16 bytes at an address.</summary>
    public static VReg Emit(KernelEmitter e, VReg bytes)
    {
        var ir = e.Ir;
        var text = e.ZeroedBuffer(Room, "ipv6");
        var groups = new VReg[8];
        for (var i = 0; i < 8; i++) groups[i] = ir.Binary(IrBinary.Or, ir.Binary(IrBinary.Shl, ir.Load(bytes, 2 * i, 1), 8), ir.Load(bytes, 2 * i + 1, 1));
        var (start, stop) = LongestRun(ir, groups);
        var end = ir.Copy(0L);
        for (var i = 0; i < 8; i++)
        {
            // 1 in the run of zeros, where its first group stands for one colon, the colon before the next group being the other.
            var inside = ir.Binary(IrBinary.And, ir.Binary(IrBinary.Xor, IsLess(ir, ir.Const(i), start), 1), IsLess(ir, ir.Const(i), stop));
            var outside = ir.Binary(IrBinary.Xor, inside, 1);
            Write(ir, text, end, ':', ir.Binary(IrBinary.And, inside, IsZero(ir, ir.Binary(IrBinary.Xor, start, i))));
            if (i > 0) Write(ir, text, end, ':', outside);
            WriteGroup(ir, text, end, groups[i], outside);
            if (i == 7) Write(ir, text, end, ':', inside);
        }
        ir.Store(At(ir, text, end), 0, 0, 1);
        return text;
    }

    // From which group to which: both are 8 where no run has two.
    private static (VReg Start, VReg Stop) LongestRun(IrBuilder ir, VReg[] groups)
    {
        var (run, best) = (ir.Const(0), ir.Const(0));
        for (var i = 7; i >= 0; i--)
        {
            run = ir.Binary(IrBinary.Mul, ir.Binary(IrBinary.Add, run, 1), IsZero(ir, groups[i]));
            // Longer runs are larger, and of equal ones the first.
            var rank = ir.Binary(IrBinary.Or, ir.Binary(IrBinary.Shl, run, 3), 7 - i);
            best = ir.Binary(IrBinary.Add, best, ir.Binary(IrBinary.Mul, ir.Binary(IrBinary.Sub, rank, best), IsLess(ir, best, rank)));
        }
        var length = ir.Binary(IrBinary.ShrU, best, 3);
        var isRun = IsLess(ir, ir.Const(1), length);
        var start = ir.Binary(IrBinary.Sub, 7L, ir.Binary(IrBinary.And, best, 7));
        start = ir.Binary(IrBinary.Add, 8L, ir.Binary(IrBinary.Mul, ir.Binary(IrBinary.Sub, start, 8), isRun));
        return (start, ir.Binary(IrBinary.Add, start, ir.Binary(IrBinary.Mul, length, isRun)));
    }

    private static void WriteGroup(IrBuilder ir, VReg text, VReg end, VReg group, VReg counts)
    {
        var seen = ir.Const(0);
        for (var shift = 12; shift >= 0; shift -= 4)
        {
            var digit = ir.Binary(IrBinary.And, ir.Binary(IrBinary.ShrU, group, shift), 15);
            seen = shift == 0 ? ir.Const(1) : ir.Binary(IrBinary.Or, seen, ir.Binary(IrBinary.Xor, IsZero(ir, digit), 1));
            Write(ir, text, end, HexText.Digit(ir, digit), ir.Binary(IrBinary.And, seen, counts));
        }
    }

    private static void Write(IrBuilder ir, VReg text, VReg end, IrOperand character, VReg counts)
    {
        ir.Store(At(ir, text, end), 0, character, 1);
        ir.Assign(end, ir.Binary(IrBinary.Add, end, counts));
    }

    private static VReg At(IrBuilder ir, VReg text, VReg end) => ir.Binary(IrBinary.Add, text, ir.Binary(IrBinary.And, end, Room - 1));

    // 0 or 1, of numbers far below 2^63.
    private static VReg IsLess(IrBuilder ir, VReg a, VReg b) => ir.Binary(IrBinary.ShrU, ir.Binary(IrBinary.Sub, a, b), 63);

    private static VReg IsZero(IrBuilder ir, VReg value) => ir.Binary(IrBinary.ShrU, ir.Binary(IrBinary.Sub, value, 1), 63);
}
