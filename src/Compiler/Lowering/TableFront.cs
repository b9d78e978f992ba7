using System.Numerics;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Typing;

namespace Ktap.Compiler.Lowering;

/// <summary>
/// Sums that one program keeps in front of a table's map, in the part of the striped memory that its processor has (<see cref="StripeMemory"/>): a row of places, in one of two neighbours of which, told by its hash, a key
/// of the map may stand. Who adds under a key that stands there needs neither the map nor an atomic instruction. A key gets the first free place of the two when it is found in the map; keys that find none are
/// added to in the map. So the map has all keys, its limit counts, and a slot is what is in the map and in all places together. Where the table's maps take turns, so do two rows; in front of them
/// is a word that says which.
/// </summary>
/// <param name="Table">The table.</param>
/// <param name="Site">The program's site: nobody else writes there, and the program doesn't interrupt itself.</param>
/// <param name="Offset">Where it begins in each part, in bytes.</param>
/// <param name="KeySize">The bytes of a key, whole words.</param>
/// <param name="Length">The number of places in a row, a power of two.</param>
/// <param name="IsFlipped">Whether there are two rows.</param>
public sealed record TableFront(SharedTable Table, ProbeSite Site, int Offset, int KeySize, int Length, bool IsFlipped)
{
    /// <summary>The largest key, in bytes: a longer one would take more instructions than it saves.</summary>
    public const int LargestKey = 64;

    /// <summary>What a key's words are multiplied by: 2^64 divided by the golden ratio, so that the upper bits of the product depend on all of theirs.</summary>
    public const ulong Multiplier = 0x9e3779b97f4a7c15;

    /// <summary>In a place: the word that is 1 once a key stands there, stored behind all else.</summary>
    public const int Taken = 0;

    /// <summary>In a place: the key.</summary>
    public const int Key = 8;

    /// <summary>In a place: what was added.</summary>
    public int Sum => Key + KeySize;

    /// <summary>The bytes of a place.</summary>
    public int PlaceSize => Sum + 8;

    /// <summary>The bytes of a row.</summary>
    public int RowSize => Length * PlaceSize;

    /// <summary>Where the first row begins in each part, in bytes; before it, the number of the row in turn.</summary>
    public int RowOffset => IsFlipped ? Offset + 8 : Offset;

    /// <summary>The bytes of all in a part.</summary>
    public int Size => IsFlipped ? 8 + 2 * RowSize : RowSize;

    /// <summary>How far a hash is shifted to be the number of a key's first place; its second is that with the lowest bit inverted.</summary>
    public int Shift => 64 - BitOperations.Log2((uint)Length);

    /// <summary>The number of a key's first place.</summary>
    public int PlaceOf(ReadOnlySpan<byte> key)
    {
        var hash = 0UL;
        for (var at = 0; at < key.Length; at += 8) hash = (hash ^ BitConverter.ToUInt64(key[at..])) * Multiplier;
        return (int)(hash >> Shift);
    }
}
