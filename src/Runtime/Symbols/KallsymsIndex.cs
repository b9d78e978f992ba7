using System.Collections.Immutable;

namespace Ktap.Runtime.Symbols;

/// <summary>
/// The text of /proc/kallsyms with an index by address. One pass over the bytes; no string is made for a line (there are 120,000
/// to 250,000 of them), a name stays where it is in the text.
/// </summary>
internal sealed class KallsymsIndex
{
    private readonly ReadOnlyMemory<byte> _text;
    private readonly ulong[] _addresses;
    private readonly int[] _names;
    private readonly int _count;

    /// <summary>Reads lines <c>address type name[\t[module]]</c>; what is not such a line is passed over.</summary>
    public KallsymsIndex(ReadOnlyMemory<byte> text)
    {
        _text = text;
        var bytes = text.Span;
        var lines = MemoryExtensions.Count(bytes, (byte)'\n') + 1;
        _addresses = new ulong[lines];
        _names = new int[lines];
        var ordered = true;
        ulong last = 0;
        for (var at = 0; at < bytes.Length;)
        {
            ulong address = 0;
            var i = at;
            int digit;
            for (; i < bytes.Length && (digit = HexDigits[bytes[i]]) < 16; i++) address = address << 4 | (uint)digit;
            if (i > at && i + 3 < bytes.Length && bytes[i] == ' ' && bytes[i + 2] == ' ')
            {
                IsEmpty = false;
                if (address != 0) IsHidden = false;
                if (address != 0 && HasPlace(bytes[i + 1], bytes[(i + 3)..]))
                {
                    ordered &= address >= last;
                    last = address;
                    _addresses[_count] = address;
                    _names[_count++] = i + 3;
                }
            }
            var end = bytes[i..].IndexOf((byte)'\n');
            at = end < 0 ? bytes.Length : i + end + 1;
        }
        // The kernel's own symbols come sorted; those of modules, trampolines and BPF programs follow in the order of their making.
        if (!ordered) Array.Sort(_addresses, _names, 0, _count);
    }

    /// <summary>Whether there is no symbol at all.</summary>
    public bool IsEmpty { get; } = true;

    /// <summary>Whether every address is 0: kptr_restrict hides them.</summary>
    public bool IsHidden { get; } = true;

    /// <summary>Where the name of the symbol that covers <paramref name="address"/> starts in the text, and the symbol's address; -1 for none.</summary>
    public int Find(ulong address, out ulong start)
    {
        start = 0;
        var at = Array.BinarySearch(_addresses, 0, _count, address);
        if (at < 0) at = ~at - 1;
        if (at < 0) return -1;
        start = _addresses[at];
        while (at > 0 && _addresses[at - 1] == start) at--;
        // Of several names for one address the kernel shows the first; sorting modules may have shuffled them, the place in the text hasn't.
        var best = -1;
        for (; at < _count && _addresses[at] == start; at++)
        {
            var name = _names[at];
            if (EndsSection(NameAt(name))) return -1;
            if (best < 0 || (IsText(name), -name).CompareTo((IsText(best), -best)) > 0) best = name;
        }
        return address - start < (IsText(best) ? 1UL << 20 : 1UL << 24) ? best : -1;
    }

    /// <summary>The address of the symbol of this name, of functions first; 0 where there is none.</summary>
    public ulong AddressOf(ReadOnlySpan<byte> name)
    {
        ulong found = 0;
        for (var at = Next(name, 0); at >= 0; at = Next(name, at + name.Length))
        {
            if (IsText(at)) return AddressAt(at);
            if (found == 0) found = AddressAt(at);
        }
        return found;
    }

    /// <summary>The address of the variable of this name, and how many bytes there are up to the next symbol; 0 where there is none.</summary>
    public ulong DataOf(ReadOnlySpan<byte> name, out ulong size)
    {
        size = 0;
        for (var at = Next(name, 0); at >= 0; at = Next(name, at + name.Length))
        {
            if (IsText(at) || !HasPlace(_text.Span[at - 2], name) || AddressAt(at) is not (> 0 and var address)) continue;
            var next = Array.BinarySearch(_addresses, 0, _count, address);
            while (next >= 0 && next < _count && _addresses[next] == address) next++;
            size = next >= 0 && next < _count ? _addresses[next] - address : 0;
            return address;
        }
        return 0;
    }

    // Where in the text a name stands, whole, from a place on; -1 where it doesn't.
    private int Next(ReadOnlySpan<byte> name, int at)
    {
        var bytes = _text.Span;
        while (at < bytes.Length && bytes[at..].IndexOf(name) is >= 0 and var hit)
        {
            at += hit;
            var next = at + name.Length;
            if (at >= 4 && bytes[at - 1] == ' ' && bytes[at - 3] == ' ' && (next == bytes.Length || bytes[next] is (byte)'\n' or (byte)'\t')) return at;
            at = next;
        }
        return -1;
    }

    private ulong AddressAt(int name)
    {
        var line = _text.Span[..(name - 3)];
        return Hex(line[(line.LastIndexOf((byte)'\n') + 1)..]);
    }

    /// <summary>Where the functions of certain names are.</summary>
    public ImmutableArray<(ulong Start, ulong End)> RangesOf(NameTest isWanted)
    {
        var ranges = ImmutableArray.CreateBuilder<(ulong Start, ulong End)>();
        ulong? start = null;
        for (var i = 0; i < _count; i++)
        {
            if (!IsText(_names[i])) continue;
            var wanted = isWanted(NameAt(_names[i]));
            if (wanted) start ??= _addresses[i];
            else if (start is { } from && _addresses[i] > from)
            {
                ranges.Add((from, _addresses[i]));
                start = null;
            }
        }
        return ranges.ToImmutable();
    }

    /// <summary>The functions of certain names, in the order of their addresses: their address, and where their name starts.</summary>
    public List<(ulong Address, int Name)> Functions(NameTest isWanted)
    {
        var found = new List<(ulong, int)>();
        for (var i = 0; i < _count; i++)
            if (IsText(_names[i]) && isWanted(NameAt(_names[i]))) found.Add((_addresses[i], _names[i]));
        return found;
    }

    /// <summary>The name that starts at an offset.</summary>
    public ReadOnlySpan<byte> NameAt(int offset)
    {
        var rest = _text.Span[offset..];
        var end = rest.IndexOfAny((byte)'\t', (byte)'\n');
        return end < 0 ? rest : rest[..end];
    }

    /// <summary>The module of the symbol whose name starts at an offset, in its brackets; empty for the kernel itself.</summary>
    public ReadOnlySpan<byte> ModuleAt(int offset)
    {
        var rest = _text.Span[(offset + NameAt(offset).Length)..];
        if (rest.Length == 0 || rest[0] != '\t') return default;
        var end = rest.IndexOf((byte)'\n');
        return end < 0 ? rest[1..] : rest[1..end];
    }

    private bool IsText(int name) => (_text.Span[name - 2] | 0x20) is 't' or 'w';

    // Absolute symbols (per-CPU offsets on older kernels) are numbers, not places. The linker's section marks would claim all the
    // unnamed data behind them on a kernel without CONFIG_KALLSYMS_ALL.
    private static bool HasPlace(byte type, ReadOnlySpan<byte> name) => (type | 0x20) switch
    {
        't' or 'w' => true,
        'a' => false,
        _ => !name.StartsWith("__start_"u8) && !name.StartsWith("__stop_"u8),
    };

    private static bool EndsSection(ReadOnlySpan<byte> name) =>
        name.Length is >= 4 and <= 11 && name[0] == '_' &&
        (name.SequenceEqual("_etext"u8) || name.SequenceEqual("_einittext"u8) || name.SequenceEqual("_edata"u8)
         || name.SequenceEqual("_end"u8) || name.SequenceEqual("__bss_stop"u8));

    private static ulong Hex(ReadOnlySpan<byte> digits)
    {
        ulong value = 0;
        foreach (var digit in digits) value = value << 4 | HexDigits[digit];
        return value;
    }

    // The value of each byte as a hexadecimal digit; 16 for one that is none.
    private static readonly byte[] HexDigits = MakeHexDigits();

    private static byte[] MakeHexDigits()
    {
        var table = new byte[256];
        Array.Fill(table, (byte)16);
        for (var i = 0; i < 16; i++)
        {
            table["0123456789abcdef"u8[i]] = (byte)i;
            table["0123456789ABCDEF"u8[i]] = (byte)i;
        }
        return table;
    }
}
