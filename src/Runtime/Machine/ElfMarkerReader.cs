using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Ktap.Compiler.Types;
using Ktap.Runtime.Symbols;

namespace Ktap.Runtime.Machine;

/// <summary>
/// Reads the static markers of an ELF file: notes named <c>stapsdt</c>, of type 3, each with three addresses (the place, that of section <c>.stapsdt.base</c>
/// when the note was made, the semaphore) and three texts (provider, name, arguments).
/// </summary>
internal sealed class ElfMarkerReader
{
    private const uint SymbolTable = 2, DynamicSymbols = 11, MarkerNote = 3;
    private readonly ElfImage _elf;
    private readonly ulong _base;
    private readonly List<UserMarker> _markers = [];

    private ElfMarkerReader(ElfImage elf)
    {
        _elf = elf;
        _base = elf.Sections.FirstOrDefault(s => s.Name == ".stapsdt.base").Header.Address;
    }

    /// <summary>Reads an open file.</summary>
    internal static ElfMarkers Read(int fd)
    {
        using var elf = ElfImage.Open(fd);
        return elf is null ? ElfMarkers.None : new ElfMarkerReader(elf).Read();
    }

    private ElfMarkers Read()
    {
        foreach (var section in _elf.Sections.Where(s => s.Name == ".note.stapsdt")) ReadNotes(_elf.Bytes(section.Index));
        return new ElfMarkers([.. _markers], SymbolsIn([.. _markers.SelectMany(m => Words(m.Arguments))]));
    }

    private void ReadNotes(ReadOnlySpan<byte> rest)
    {
        while (rest.Length >= 12)
        {
            var (name, size, type) = (MemoryMarshal.Read<int>(rest), MemoryMarshal.Read<int>(rest[4..]), MemoryMarshal.Read<uint>(rest[8..]));
            if (name < 0 || size < 0 || (long)12 + Padded(name) + size > rest.Length) return;
            var body = rest[(12 + Padded(name))..];
            if (type == MarkerNote && rest[12..].StartsWith("stapsdt\0"u8)) Add(body[..size]);
            rest = body[Math.Min(body.Length, Padded(size))..];
        }
    }

    private void Add(ReadOnlySpan<byte> note)
    {
        var word = _elf.Is64Bit ? 8 : 4;
        if (note.Length < 3 * word) return;
        var (place, linked, semaphore) = (Word(note), Word(note[word..]), Word(note[(2 * word)..]));
        // A file whose sections moved after it was linked (prelink) has its notes unchanged.
        if (_base != 0) place += _base - linked;
        if (_base != 0 && semaphore != 0) semaphore += _base - linked;
        var texts = note[(3 * word)..];
        var (provider, name, arguments) = (Text(ref texts), Text(ref texts), Text(ref texts));
        if (_elf.OffsetOf(place) is { } offset)
            _markers.Add(new UserMarker(provider, name, offset, place, semaphore == 0 ? 0 : _elf.OffsetOf(semaphore) ?? 0, arguments));
    }

    private ulong Word(ReadOnlySpan<byte> bytes) => _elf.Is64Bit ? MemoryMarshal.Read<ulong>(bytes) : MemoryMarshal.Read<uint>(bytes);

    private static string Text(ref ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOf((byte)0);
        var text = Encoding.UTF8.GetString(end < 0 ? rest : rest[..end]);
        rest = end < 0 ? [] : rest[(end + 1)..];
        return text;
    }

    private static int Padded(int size) => (size + 3) & ~3;

    // What could be a symbol's name in operands; names of registers are looked for too, and not found.
    private static IEnumerable<string> Words(string operands)
    {
        for (var at = 0; at < operands.Length;)
        {
            var start = at;
            while (at < operands.Length && (char.IsAsciiLetterOrDigit(operands[at]) || operands[at] is '_' or '.')) at++;
            if (at > start && !char.IsAsciiDigit(operands[start]) && (start == 0 || operands[start - 1] != '%')) yield return operands[start..at];
            if (at == start) at++;
        }
    }

    private Dictionary<string, ulong> SymbolsIn(HashSet<string> names)
    {
        var found = new Dictionary<string, ulong>();
        if (names.Count == 0) return found;
        foreach (var section in _elf.Sections.Where(s => s.Header.Type is SymbolTable or DynamicSymbols))
            for (var i = 1; _elf.SymbolAt(section.Index, i, out var symbol); i++)
                if (symbol.Section != 0 && _elf.TextAt((int)section.Header.Link, (int)symbol.Name) is var name && names.Contains(name)) found.TryAdd(name, symbol.Value);
        return found;
    }
}
