using Ktap.Compiler.Values;

namespace Ktap.Runtime.Rendering;

/// <summary>The order of a histogram's rows: by value, largest first; equal values by key.</summary>
public static class RowOrder
{
    /// <summary>The first <paramref name="most"/> rows in order; a few of many are picked without sorting the rest.</summary>
    public static KeyValuePair<Value, Value>[] First(KeyValuePair<Value, Value>[] rows, int most)
    {
        if (most <= 0) return [];
        if (most < rows.Length / 16) return Pick(rows, most);
        var sorted = Sort(rows);
        return most < sorted.Length ? sorted[..most] : sorted;
    }

    // A heap of the best so far, the worst of them on top.
    private static KeyValuePair<Value, Value>[] Pick(KeyValuePair<Value, Value>[] rows, int most)
    {
        var heap = new PriorityQueue<int, int>(most + 1, Comparer<int>.Create((a, b) => Compare(rows, b, a)));
        for (var i = 0; i < rows.Length; i++)
            if (heap.Count < most) heap.Enqueue(i, i);
            else if (rows[i].Value.AsInt >= rows[heap.Peek()].Value.AsInt) heap.EnqueueDequeue(i, i);
        var picked = new KeyValuePair<Value, Value>[heap.Count];
        for (var i = picked.Length; i-- > 0;) picked[i] = rows[heap.Dequeue()];
        return picked;
    }

    private static int Compare(KeyValuePair<Value, Value>[] rows, int a, int b)
    {
        var order = rows[b].Value.AsInt.CompareTo(rows[a].Value.AsInt);
        if (order == 0) order = KeyOrder.Instance.Compare(rows[a].Key, rows[b].Key);
        return order != 0 ? order : a.CompareTo(b);
    }

    private static KeyValuePair<Value, Value>[] Sort(KeyValuePair<Value, Value>[] rows)
    {
        var numbers = new ulong[rows.Length];
        var places = new int[rows.Length];
        var keysAreIntegers = true;
        for (var i = 0; i < places.Length; i++)
        {
            places[i] = i;
            keysAreIntegers &= rows[i].Key.Kind == ValueKind.Int;
        }
        if (keysAreIntegers)
        {
            for (var i = 0; i < places.Length; i++) numbers[i] = KeyOrder.Ordinal(rows[i].Key);
            RadixSort.Sort(numbers, places);
        }
        // The radix sort keeps the order of equals, so that by value after by key is by value, then by key.
        for (var i = 0; i < places.Length; i++) numbers[i] = ~((ulong)rows[places[i]].Value.AsInt ^ 1UL << 63);
        RadixSort.Sort(numbers, places);
        if (!keysAreIntegers) SortEquals(rows, numbers, places);
        var sorted = new KeyValuePair<Value, Value>[places.Length];
        for (var i = 0; i < places.Length; i++) sorted[i] = rows[places[i]];
        return sorted;
    }

    // Rows of one value by their keys; those that no order tells apart stay as they came.
    private static void SortEquals(KeyValuePair<Value, Value>[] rows, ulong[] numbers, int[] places)
    {
        for (int start = 0, end; start < places.Length; start = end)
        {
            for (end = start + 1; end < places.Length && numbers[end] == numbers[start]; end++) { }
            if (end - start == 1) continue;
            var group = places.AsSpan(start, end - start);
            group.Sort((a, b) => KeyOrder.Instance.Compare(rows[a].Key, rows[b].Key) is not 0 and var order ? order : a.CompareTo(b));
        }
    }
}
