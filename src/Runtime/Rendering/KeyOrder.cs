using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Runtime.Rendering;

/// <summary>
/// An order of all keys, so that output never depends on where a hash put them: by kind; integers by number (addresses and unsigned
/// ones without sign), strings byte by byte, keys of several parts and stacks part by part. Tables and functions count as equal.
/// </summary>
internal sealed class KeyOrder : IComparer<Value>
{
    /// <summary>The one instance.</summary>
    public static readonly KeyOrder Instance = new();

    /// <inheritdoc/>
    public int Compare(Value x, Value y)
    {
        if (x.Kind != y.Kind) return x.Kind.CompareTo(y.Kind);
        return x.Kind switch
        {
            ValueKind.Bool => x.AsInt.CompareTo(y.AsInt),
            ValueKind.Int => Ordinal(x).CompareTo(Ordinal(y)),
            ValueKind.String => x.AsString.CompareTo(y.AsString),
            ValueKind.Tuple => CompareParts(x.AsTuple.Parts, y.AsTuple.Parts),
            ValueKind.Stack => x.AsStack.CompareFrames(y.AsStack),
            _ => 0,
        };
    }

    /// <summary>An integer key as an unsigned number of the same order.</summary>
    public static ulong Ordinal(Value key) =>
        key.Format is null or IntFormat.Enum or IntFormat.Statistic ? (ulong)key.AsInt ^ 1UL << 63 : (ulong)key.AsInt;

    private int CompareParts(IReadOnlyList<Value> x, IReadOnlyList<Value> y)
    {
        for (var i = 0; i < x.Count && i < y.Count; i++)
        {
            var order = Compare(x[i], y[i]);
            if (order != 0) return order;
        }
        return x.Count.CompareTo(y.Count);
    }
}
