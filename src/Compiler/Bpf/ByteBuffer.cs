using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Ktap.Compiler.Bpf;

/// <summary>A growing run of bytes that writes integers in one byte order: what the BTF, ELF and instruction encoders write to.</summary>
public sealed class ByteBuffer(ByteOrder order)
{
    private readonly List<byte> _bytes = [];

    /// <summary>The order in which integers are written.</summary>
    public ByteOrder Order { get; } = order;

    /// <summary>The number of bytes written so far.</summary>
    public int Length => _bytes.Count;

    /// <summary>The bytes so far; invalid after the next write.</summary>
    public ReadOnlySpan<byte> Span => CollectionsMarshal.AsSpan(_bytes);

    /// <summary>Appends one byte.</summary>
    public void U8(int value) => _bytes.Add((byte)value);

    /// <summary>Appends the low 16 bits.</summary>
    public void U16(int value)
    {
        var to = Grow(2);
        if (Order == ByteOrder.Little) BinaryPrimitives.WriteUInt16LittleEndian(to, (ushort)value);
        else BinaryPrimitives.WriteUInt16BigEndian(to, (ushort)value);
    }

    /// <summary>Appends a 32-bit integer.</summary>
    public void U32(uint value)
    {
        var to = Grow(4);
        if (Order == ByteOrder.Little) BinaryPrimitives.WriteUInt32LittleEndian(to, value);
        else BinaryPrimitives.WriteUInt32BigEndian(to, value);
    }

    /// <summary>Appends a 32-bit integer given as a signed one.</summary>
    public void U32(int value) => U32((uint)value);

    /// <summary>Appends a 64-bit integer.</summary>
    public void U64(ulong value)
    {
        var to = Grow(8);
        if (Order == ByteOrder.Little) BinaryPrimitives.WriteUInt64LittleEndian(to, value);
        else BinaryPrimitives.WriteUInt64BigEndian(to, value);
    }

    /// <summary>Appends bytes as they are.</summary>
    public void Bytes(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Grow(bytes.Length));

    /// <summary>Appends a string in UTF-8 and the NUL that ends it.</summary>
    public void CString(string text)
    {
        Bytes(Encoding.UTF8.GetBytes(text));
        U8(0);
    }

    /// <summary>Appends zeros until the length is a multiple of <paramref name="alignment"/>.</summary>
    public void Align(int alignment)
    {
        while (_bytes.Count % alignment != 0) _bytes.Add(0);
    }

    /// <summary>A copy of all bytes.</summary>
    public byte[] ToArray() => [.. _bytes];

    private Span<byte> Grow(int count)
    {
        var at = _bytes.Count;
        CollectionsMarshal.SetCount(_bytes, at + count);
        return CollectionsMarshal.AsSpan(_bytes).Slice(at, count);
    }
}
