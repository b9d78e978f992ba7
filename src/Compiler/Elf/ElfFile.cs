using Ktap.Compiler.Bpf;

namespace Ktap.Compiler.Elf;

/// <summary>Lays sections out one after the other, section headers last, and writes the file. The last section holds the names.</summary>
internal static class ElfFile
{
    // From here on section numbers mean other things (SHN_LORESERVE).
    private const int MaxSections = 0xff00;

    internal static byte[] Write(ByteOrder order, IReadOnlyList<ElfSection> sections, StringTable names)
    {
        if (sections.Count >= MaxSections) throw new InvalidOperationException($"{sections.Count} sections don't fit into one object");
        var file = new ByteBuffer(order);
        var offsets = new int[sections.Count];
        var end = ElfSizes.Header;
        for (var i = 1; i < sections.Count; i++)
        {
            offsets[i] = end = RoundUp(end, sections[i].Alignment);
            end += sections[i].Content.Length;
        }
        WriteHeader(file, RoundUp(end, 8), sections.Count);
        for (var i = 1; i < sections.Count; i++)
        {
            file.Align(sections[i].Alignment);
            file.Bytes(sections[i].Content);
        }
        file.Align(8);
        for (var i = 0; i < sections.Count; i++) WriteSectionHeader(file, sections[i], names.OffsetOf(sections[i].Name), offsets[i]);
        return file.ToArray();
    }

    private static int RoundUp(int offset, int alignment) => (offset + alignment - 1) / alignment * alignment;

    private static void WriteHeader(ByteBuffer file, int sectionHeaders, int sectionCount)
    {
        file.Bytes([0x7f, (byte)'E', (byte)'L', (byte)'F', 2, (byte)(file.Order == ByteOrder.Little ? 1 : 2), 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        file.U16(ElfSizes.TypeRelocatable);
        file.U16(ElfSizes.MachineBpf);
        file.U32(1);
        file.U64(0);
        file.U64(0);
        file.U64((ulong)sectionHeaders);
        file.U32(0);
        file.U16(ElfSizes.Header);
        file.U16(0);
        file.U16(0);
        file.U16(ElfSizes.SectionHeader);
        file.U16(sectionCount);
        file.U16(sectionCount - 1);
    }

    private static void WriteSectionHeader(ByteBuffer file, ElfSection section, int name, int offset)
    {
        file.U32(name);
        file.U32((uint)section.Type);
        file.U64((ulong)section.Flags);
        file.U64(0);
        file.U64((ulong)offset);
        file.U64((ulong)section.Size);
        file.U32(section.Link);
        file.U32(section.Info);
        file.U64((ulong)section.Alignment);
        file.U64((ulong)section.EntrySize);
    }
}
