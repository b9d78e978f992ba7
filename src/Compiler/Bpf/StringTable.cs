namespace Ktap.Compiler.Bpf;

/// <summary>NUL-terminated strings one after the other, as ELF and BTF keep them: each once, in the order of first use; the empty one is at 0.</summary>
internal sealed class StringTable
{
    private readonly Dictionary<string, int> _offsets = new() { [""] = 0 };
    private readonly ByteBuffer _bytes = new(ByteOrder.Little);

    internal StringTable() => _bytes.U8(0);

    internal ReadOnlySpan<byte> Bytes => _bytes.Span;

    internal int OffsetOf(string text)
    {
        if (_offsets.TryGetValue(text, out var offset)) return offset;
        _offsets.Add(text, offset = _bytes.Length);
        _bytes.CString(text);
        return offset;
    }
}
