using System.Collections;
using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Ktap;

/// <summary>
/// Lazy steps for all of ktap, in the place of System.Linq's, which the namespace around all others hides: those combine every step with every other
/// by virtual generic methods, and the ahead-of-time compiler makes code for all value types that could ever meet: 9 of 17 MB. One of those steps over a
/// value type is enough for all that could follow it, so the usual ones are here. System.Linq's that are plain iterators or loops stay in use.
/// </summary>
public static partial class Sequence
{
    /// <summary>So many numbers from a first one on.</summary>
    public static IEnumerable<int> Range(int first, int count)
    {
        for (var i = 0; i < count; i++) yield return first + i;
    }

    /// <summary>The results of a function for each element, made as they are asked for.</summary>
    public static IEnumerable<TResult> Select<TSource, TResult>(this IEnumerable<TSource> source, Func<TSource, TResult> selector)
    {
        foreach (var element in source) yield return selector(element);
    }

    /// <summary>The results of a function for each element and its place from 0, made as they are asked for.</summary>
    public static IEnumerable<TResult> Select<TSource, TResult>(this IEnumerable<TSource> source, Func<TSource, int, TResult> selector)
    {
        var index = 0;
        foreach (var element in source) yield return selector(element, index++);
    }

    /// <summary>The results of a function for each element of an array, which is not boxed.</summary>
    public static IEnumerable<TResult> Select<TSource, TResult>(this ImmutableArray<TSource> source, Func<TSource, TResult> selector)
    {
        foreach (var element in source) yield return selector(element);
    }

    /// <summary>The elements for which a condition holds.</summary>
    public static IEnumerable<T> Where<T>(this IEnumerable<T> source, Func<T, bool> predicate)
    {
        foreach (var element in source)
            if (predicate(element)) yield return element;
    }

    /// <summary>The elements of an array, which is not boxed, for which a condition holds.</summary>
    public static IEnumerable<T> Where<T>(this ImmutableArray<T> source, Func<T, bool> predicate)
    {
        foreach (var element in source)
            if (predicate(element)) yield return element;
    }

    /// <summary>The elements of a sequence for each element, one after another.</summary>
    public static IEnumerable<TResult> SelectMany<TSource, TResult>(this IEnumerable<TSource> source, Func<TSource, IEnumerable<TResult>> selector)
    {
        foreach (var element in source)
            foreach (var result in selector(element)) yield return result;
    }

    /// <summary>The elements that are of a type.</summary>
    public static IEnumerable<T> OfType<T>(this IEnumerable source)
    {
        foreach (var element in source)
            if (element is T wanted) yield return wanted;
    }

    /// <summary>The elements of both, in order.</summary>
    public static IEnumerable<T> Concat<T>(this IEnumerable<T> first, IEnumerable<T> second)
    {
        foreach (var element in first) yield return element;
        foreach (var element in second) yield return element;
    }

    /// <summary>The elements, and one more at the end.</summary>
    public static IEnumerable<T> Append<T>(this IEnumerable<T> source, T last)
    {
        foreach (var element in source) yield return element;
        yield return last;
    }

    /// <summary>The elements, and one more before them.</summary>
    public static IEnumerable<T> Prepend<T>(this IEnumerable<T> source, T first)
    {
        yield return first;
        foreach (var element in source) yield return element;
    }

    /// <summary>All but the first elements.</summary>
    public static IEnumerable<T> Skip<T>(this IEnumerable<T> source, int count)
    {
        foreach (var element in source)
            if (count > 0) count--;
            else yield return element;
    }

    /// <summary>The first elements, as many as there are; no more are asked for.</summary>
    public static IEnumerable<T> Take<T>(this IEnumerable<T> source, int count)
    {
        if (count <= 0) yield break;
        foreach (var element in source)
        {
            yield return element;
            if (--count == 0) yield break;
        }
    }

    /// <summary>Each element once, in the order of its first time.</summary>
    public static IEnumerable<T> Distinct<T>(this IEnumerable<T> source) => source.DistinctBy(e => e);

    /// <summary>The first element of each key.</summary>
    public static IEnumerable<T> DistinctBy<T, TKey>(this IEnumerable<T> source, Func<T, TKey> key)
    {
        // A set of objects does for keys of every type.
        var seen = new HashSet<object?>();
        foreach (var element in source)
            if (seen.Add(key(element))) yield return element;
    }

    /// <summary>Each element of both once, in the order of its first time.</summary>
    public static IEnumerable<T> Union<T>(this IEnumerable<T> first, IEnumerable<T> second) => first.Concat(second).Distinct();

    /// <summary>The elements in an array of their own. System.Linq's makes two pools of arrays for each type of element.</summary>
    public static T[] ToArray<T>(this IEnumerable<T> source)
    {
        if (source is not ICollection<T> collection) return new List<T>(source).ToArray();
        var all = new T[collection.Count];
        collection.CopyTo(all, 0);
        return all;
    }

    /// <summary>The elements in an array of their own.</summary>
    public static ImmutableArray<T> ToImmutableArray<T>(this IEnumerable<T> source) => ImmutableCollectionsMarshal.AsImmutableArray(source.ToArray());
}
