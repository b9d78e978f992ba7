using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Numerics;
using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Lowering;

/// <summary>
/// Whether an address lies in one of many ranges: a binary search in a table of the read-only data, without a branch, so that the verifier walks one path,
/// and with every index masked where it is used, so that it needs to remember none.
/// </summary>
internal static class RangeTable
{
    /// <summary>The table's bytes: where ranges start and end, ascending, filled up with the largest number to a power of two.</summary>
    public static ImmutableArray<byte> Bytes(ImmutableArray<(ulong Start, ulong End)> ranges, bool isBigEndian)
    {
        var bytes = new byte[Length(ranges) * 8];
        bytes.AsSpan().Fill(0xff);
        for (var i = 0; i < ranges.Length; i++)
        {
            Write(bytes.AsSpan(i * 16), ranges[i].Start);
            Write(bytes.AsSpan(i * 16 + 8), ranges[i].End);
        }
        return [.. bytes];

        void Write(Span<byte> to, ulong value)
        {
            if (isBigEndian) BinaryPrimitives.WriteUInt64BigEndian(to, value);
            else BinaryPrimitives.WriteUInt64LittleEndian(to, value);
        }
    }

    /// <summary>Emits the search in the table at an offset of the read-only data: 1 where the address is in a range, else 0.</summary>
    public static VReg Emit(IrBuilder ir, int table, ImmutableArray<(ulong Start, ulong End)> ranges, VReg address)
    {
        // How many of the bounds are not above the address: an odd number means that a range has started and not ended.
        var length = Length(ranges);
        var below = ir.Const(0);
        for (var step = length / 2; step > 0; step /= 2)
        {
            var place = ir.Binary(IrBinary.Shl, ir.Binary(IrBinary.And, below, length - 1), 3);
            var bound = ir.Load(ir.Binary(IrBinary.Add, ir.Data(DataKind.Rodata, table + (step - 1) * 8), place), 0);
            // 1 where the bound is not above: addresses of code are near each other, so that their difference has the right sign. (A mask of all ones or zeros
            // would make Linux 6.18 walk both ways, as if it were a jump.)
            var taken = ir.Binary(IrBinary.ShrU, ir.Binary(IrBinary.Sub, ir.Binary(IrBinary.Sub, bound, address), 1), 63);
            below = ir.Binary(IrBinary.Add, below, ir.Binary(IrBinary.Shl, taken, BitOperations.Log2((uint)step)));
        }
        return ir.Binary(IrBinary.And, below, 1);
    }

    // One bound more than there are, so that a search can end behind all of them.
    private static int Length(ImmutableArray<(ulong Start, ulong End)> ranges) => (int)BitOperations.RoundUpToPowerOf2((uint)ranges.Length * 2 + 1);
}
