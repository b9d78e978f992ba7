using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Ktap.Compiler.Elf;

/// <summary>Prints an object's sections, symbols and relocations, much as <c>readelf -S -s -r</c> does: for <c>--dump elf</c> and the tests.</summary>
public sealed class ElfPrinter
{
    private readonly ReadOnlyMemory<byte> _file;
    private readonly bool _big;
    private readonly List<Header> _sections = [];
    private readonly List<string> _symbols = [];

    private readonly record struct Header(string Name, SectionType Type, ulong Flags, int Offset, int Size, int Link, int Info, int Align, int EntrySize);

    private ElfPrinter(ReadOnlyMemory<byte> file)
    {
        _file = file;
        var bytes = file.Span;
        if (bytes.Length < ElfSizes.Header || !bytes.StartsWith("\u007fELF"u8) || bytes[4] != 2) throw new InvalidDataException("not a 64-bit ELF file");
        _big = bytes[5] == 2;
        int at = (int)U64(40), count = U16(60), names = (int)U64(at + (U16(62) * ElfSizes.SectionHeader) + 24);
        for (var i = 0; i < count; i++, at += ElfSizes.SectionHeader)
            _sections.Add(new(Text(names + U32(at)), (SectionType)U32(at + 4), U64(at + 8), (int)U64(at + 24), (int)U64(at + 32),
                U32(at + 40), U32(at + 44), (int)U64(at + 48), (int)U64(at + 56)));
    }

    /// <summary>The listing of an object file.</summary>
    /// <exception cref="InvalidDataException">The bytes aren't a 64-bit ELF file.</exception>
    public static string Print(ReadOnlyMemory<byte> file)
    {
        var printer = new ElfPrinter(file);
        var text = new StringBuilder();
        printer.PrintSections(text);
        printer.PrintSymbols(text);
        printer.PrintRelocations(text);
        return text.ToString();
    }

    private void PrintSections(StringBuilder text)
    {
        text.Append("Sections:\n  [Nr] Name                     Type       Off    Size   ES Flg Lk Inf Al\n");
        for (var i = 0; i < _sections.Count; i++)
        {
            var s = _sections[i];
            text.Append(CultureInfo.InvariantCulture,
                $"  [{i,2}] {s.Name,-24} {TypeName(s.Type),-10} {s.Offset:x6} {s.Size:x6} {s.EntrySize:x2} {FlagNames(s.Flags),3} {s.Link,2} {s.Info,3} {s.Align,2}\n");
        }
    }

    private void PrintSymbols(StringBuilder text)
    {
        text.Append("Symbols:\n   Num  Value   Size Type    Bind   Section                  Name\n");
        foreach (var table in _sections.Where(s => s.Type == SectionType.SymbolTable))
            for (var at = table.Offset; at < table.Offset + table.Size; at += ElfSizes.Symbol)
            {
                int info = _file.Span[at + 4], section = U16(at + 6);
                var type = (SymbolType)(info & 15);
                var name = type == SymbolType.Section ? _sections[section].Name : Text(_sections[table.Link].Offset + U32(at));
                text.Append(CultureInfo.InvariantCulture,
                    $"  {_symbols.Count,4} {U64(at + 8):x6} {U64(at + 16),6} {TypeName(type),-7} {(info >> 4 == 0 ? "LOCAL" : "GLOBAL"),-6} {(section == 0 ? "UND" : _sections[section].Name),-24} {name}\n");
                _symbols.Add(name);
            }
    }

    private void PrintRelocations(StringBuilder text)
    {
        foreach (var table in _sections.Where(s => s.Type == SectionType.Relocations))
        {
            text.Append(CultureInfo.InvariantCulture, $"Relocations of {_sections[table.Info].Name}:\n");
            for (var at = table.Offset; at < table.Offset + table.Size; at += ElfSizes.Relocation)
            {
                var info = U64(at + 8);
                text.Append(CultureInfo.InvariantCulture, $"  {U64(at):x6} {TypeName((RelocationType)(uint)info),-14} {_symbols[(int)(info >> 32)]}\n");
            }
        }
    }

    private static string TypeName(SectionType type) => type switch
    {
        SectionType.Null => "NULL",
        SectionType.ProgramBits => "PROGBITS",
        SectionType.SymbolTable => "SYMTAB",
        SectionType.StringTable => "STRTAB",
        SectionType.NoBits => "NOBITS",
        SectionType.Relocations => "REL",
        _ => $"{(uint)type:x}",
    };

    private static string TypeName(SymbolType type) => type switch
    {
        SymbolType.None => "NOTYPE",
        SymbolType.Object => "OBJECT",
        SymbolType.Function => "FUNC",
        SymbolType.Section => "SECTION",
        _ => $"{(byte)type}",
    };

    private static string TypeName(RelocationType type) => type switch
    {
        RelocationType.Load => "R_BPF_64_64",
        RelocationType.Data => "R_BPF_64_ABS64",
        RelocationType.Call => "R_BPF_64_32",
        _ => $"{(uint)type}",
    };

    private static string FlagNames(ulong flags)
    {
        var names = "";
        if ((flags & (ulong)SectionFlags.Write) != 0) names += "W";
        if ((flags & (ulong)SectionFlags.Alloc) != 0) names += "A";
        if ((flags & (ulong)SectionFlags.Execute) != 0) names += "X";
        if ((flags & (ulong)SectionFlags.InfoLink) != 0) names += "I";
        return names;
    }

    private string Text(int at)
    {
        var from = _file.Span[at..];
        return Encoding.UTF8.GetString(from[..from.IndexOf((byte)0)]);
    }

    private int U16(int at) => _big ? BinaryPrimitives.ReadUInt16BigEndian(_file.Span[at..]) : BinaryPrimitives.ReadUInt16LittleEndian(_file.Span[at..]);

    private int U32(int at) => _big ? BinaryPrimitives.ReadInt32BigEndian(_file.Span[at..]) : BinaryPrimitives.ReadInt32LittleEndian(_file.Span[at..]);

    private ulong U64(int at) => _big ? BinaryPrimitives.ReadUInt64BigEndian(_file.Span[at..]) : BinaryPrimitives.ReadUInt64LittleEndian(_file.Span[at..]);
}
