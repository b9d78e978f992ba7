using System.Collections.Immutable;

namespace Ktap;

/// <summary>
/// <c>Select</c> and <c>Where</c> for all of ktap, in the place of System.Linq's, which the namespace around all others hides: those combine every
/// step with every other by virtual generic methods, and the ahead-of-time compiler makes code for all value types that could ever meet: 9 of 17 MB.
/// </summary>
public static class Sequence
{
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
}
