using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Ktap.Runtime.LibBpf;
using Ktap.Runtime.Symbols;

namespace Ktap.Runtime.Machine;

/// <summary>Reads what an ELF file says about the functions in it, by libelf. A file that is none, or is damaged, has no functions.</summary>
internal sealed unsafe class ElfReader
{
    // elf.h.
    private const uint ProgramLoad = 1, Executable = 1, SymbolTable = 2, Note = 7, DynamicSymbols = 11, BuildIdNote = 3;
    private const ulong SectionExecutable = 4;
    private const int Untyped = 0, Function = 2, IndirectFunction = 10, Global = 1;
    private const ushort FirstReservedSection = 0xff00;

    private readonly nint _elf;
    private readonly List<(ulong Start, ulong Size, int Name, int Rank)> _functions = [];
    private readonly List<bool> _isCode = [];
    private byte[] _text = [];
    private ImmutableArray<byte> _buildId = [];
    private string? _debugLink;
    private bool _hasFullTable;

    private ElfReader(nint elf) => _elf = elf;

    /// <summary>Reads an open file.</summary>
    internal static ElfFunctions Read(int fd)
    {
        _ = LibElf.Version(LibElf.CurrentVersion);
        var elf = LibElf.Begin(fd, LibElf.Read, 0);
        try
        {
            return elf != 0 && LibElf.Kind(elf) == LibElf.KindElf ? new ElfReader(elf).Read() : new ElfFunctions([], FunctionTable.Empty, true, [], null);
        }
        finally
        {
            if (elf != 0) _ = LibElf.End(elf);
        }
    }

    private ElfFunctions Read()
    {
        var symbols = new List<(nint Section, uint Strings)>();
        nuint names = 0;
        _ = LibElf.SectionNames(_elf, &names);
        _isCode.Add(false);
        for (var section = LibElf.NextSection(_elf, 0); section != 0; section = LibElf.NextSection(_elf, section))
        {
            LibElf.Section header;
            var read = LibElf.SectionHeader(section, &header) != null;
            _isCode.Add(read && (header.Flags & SectionExecutable) != 0);
            if (!read) continue;
            if (header.Type is SymbolTable or DynamicSymbols) symbols.Add((section, header.Link));
            if (header.Type == SymbolTable) _hasFullTable = true;
            if (header.Type == Note) ReadNotes(section);
            else if (Text(LibElf.StringAt(_elf, names, header.Name)) == ".gnu_debuglink") ReadDebugLink(section);
        }
        // Which sections are code has to be known for all before the symbols say which they are in.
        foreach (var (section, strings) in symbols) ReadSymbols(section, strings);
        return new ElfFunctions(Segments(), new FunctionTable(_functions, _text), !_hasFullTable, _buildId, _debugLink);
    }

    private ImmutableArray<CodeSegment> Segments()
    {
        nuint count;
        var segments = ImmutableArray.CreateBuilder<CodeSegment>();
        if (LibElf.SegmentCount(_elf, &count) != 0) return [];
        for (var i = 0; i < (int)count; i++)
        {
            LibElf.Segment header;
            if (LibElf.SegmentAt(_elf, i, &header) != null && header.Type == ProgramLoad && (header.Flags & Executable) != 0)
                segments.Add(new CodeSegment(header.Offset, header.Address, header.FileSize));
        }
        return segments.ToImmutable();
    }

    private void ReadSymbols(nint section, uint strings)
    {
        var data = LibElf.DataOf(section, 0);
        var text = LibElf.DataOf(LibElf.SectionAt(_elf, strings), 0);
        if (data == null || text == null || text->Size == 0 || text->Size > int.MaxValue / 4) return;
        var names = new ReadOnlySpan<byte>(text->Buffer, (int)text->Size);
        var before = _text.Length;
        // One NUL more, so that the last name ends whatever the file says.
        _text = [.. _text, .. names, 0];
        LibElf.Symbol symbol;
        for (var i = 1; LibElf.SymbolAt(data, i, &symbol) != null; i++)
        {
            if (symbol.Name == 0 || symbol.Name >= (uint)names.Length || symbol.Section is 0 or >= FirstReservedSection) continue;
            var type = symbol.Info & 15;
            if (type is not (Function or IndirectFunction) && !(type == Untyped && IsCode(symbol.Section) && names[(int)symbol.Name] != (byte)'$')) continue;
            _functions.Add((symbol.Value, symbol.Size, before + (int)symbol.Name, Rank(symbol, names[(int)symbol.Name..])));
        }
    }

    private bool IsCode(int section) => section < _isCode.Count && _isCode[section];

    // A function before a label, one whose size is known before one without; "write" before "__write" and "__GI_write"; what others link to before what they don't.
    private static int Rank(LibElf.Symbol symbol, ReadOnlySpan<byte> name)
    {
        var underscores = name.StartsWith("__GI_"u8) ? 3 : Math.Min(3, name.IndexOfAnyExcept((byte)'_') is >= 0 and var first ? first : 3);
        return ((symbol.Info & 15) != Untyped ? 32 : 0) + (symbol.Size != 0 ? 16 : 0) + (3 - underscores) * 4 + (symbol.Info >> 4 == Global ? 2 : 0);
    }

    private void ReadNotes(nint section)
    {
        var data = LibElf.DataOf(section, 0);
        if (data == null) return;
        var rest = new ReadOnlySpan<byte>(data->Buffer, (int)data->Size);
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

    private void ReadDebugLink(nint section)
    {
        var data = LibElf.DataOf(section, 0);
        if (data != null && data->Size > 0 && new ReadOnlySpan<byte>(data->Buffer, (int)data->Size).Contains((byte)0)) _debugLink = Text(data->Buffer);
    }

    private static string Text(byte* text) => text == null ? "" : Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));
}
