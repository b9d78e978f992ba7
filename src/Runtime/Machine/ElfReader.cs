using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Ktap.Compiler.Types;
using Ktap.Runtime.LibBpf;
using Ktap.Runtime.Symbols;

namespace Ktap.Runtime.Machine;

/// <summary>Reads what an ELF file says about the functions in it. A file that is none, or is damaged, has no functions.</summary>
internal sealed class ElfReader
{
    // elf.h.
    private const uint Executable = 1, SymbolTable = 2, Note = 7, DynamicSymbols = 11, SymbolVersions = 0x6fffffff, BuildIdNote = 3;
    private const ulong SectionExecutable = 4;
    private const int Untyped = 0, Function = 2, IndirectFunction = 10, Global = 1;
    private const ushort FirstReservedSection = 0xff00, HiddenVersion = 0x8000;

    private readonly ElfImage _elf;
    private readonly List<FunctionSymbol> _functions = [];
    private readonly HashSet<int> _code;
    private byte[] _text = [];
    private ImmutableArray<byte> _buildId = [];
    private string? _debugLink;

    private ElfReader(ElfImage elf)
    {
        _elf = elf;
        _code = [.. elf.Sections.Where(s => (s.Header.Flags & SectionExecutable) != 0).Select(s => s.Index)];
    }

    /// <summary>Reads an open file.</summary>
    internal static ElfFunctions Read(int fd)
    {
        using var elf = ElfImage.Open(fd);
        return elf is null ? ElfFunctions.None : new ElfReader(elf).Read();
    }

    private ElfFunctions Read()
    {
        foreach (var section in _elf.Sections)
        {
            if (section.Header.Type is SymbolTable or DynamicSymbols) ReadSymbols(section);
            if (section.Header.Type == Note) ReadNotes(_elf.Bytes(section.Index));
            else if (section.Name == ".gnu_debuglink") _debugLink = _elf.TextAt(section.Index, 0) is { Length: > 0 } link ? link : null;
        }
        var segments = _elf.Segments.Where(s => (s.Flags & Executable) != 0).Select(s => new CodeSegment(s.Offset, s.Address, s.FileSize));
        var isStripped = !_elf.Sections.Any(s => s.Header.Type == SymbolTable);
        return new ElfFunctions(segments.ToImmutableArray(), new FunctionTable(_functions, _text), isStripped, _buildId, _debugLink, _elf.Machine);
    }

    private void ReadSymbols(ElfImage.Section section)
    {
        var names = _elf.Bytes((int)section.Header.Link);
        if (names.IsEmpty) return;
        var before = _text.Length;
        // One NUL more, so that the last name ends whatever the file says.
        _text = [.. _text, .. names, 0];
        var (versions, hidden) = (VersionsOf(section), new List<byte>());
        for (var i = 1; _elf.SymbolAt(section.Index, i, out var symbol); i++)
        {
            if (symbol.Name == 0 || symbol.Name >= (uint)names.Length || symbol.Section is 0 or >= FirstReservedSection) continue;
            var type = symbol.Info & 15;
            if (type is not (Function or IndirectFunction) && !(type == Untyped && _code.Contains(symbol.Section) && names[(int)symbol.Name] != (byte)'$')) continue;
            var (name, rank) = (before + (int)symbol.Name, Rank(symbol, names[(int)symbol.Name..]));
            // A symbol of an older version has it behind its name, as the symbol tables of programs have them.
            if (versions?.Hidden(i) is { } version)
            {
                name = _text.Length + hidden.Count;
                hidden.AddRange(Encoding.UTF8.GetBytes($"{_elf.TextAt((int)section.Header.Link, (int)symbol.Name)}@{version}\0"));
                rank--;
            }
            var kind = type switch { IndirectFunction => FunctionKind.Indirect, Function => FunctionKind.Function, _ => FunctionKind.Label };
            _functions.Add(new FunctionSymbol(symbol.Value, symbol.Size, name, rank, kind));
        }
        _text = [.. _text, .. hidden];
    }

    // A function before a label, one whose size is known before one without; "write" before "__write" and "__GI_write"; what others link to before what they don't.
    private static int Rank(LibElf.Symbol symbol, ReadOnlySpan<byte> name)
    {
        var underscores = name.StartsWith("__GI_"u8) ? 3 : Math.Min(3, name.IndexOfAnyExcept((byte)'_') is >= 0 and var first ? first : 3);
        return ((symbol.Info & 15) != Untyped ? 32 : 0) + (symbol.Size != 0 ? 16 : 0) + (3 - underscores) * 4 + (symbol.Info >> 4 == Global ? 2 : 0);
    }

    private SymbolVersionTable? VersionsOf(ElfImage.Section symbols) =>
        _elf.Sections.FirstOrDefault(s => s.Header.Type == SymbolVersions && s.Header.Link == symbols.Index) is { Index: > 0 } numbers
            ? new SymbolVersionTable(_elf, [.. MemoryMarshal.Cast<byte, ushort>(_elf.Bytes(numbers.Index))])
            : null;

    private void ReadNotes(ReadOnlySpan<byte> rest)
    {
        while (rest.Length >= 12)
        {
            var (name, description, type) = (MemoryMarshal.Read<int>(rest), MemoryMarshal.Read<int>(rest[4..]), MemoryMarshal.Read<uint>(rest[8..]));
            if (name < 0 || description < 0 || (long)12 + Padded(name) + description > rest.Length) return;
            var body = rest[(12 + Padded(name))..];
            if (type == BuildIdNote && rest[12..].StartsWith("GNU\0"u8)) _buildId = [.. body[..description]];
            rest = body[Math.Min(body.Length, Padded(description))..];
        }
    }

    private static int Padded(int size) => (size + 3) & ~3;

    // The versions of the symbols that others link to: a number for each, with a bit for those that nothing new is linked to.
    private sealed class SymbolVersionTable(ElfImage elf, ushort[] numbers)
    {
        private const uint Definitions = 0x6ffffffd;
        private readonly Dictionary<int, string> _names = NamesIn(elf);

        /// <summary>The version of a symbol that has another one as its present version, else null.</summary>
        public string? Hidden(int symbol) =>
            symbol < numbers.Length && (numbers[symbol] & HiddenVersion) != 0 ? _names.GetValueOrDefault(numbers[symbol] & ~HiddenVersion) : null;

        // Elf64_Verdef: version, flags, number, count; hash, offset of the names, offset of the next. Elf64_Verdaux: the name in the section of strings.
        private static Dictionary<int, string> NamesIn(ElfImage elf)
        {
            var names = new Dictionary<int, string>();
            if (elf.Sections.FirstOrDefault(s => s.Header.Type == Definitions) is not { Index: > 0 } section) return names;
            var bytes = elf.Bytes(section.Index);
            for (var at = 0; at + 20 <= bytes.Length;)
            {
                var entry = bytes[at..];
                var (auxiliary, next) = (MemoryMarshal.Read<uint>(entry[12..]), MemoryMarshal.Read<uint>(entry[16..]));
                if (auxiliary <= entry.Length - 4)
                    names[MemoryMarshal.Read<ushort>(entry[4..])] = elf.TextAt((int)section.Header.Link, MemoryMarshal.Read<int>(entry[(int)auxiliary..]));
                if (next is 0 || next > (uint)bytes.Length) break;
                at += (int)next;
            }
            return names;
        }
    }
}
