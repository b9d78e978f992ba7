namespace Ktap.Runtime.Rendering;

/// <summary>Sorts numbers with something beside each, in linear time; equal numbers keep their order.</summary>
internal static class RadixSort
{
    private const int Bits = 11, Buckets = 1 << Bits, Passes = (64 + Bits - 1) / Bits;

    /// <summary>Sorts both arrays (of one length) by <paramref name="numbers"/>, smallest first.</summary>
    public static void Sort(ulong[] numbers, int[] payload)
    {
        if (numbers.Length < 2) return;
        var counts = new int[Passes * Buckets];
        foreach (var number in numbers)
            for (var pass = 0; pass < Passes; pass++) counts[pass * Buckets + Digit(number, pass)]++;
        var (from, to) = (numbers, new ulong[numbers.Length]);
        var (payloadFrom, payloadTo) = (payload, new int[payload.Length]);
        for (var pass = 0; pass < Passes; pass++)
        {
            var count = counts.AsSpan(pass * Buckets, Buckets);
            // Counts are small and addresses share their upper half: most passes would move nothing.
            if (count[Digit(from[0], pass)] == from.Length) continue;
            for (int i = 0, sum = 0; i < Buckets; i++) (count[i], sum) = (sum, sum + count[i]);
            for (var i = 0; i < from.Length; i++)
            {
                var place = count[Digit(from[i], pass)]++;
                to[place] = from[i];
                payloadTo[place] = payloadFrom[i];
            }
            (from, to) = (to, from);
            (payloadFrom, payloadTo) = (payloadTo, payloadFrom);
        }
        if (ReferenceEquals(from, numbers)) return;
        from.CopyTo(numbers, 0);
        payloadFrom.CopyTo(payload, 0);
    }

    private static int Digit(ulong number, int pass) => (int)(number >> pass * Bits) & (Buckets - 1);
}
