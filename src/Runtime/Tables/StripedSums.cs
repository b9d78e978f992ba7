using System.Runtime.InteropServices;
using Ktap.Compiler.Lowering;
using Ktap.Runtime.Machine;

namespace Ktap.Runtime.Tables;

/// <summary>
/// What handlers add to sums that each processor keeps for itself. Nothing there is ever taken away: user space remembers what it has seen, and what is more is what
/// was added since, each addition exactly once.
/// </summary>
public sealed class StripedSums(IMachine machine, LoadedMap bss, StripeMemory memory, StripedSum sum)
{
    private readonly long[] _seen = new long[sum.Length], _touched = new long[sum.Length];

    /// <summary>What was added to each slot since the last time, in their order: nothing to those that are left out.</summary>
    public IEnumerable<(int Index, long Added)> Take()
    {
        var (sums, touched) = (Now(sum.Offset), sum.TouchedOffset is { } offset ? Now(offset) : null);
        for (var i = 0; i < sum.Length; i++)
        {
            var added = unchecked(sums[i] - _seen[i]);
            var isTouched = touched is not null && touched[i] != _touched[i];
            _seen[i] = sums[i];
            if (touched is not null) _touched[i] = touched[i];
            if (added != 0 || isTouched) yield return (i, added);
        }
    }

    private long[] Now(int offset)
    {
        var (total, part) = (new long[sum.Length], new long[sum.Length]);
        for (var n = 0; n < memory.Count; n++)
        {
            machine.ReadMemory(bss, memory.Offset + n * memory.Stride + offset, MemoryMarshal.AsBytes(part.AsSpan()));
            for (var i = 0; i < part.Length; i++) total[i] += part[i];
        }
        return total;
    }
}
