using System.Numerics;

namespace Ktap.Compiler.Types;

/// <summary>
/// Which bucket an integer falls into, for the two shapes of distribution: powers of two (the rows that are printed), and fine ones, 32 of the same
/// width between a power of two and the next, from which a quantile is within 1.6 %. Both are symmetric about 0. Handlers compute the same
/// numbers; the constants are here.
/// </summary>
public static class Buckets
{
    /// <summary>Log2 of how many fine buckets lie between a power of two and the next.</summary>
    public const int FineBits = 5;

    /// <summary>The number of the power bucket of 0: those of negative values lie below.</summary>
    public const int PowerZero = 64;

    /// <summary>How many power buckets there are: -2^63 is in the first, 2^63 - 1 in the last.</summary>
    public const int PowerCount = PowerZero + 64;

    /// <summary>The number of the fine bucket of 0.</summary>
    public const int FineZero = (63 - FineBits + 1 << FineBits);

    /// <summary>How many fine buckets there are.</summary>
    public const int FineCount = 2 * FineZero;

    /// <summary>The bucket between powers of two: 0 alone, 1 alone, then [2, 4), [4, 8) …, and the same mirrored.</summary>
    public static int Power(long value)
    {
        var bits = 64 - BitOperations.LeadingZeroCount(Magnitude(value));
        return value < 0 ? PowerZero - bits : PowerZero + bits;
    }

    /// <summary>The fine bucket: values of magnitude below 64 have one each, from there the width is a 32nd of the power of two below.</summary>
    public static int Fine(long value)
    {
        var magnitude = Magnitude(value);
        var shift = BitOperations.Log2(magnitude | 1UL << FineBits) - FineBits;
        var number = (shift << FineBits) + (int)(magnitude >> shift);
        return value < 0 ? FineZero - number : FineZero + number;
    }

    /// <summary>The least and the largest value of a power bucket.</summary>
    public static (long Low, long High) PowerRange(int bucket)
    {
        var bits = Math.Abs(bucket - PowerZero);
        return bits == 0 ? (0, 0) : Signed(1UL << bits - 1, (1UL << bits - 1) - 1, bucket < PowerZero);
    }

    /// <summary>The least and the largest value of a fine bucket.</summary>
    public static (long Low, long High) FineRange(int bucket)
    {
        var number = Math.Abs(bucket - FineZero);
        var shift = Math.Max(0, (number >> FineBits) - 1);
        return Signed((ulong)(number - (shift << FineBits)) << shift, (1UL << shift) - 1, bucket < FineZero);
    }

    private static ulong Magnitude(long value) => value < 0 ? unchecked(0 - (ulong)value) : (ulong)value;

    // The last bucket below 0 has one value only: there is nothing beyond -2^63.
    private static (long Low, long High) Signed(ulong least, ulong more, bool isNegative) => unchecked(isNegative
        ? ((long)(0 - Math.Min(least + more, 1UL << 63)), (long)(0 - least))
        : ((long)least, (long)(least + more)));
}
