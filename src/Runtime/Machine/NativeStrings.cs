using System.Runtime.InteropServices;
using System.Text;

namespace Ktap.Runtime.Machine;

/// <summary>Zero-terminated strings and arrays of them in native memory, freed together.</summary>
internal sealed unsafe class NativeStrings : IDisposable
{
    private readonly List<nint> _blocks = [];

    /// <summary>One string, as UTF-8.</summary>
    internal byte* Add(string text) => Add(Encoding.UTF8.GetBytes(text));

    /// <summary>One string.</summary>
    internal byte* Add(byte[] text)
    {
        var at = (byte*)Allocate(text.Length + 1);
        text.CopyTo(new Span<byte>(at, text.Length));
        at[text.Length] = 0;
        return at;
    }

    /// <summary>An array of strings that ends with a null pointer, as exec wants it.</summary>
    internal byte** AddArray(IEnumerable<byte[]> texts)
    {
        byte[][] all = [.. texts];
        var at = (byte**)Allocate((all.Length + 1) * sizeof(byte*));
        for (var i = 0; i < all.Length; i++) at[i] = Add(all[i]);
        at[all.Length] = null;
        return at;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var block in _blocks) NativeMemory.Free((void*)block);
    }

    private nint Allocate(int size)
    {
        var block = (nint)NativeMemory.Alloc((nuint)size);
        _blocks.Add(block);
        return block;
    }
}
