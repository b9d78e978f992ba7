using Ktap.Compiler.Lowering;
using Ktap.Runtime.Machine;

namespace Ktap.Runtime.Tables;

/// <summary>What one program has added to a table in front of its map, on all processors (<see cref="TableFront"/>), as it was when it was last read.</summary>
public sealed class FrontSums(IMachine machine, LoadedMap bss, StripeMemory memory, TableFront front)
{
    private readonly byte[] _rows = new byte[memory.Count * front.RowSize];

    /// <summary>Reads the row of every processor. One that handlers add to may be getting keys meanwhile: the word that says so is read before the key and stored behind it.</summary>
    public void Read(int turn = 0)
    {
        for (var n = 0; n < memory.Count; n++) machine.ReadMemory(bss, RowAt(n, turn), RowOf(n));
    }

    /// <summary>Lets handlers add to the other row; those that run now may still add to the one before.</summary>
    public void Turn(int turn)
    {
        for (var n = 0; n < memory.Count; n++) machine.WriteMemory(bss, PartAt(n) + front.Offset, BitConverter.GetBytes((long)turn));
    }

    /// <summary>What was added under a key.</summary>
    public long Of(ReadOnlySpan<byte> key)
    {
        var (number, sum) = (front.PlaceOf(key), 0L);
        for (var n = 0; n < memory.Count; n++)
        {
            var place = PlaceIn(RowOf(n), number, key);
            if (place.IsEmpty) place = PlaceIn(RowOf(n), number ^ 1, key);
            if (!place.IsEmpty) sum = unchecked(sum + BitConverter.ToInt64(place[front.Sum..]));
        }
        return sum;
    }

    /// <summary>Takes out what is in a row that no handler adds to any more: keys and what was added, of each processor.</summary>
    public MapEntries Take(int turn)
    {
        Read(turn);
        var (keys, sums) = (new MemoryStream(), new MemoryStream());
        for (var at = 0; at < _rows.Length; at += front.PlaceSize)
        {
            var place = _rows.AsSpan(at, front.PlaceSize);
            if (!IsTaken(place)) continue;
            keys.Write(place.Slice(TableFront.Key, front.KeySize));
            sums.Write(place[front.Sum..]);
        }
        Array.Clear(_rows);
        for (var n = 0; n < memory.Count; n++) machine.WriteMemory(bss, RowAt(n, turn), RowOf(n));
        return new MapEntries((int)(sums.Length / 8), front.KeySize, 8, keys.ToArray(), sums.ToArray());
    }

    private static bool IsTaken(ReadOnlySpan<byte> place) => place[TableFront.Taken..][0] != 0;

    private int PartAt(int processor) => memory.Offset + processor * memory.Stride;

    private int RowAt(int processor, int turn) => PartAt(processor) + front.RowOffset + turn * front.RowSize;

    private Span<byte> RowOf(int processor) => _rows.AsSpan(processor * front.RowSize, front.RowSize);

    private ReadOnlySpan<byte> PlaceIn(ReadOnlySpan<byte> row, int number, ReadOnlySpan<byte> key)
    {
        var place = row.Slice(number * front.PlaceSize, front.PlaceSize);
        return IsTaken(place) && place.Slice(TableFront.Key, key.Length).SequenceEqual(key) ? place : [];
    }
}
