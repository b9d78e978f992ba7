using System.Runtime.InteropServices;
using System.Text;
using Ktap.Runtime.LibBpf;

namespace Ktap.Runtime.Machine;

/// <summary>An open ELF file, read by libelf: its sections and segments, whatever its class and byte order. Their bytes live as long as it is open.</summary>
internal sealed unsafe class ElfImage : IDisposable
{
    private const uint Loaded = 1;
    private readonly nint _elf;
    private int _lastSection;
    private LibElf.Data* _lastData;

    private ElfImage(nint elf)
    {
        _elf = elf;
        var header = stackalloc byte[64];
        // Elf64_Ehdr, which the library makes of both classes: e_machine stands behind e_ident (whose fifth byte is the class) and e_type.
        if (LibElf.FileHeader(elf, header) != 0) (Machine, Is64Bit) = (*(ushort*)(header + 18), header[4] == 2);
        (Sections, Segments) = (ReadSections(), ReadSegments());
    }

    /// <summary>A section: its number, its name, and what its header says.</summary>
    internal readonly record struct Section(int Index, string Name, LibElf.Section Header);

    /// <summary>The processor that it is for (<c>e_machine</c>).</summary>
    internal ushort Machine { get; }

    /// <summary>Whether addresses in it have 8 bytes, or 4.</summary>
    internal bool Is64Bit { get; }

    /// <summary>Its sections, without the empty one in front.</summary>
    internal IReadOnlyList<Section> Sections { get; }

    /// <summary>The parts of it that are mapped.</summary>
    internal IReadOnlyList<LibElf.Segment> Segments { get; }

    /// <summary>Opens a file; null where it is no ELF file. The descriptor has to stay open too.</summary>
    internal static ElfImage? Open(int fd)
    {
        _ = LibElf.Version(LibElf.CurrentVersion);
        var elf = LibElf.Begin(fd, LibElf.Read, 0);
        if (elf != 0 && LibElf.Kind(elf) == LibElf.KindElf) return new ElfImage(elf);
        if (elf != 0) _ = LibElf.End(elf);
        return null;
    }

    /// <summary>The bytes of a section, numbers in this machine's order; none where it has none in the file.</summary>
    internal ReadOnlySpan<byte> Bytes(int section)
    {
        var data = DataOf(section);
        return data == null || data->Buffer == null || data->Size > int.MaxValue / 4 ? default : new ReadOnlySpan<byte>(data->Buffer, (int)data->Size);
    }

    /// <summary>A symbol of a section of symbols; false behind the last.</summary>
    internal bool SymbolAt(int section, int index, out LibElf.Symbol symbol)
    {
        fixed (LibElf.Symbol* at = &symbol) return DataOf(section) is var data && data != null && LibElf.SymbolAt(data, index, at) != null;
    }

    /// <summary>The text that begins at a place in a section of strings; empty where there is none.</summary>
    internal string TextAt(int section, int offset)
    {
        var bytes = Bytes(section);
        if ((uint)offset >= (uint)bytes.Length) return "";
        var text = bytes[offset..];
        return Encoding.UTF8.GetString(text.IndexOf((byte)0) is >= 0 and var end ? text[..end] : text);
    }

    /// <summary>Where in the file an address of its own numbering is; null where no part that is mapped covers it.</summary>
    internal ulong? OffsetOf(ulong address)
    {
        foreach (var segment in Segments)
            if (address >= segment.Address && address - segment.Address < segment.MemorySize) return address - segment.Address + segment.Offset;
        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _ = LibElf.End(_elf);

    // The last one is kept: symbols are asked for one by one.
    private LibElf.Data* DataOf(int section)
    {
        if (section == _lastSection) return _lastData;
        _lastSection = section;
        return _lastData = LibElf.DataOf(LibElf.SectionAt(_elf, (nuint)section), 0);
    }

    private List<Section> ReadSections()
    {
        var sections = new List<Section>();
        nuint names = 0;
        _ = LibElf.SectionNames(_elf, &names);
        var index = 0;
        for (var section = LibElf.NextSection(_elf, 0); section != 0; section = LibElf.NextSection(_elf, section))
        {
            index++;
            LibElf.Section header;
            if (LibElf.SectionHeader(section, &header) == null) continue;
            var name = LibElf.StringAt(_elf, names, header.Name);
            sections.Add(new Section(index, name == null ? "" : Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name)), header));
        }
        return sections;
    }

    private List<LibElf.Segment> ReadSegments()
    {
        nuint count;
        var segments = new List<LibElf.Segment>();
        if (LibElf.SegmentCount(_elf, &count) != 0) return segments;
        for (var i = 0; i < (int)count; i++)
        {
            LibElf.Segment header;
            if (LibElf.SegmentAt(_elf, i, &header) != null && header.Type == Loaded) segments.Add(header);
        }
        return segments;
    }
}
