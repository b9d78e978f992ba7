using System.Collections;

namespace Ktap;

public static partial class Sequence
{
    /// <summary>The elements of each key, in the order of the keys' first times.</summary>
    public static IEnumerable<Group<TKey, T>> GroupBy<T, TKey>(this IEnumerable<T> source, Func<T, TKey> key) where TKey : notnull
    {
        // A dictionary of objects does for keys of every type.
        var (groups, byKey) = (new List<Group<TKey, T>>(), new Dictionary<object, Group<TKey, T>>());
        foreach (var element in source)
        {
            var its = key(element);
            if (!byKey.TryGetValue(its, out var group)) groups.Add(byKey[its] = group = new Group<TKey, T>(its));
            group.Items.Add(element);
        }
        return groups;
    }
}

/// <summary>The elements that have a key.</summary>
public sealed class Group<TKey, T>(TKey key) : IEnumerable<T>
{
    /// <summary>What they have in common.</summary>
    public TKey Key => key;

    internal List<T> Items { get; } = [];

    /// <summary>Walks the elements in their order.</summary>
    public IEnumerator<T> GetEnumerator() => Items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
