using Ktap.Compiler.Values;

namespace Ktap.Compiler.Builtins;

/// <summary>Sorting as <c>sort_pairs</c> does.</summary>
internal static class Ordering
{
    /// <summary>A total order: by kind, then integers and strings as <c>&lt;</c> has them, keys part by part, aggregates by their number of samples; the rest are equal.</summary>
    public static int Compare(Value a, Value b)
    {
        if (a.Kind != b.Kind) return a.Kind.CompareTo(b.Kind);
        switch (a.Kind)
        {
            case ValueKind.Bool or ValueKind.Int:
                return a.AsInt.CompareTo(b.AsInt);
            case ValueKind.String:
                return a.AsString.CompareTo(b.AsString);
            case ValueKind.Tuple:
                var (x, y) = (a.AsTuple.Parts, b.AsTuple.Parts);
                for (var i = 0; i < Math.Min(x.Count, y.Count); i++)
                    if (Compare(x[i], y[i]) is not 0 and var order) return order;
                return x.Count.CompareTo(y.Count);
            case ValueKind.Aggregate:
                return a.AsAggregate.Count.CompareTo(b.AsAggregate.Count);
            default:
                return 0;
        }
    }

    /// <summary>A stable sort that ends whatever <paramref name="isFirst"/> answers, which a script's function may do without sense.</summary>
    public static IReadOnlyList<T> MergeSort<T>(IReadOnlyList<T> items, Func<T, T, bool> isFirst)
    {
        T[] from = [.. items], to = new T[items.Count];
        for (var width = 1; width < from.Length; width *= 2)
        {
            for (var start = 0; start < from.Length; start += 2 * width)
            {
                var (left, middle, end) = (start, Math.Min(start + width, from.Length), Math.Min(start + 2 * width, from.Length));
                var right = middle;
                for (var i = start; i < end; i++)
                    to[i] = left < middle && (right >= end || !isFirst(from[right], from[left])) ? from[left++] : from[right++];
            }
            (from, to) = (to, from);
        }
        return from;
    }
}
