using System.Runtime.InteropServices;

namespace Ktap.Runtime.LibBpf;

/// <summary>libelf, as far as reading symbol tables needs it. The structures are the 64-bit ones of ELF, which the library makes of both classes and byte orders.</summary>
internal static unsafe partial class LibElf
{
    internal const uint CurrentVersion = 1;
    internal const int Read = 1, KindElf = 3;

    private const string Library = "libelf";

    /// <summary><c>GElf_Shdr</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Section
    {
        internal uint Name;
        internal uint Type;
        internal ulong Flags;
        internal ulong Address;
        internal ulong Offset;
        internal ulong Size;
        internal uint Link;
        internal uint Info;
        internal ulong Alignment;
        internal ulong EntrySize;
    }

    /// <summary><c>GElf_Phdr</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Segment
    {
        internal uint Type;
        internal uint Flags;
        internal ulong Offset;
        internal ulong Address;
        internal ulong PhysicalAddress;
        internal ulong FileSize;
        internal ulong MemorySize;
        internal ulong Alignment;
    }

    /// <summary><c>GElf_Sym</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Symbol
    {
        internal uint Name;
        internal byte Info;
        internal byte Other;
        internal ushort Section;
        internal ulong Value;
        internal ulong Size;
    }

    /// <summary><c>Elf_Data</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Data
    {
        internal byte* Buffer;
        internal int Type;
        internal uint Version;
        internal nuint Size;
        internal long Offset;
        internal nuint Alignment;
    }

    [LibraryImport(Library, EntryPoint = "elf_version")]
    internal static partial uint Version(uint version);

    [LibraryImport(Library, EntryPoint = "elf_begin")]
    internal static partial nint Begin(int fd, int command, nint reference);

    [LibraryImport(Library, EntryPoint = "elf_end")]
    internal static partial int End(nint elf);

    [LibraryImport(Library, EntryPoint = "elf_kind")]
    internal static partial int Kind(nint elf);

    /// <summary>Fills 64 bytes; 0 where it can't.</summary>
    [LibraryImport(Library, EntryPoint = "gelf_getehdr")]
    internal static partial nint FileHeader(nint elf, byte* header);

    [LibraryImport(Library, EntryPoint = "elf_getshdrstrndx")]
    internal static partial int SectionNames(nint elf, nuint* index);

    [LibraryImport(Library, EntryPoint = "elf_getscn")]
    internal static partial nint SectionAt(nint elf, nuint index);

    [LibraryImport(Library, EntryPoint = "elf_nextscn")]
    internal static partial nint NextSection(nint elf, nint section);

    [LibraryImport(Library, EntryPoint = "gelf_getshdr")]
    internal static partial Section* SectionHeader(nint section, Section* header);

    [LibraryImport(Library, EntryPoint = "elf_strptr")]
    internal static partial byte* StringAt(nint elf, nuint section, nuint offset);

    [LibraryImport(Library, EntryPoint = "elf_getdata")]
    internal static partial Data* DataOf(nint section, nint after);

    [LibraryImport(Library, EntryPoint = "elf_getphdrnum")]
    internal static partial int SegmentCount(nint elf, nuint* count);

    [LibraryImport(Library, EntryPoint = "gelf_getphdr")]
    internal static partial Segment* SegmentAt(nint elf, int index, Segment* header);

    // Called once a symbol, and there are hundreds of thousands; it only copies.
    [SuppressGCTransition]
    [LibraryImport(Library, EntryPoint = "gelf_getsym")]
    internal static partial Symbol* SymbolAt(Data* data, int index, Symbol* symbol);
}
