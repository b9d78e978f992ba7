using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Ktap.Compiler.Btf;

/// <summary>
/// Type information in the BTF format, read in place. Opening it is one linear scan that notes where each type starts
/// (under a millisecond for a kernel's 126,000); nothing else is copied, so the data may be a file mapped into memory
/// and must outlive the reader. Ids count from 1; id 0 is void. Type accessors expect an id of the kind that they name.
/// Not made for several threads at once.
/// </summary>
public sealed partial class BtfReader
{
    private const ushort Magic = 0xeb9f;
    private const int NameBits = 24; // BTF_MAX_NAME_OFFSET

    // By kind: bytes after the 12 that every type has, and bytes for each of its vlen elements (linux/btf.h).
    private static ReadOnlySpan<byte> ExtraBytes => [0, 4, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 4, 0, 0];
    private static ReadOnlySpan<byte> ElementBytes => [0, 0, 0, 0, 12, 12, 8, 0, 0, 0, 0, 0, 0, 8, 0, 12, 0, 0, 0, 12];

    private readonly ReadOnlyMemory<byte> _data;
    private readonly BtfReader? _base;
    private readonly int _firstId;
    private readonly int _firstString;
    private readonly int _stringsAt;
    private readonly int _stringsLength;
    private readonly bool _swap;
    private readonly int _count;
    private readonly int[] _offsets; // of each own type, in _data
    private readonly int[] _keys;    // of each own type, its kind and its name's offset: what look-ups search

    /// <summary>
    /// Scans BTF data of either byte order. <paramref name="baseTypes"/> is given for a module's BTF, which continues the
    /// kernel's: its ids and names go on where the kernel's end.
    /// </summary>
    /// <exception cref="InvalidDataException">The data isn't BTF, is cut short, or has a kind that isn't known.</exception>
    public BtfReader(ReadOnlyMemory<byte> data, BtfReader? baseTypes = null)
    {
        _data = data;
        _base = baseTypes;
        _firstId = baseTypes?.TypeCount ?? 1;
        _firstString = baseTypes is null ? 0 : baseTypes._firstString + baseTypes._stringsLength;
        var bytes = data.Span;
        if (bytes.Length < 24) throw new InvalidDataException("BTF data is shorter than its header");
        var magic = MemoryMarshal.Read<ushort>(bytes);
        _swap = magic == BinaryPrimitives.ReverseEndianness(Magic);
        if (magic != Magic && !_swap) throw new InvalidDataException($"no BTF data: it starts with 0x{magic:x4}");

        long header = Read(bytes, 4), types = header + Read(bytes, 8), typesEnd = types + Read(bytes, 12);
        long strings = header + Read(bytes, 16), stringsEnd = strings + Read(bytes, 20);
        if (typesEnd > bytes.Length || stringsEnd > bytes.Length || (stringsEnd > strings && bytes[(int)stringsEnd - 1] != 0))
            throw new InvalidDataException("BTF data is cut short");
        _stringsAt = (int)strings;
        _stringsLength = (int)(stringsEnd - strings);
        (_offsets, _keys, _count) = Scan(bytes, (int)types, (int)typesEnd);
    }

    /// <summary>The number of ids, void and the base's included: valid ids are below it.</summary>
    public int TypeCount => _firstId + _count;

    /// <summary>The first id that is this data's own: 1, or for a module the kernel's <see cref="TypeCount"/>.</summary>
    public int FirstId => _firstId;

    /// <summary>What the type is.</summary>
    public BtfKind Kind(int id) => id == 0 ? BtfKind.Void : id < _firstId ? _base!.Kind(id) : (BtfKind)(_keys[id - _firstId] >> NameBits);

    /// <summary>The type's name; empty where it has none.</summary>
    public string Name(int id) => Encoding.UTF8.GetString(NameBytes(id));

    /// <summary>The type's name as bytes, without allocating.</summary>
    public ReadOnlySpan<byte> NameBytes(int id) =>
        id == 0 ? default : id < _firstId ? _base!.NameBytes(id) : StringBytes(Word(id, 0));

    private string String(int offset) => Encoding.UTF8.GetString(StringBytes(offset));

    private ReadOnlySpan<byte> StringBytes(int offset)
    {
        if (offset < _firstString) return _base!.StringBytes(offset);
        var from = Strings[(offset - _firstString)..];
        return from[..from.IndexOf((byte)0)];
    }

    private ReadOnlySpan<byte> Strings => _data.Span.Slice(_stringsAt, _stringsLength);

    private uint Info(int id) => (uint)Word(id, 4);

    private int ElementCount(int id) => (int)(Info(id) & 0xffff);

    private bool Flag(int id) => Info(id) >> 31 != 0;

    // The 32-bit word at a byte offset within one of this reader's own types.
    private int Word(int id, int offset) => Read(_data.Span, _offsets[id - _firstId] + offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Read(ReadOnlySpan<byte> bytes, int at)
    {
        var word = MemoryMarshal.Read<int>(bytes[at..]);
        return _swap ? BinaryPrimitives.ReverseEndianness(word) : word;
    }

    private (int[] Offsets, int[] Keys, int Count) Scan(ReadOnlySpan<byte> bytes, int at, int end)
    {
        // A kernel's types take 24 bytes on average; growing once too often costs more than some slack.
        int[] offsets = new int[(end - at) / 20 + 8], keys = new int[offsets.Length];
        var count = 0;
        while (at < end)
        {
            if (end - at < 12) throw new InvalidDataException($"BTF type {_firstId + count} is cut short");
            int name = Read(bytes, at), info = Read(bytes, at + 4), kind = info >> 24 & 31;
            if (kind == 0 || kind >= ExtraBytes.Length) throw new InvalidDataException($"BTF type {_firstId + count} has the unknown kind {kind}");
            if (name >>> NameBits != 0) throw new InvalidDataException($"BTF type {_firstId + count} has a name outside the strings");
            if (count == offsets.Length)
            {
                Array.Resize(ref offsets, count * 2);
                Array.Resize(ref keys, count * 2);
            }
            offsets[count] = at;
            keys[count++] = KeyOf((BtfKind)kind, name);
            at += 12 + ExtraBytes[kind] + ElementBytes[kind] * (info & 0xffff);
        }
        if (at != end) throw new InvalidDataException($"BTF type {_firstId + count - 1} is cut short");
        return (offsets, keys, count);
    }

    private static int KeyOf(BtfKind kind, int nameOffset) => (int)kind << NameBits | nameOffset;
}
