using System.Buffers.Binary;
using System.Text;

namespace Ktap.Compiler.Elf;

/// <summary>Finds a section in a 64-bit ELF file of this machine's or the other byte order.</summary>
public static class ElfSections
{
    // ELF-64 (System V gABI, "Object Files"): e_shoff at 40, e_shentsize at 58, e_shnum at 60, e_shstrndx at 62; in a section header
    // sh_name at 0, sh_offset at 24, sh_size at 32.
    private const int DataEncoding = 5;
    private const byte BigEndian = 2;

    /// <summary>The section's bytes; an unknown name is an <see cref="InvalidOperationException"/>.</summary>
    public static ReadOnlyMemory<byte> Find(ReadOnlyMemory<byte> file, string name)
    {
        var big = file.Span[DataEncoding] == BigEndian;
        var headers = (int)Word(file.Span[40..], big);
        var (size, count, strings) = (Half(file.Span[58..], big), Half(file.Span[60..], big), Half(file.Span[62..], big));
        var names = Contents(headers + strings * size);
        for (var i = 0; i < count; i++)
        {
            var header = headers + i * size;
            var text = names.Span[(int)(Word(file.Span[header..], big) & 0xffffffff)..];
            if (big) text = names.Span[(int)((ulong)Word(file.Span[header..], big) >> 32)..];
            if (Encoding.UTF8.GetString(text[..text.IndexOf((byte)0)]) == name) return Contents(header);
        }
        throw new InvalidOperationException($"the object has no section {name}");

        ReadOnlyMemory<byte> Contents(int header) =>
            file.Slice((int)Word(file.Span[(header + 24)..], big), (int)Word(file.Span[(header + 32)..], big));
    }

    private static long Word(ReadOnlySpan<byte> at, bool big) => big ? BinaryPrimitives.ReadInt64BigEndian(at) : BinaryPrimitives.ReadInt64LittleEndian(at);

    private static int Half(ReadOnlySpan<byte> at, bool big) => big ? BinaryPrimitives.ReadUInt16BigEndian(at) : BinaryPrimitives.ReadUInt16LittleEndian(at);
}
