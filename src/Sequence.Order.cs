using System.Collections;

namespace Ktap;

public static partial class Sequence
{
    /// <summary>The elements, the smallest first; those that are equal keep their order.</summary>
    public static Ordered<T> Order<T>(this IEnumerable<T> source, IComparer<T>? comparer = null) => source.OrderBy(e => e, comparer);

    /// <summary>The elements by a key, the smallest first; those of equal keys keep their order.</summary>
    public static Ordered<T> OrderBy<T, TKey>(this IEnumerable<T> source, Func<T, TKey> key, IComparer<TKey>? comparer = null) =>
        new(source, items => ByKey(items, key, comparer));

    /// <summary>The elements by a key, the largest first; those of equal keys keep their order.</summary>
    public static Ordered<T> OrderByDescending<T, TKey>(this IEnumerable<T> source, Func<T, TKey> key, IComparer<TKey>? comparer = null) =>
        new(source, items => ByKey(items, key, comparer) is var up ? (a, b) => up(b, a) : up);

    /// <summary>As before, and those that were equal by a further key, the smallest first.</summary>
    public static Ordered<T> ThenBy<T, TKey>(this Ordered<T> source, Func<T, TKey> key, IComparer<TKey>? comparer = null) =>
        new(source.Source, items =>
        {
            var (first, second) = (source.Compare(items), ByKey(items, key, comparer));
            return (a, b) => first(a, b) is var order and not 0 ? order : second(a, b);
        });

    // Every key is made once.
    private static Comparison<int> ByKey<T, TKey>(List<T> items, Func<T, TKey> key, IComparer<TKey>? comparer)
    {
        var keys = new TKey[items.Count];
        for (var i = 0; i < keys.Length; i++) keys[i] = key(items[i]);
        comparer ??= Comparer<TKey>.Default;
        return (a, b) => comparer.Compare(keys[a], keys[b]);
    }
}

/// <summary>A sequence that is sorted when it is walked.</summary>
/// <param name="source">The elements before sorting.</param>
/// <param name="compare">How two of the elements compare, by their places.</param>
public sealed class Ordered<T>(IEnumerable<T> source, Func<List<T>, Comparison<int>> compare) : IEnumerable<T>
{
    internal IEnumerable<T> Source => source;

    internal Func<List<T>, Comparison<int>> Compare => compare;

    /// <summary>Walks the elements in order.</summary>
    public IEnumerator<T> GetEnumerator()
    {
        // Places are sorted, so that one sort of numbers does for elements of every type, and is stable by them.
        var items = new List<T>(source);
        var (places, order) = (new int[items.Count], compare(items));
        for (var i = 0; i < places.Length; i++) places[i] = i;
        Array.Sort(places, (a, b) => order(a, b) is var result and not 0 ? result : a - b);
        foreach (var place in places) yield return items[place];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
