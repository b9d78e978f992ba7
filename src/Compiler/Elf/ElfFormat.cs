namespace Ktap.Compiler.Elf;

// The numbers of elf.h that our one kind of file uses; the relocations are those of the LLVM BPF back end.
internal enum SectionType : uint
{
    Null = 0, ProgramBits = 1, SymbolTable = 2, StringTable = 3, NoBits = 8, Relocations = 9,
}

[Flags]
internal enum SectionFlags : ulong
{
    None = 0, Write = 1, Alloc = 2, Execute = 4, InfoLink = 0x40,
}

internal enum SymbolType : byte
{
    None = 0, Object = 1, Function = 2, Section = 3,
}

internal enum RelocationType : uint
{
    /// <summary>The 64-bit value of a 16-byte load (R_BPF_64_64).</summary>
    Load = 1,

    /// <summary>A 64-bit address in data (R_BPF_64_ABS64).</summary>
    Data = 2,

    /// <summary>The distance of a call (R_BPF_64_32).</summary>
    Call = 10,
}

internal static class ElfSizes
{
    internal const int Header = 64, SectionHeader = 64, Symbol = 24, Relocation = 16;
    internal const ushort MachineBpf = 247, TypeRelocatable = 1;
}

internal sealed record ElfSection(string Name, SectionType Type, SectionFlags Flags, byte[] Content, int Size, int Alignment)
{
    internal int Link { get; init; }
    internal int Info { get; init; }
    internal int EntrySize { get; init; }
}

internal readonly record struct ElfSymbol(string Name, SymbolType Type, bool IsGlobal, int Section, int Value, int Size);
