using System.Buffers.Binary;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace Ktap.Runtime.Symbols;

/// <summary>
/// The libraries that the dynamic loader knows, from <c>/etc/ld.so.cache</c> (glibc, sysdeps/generic/dl-cache.h): pairs of a name and a path, in its order. Those
/// for better processors than this one are left out.
/// </summary>
public static class LoaderCache
{
    private const int HeaderSize = 48, EntrySize = 24;

    /// <summary>The libraries in a cache; none where it has another form.</summary>
    public static IReadOnlyList<(string Name, string Path)> Parse(ReadOnlySpan<byte> file)
    {
        var libraries = new List<(string, string)>();
        // A cache in the older form may stand before it.
        var start = file.IndexOf("glibc-ld.so.cache1.1"u8);
        if (start < 0 || file.Length < start + HeaderSize) return libraries;
        var cache = file[start..];
        var count = Number(cache, 20);
        for (var i = 0; i < count && HeaderSize + (i + 1) * EntrySize <= cache.Length; i++)
        {
            var entry = HeaderSize + i * EntrySize;
            var (name, path) = (Text(cache, Number(cache, entry + 4)), Text(cache, Number(cache, entry + 8)));
            if (name.Length > 0 && path.Length > 0 && IsForThisProcessor(path)) libraries.Add((name, path));
        }
        return libraries;
    }

    // Folders glibc-hwcaps/x86-64-v3 and the like have the same libraries, compiled for processors that have more.
    private static bool IsForThisProcessor(string path)
    {
        const string folder = "/glibc-hwcaps/";
        var at = path.IndexOf(folder, StringComparison.Ordinal);
        return at < 0 || path[(at + folder.Length)..].Split('/')[0] switch
        {
            "x86-64-v2" => Sse42.IsSupported,
            "x86-64-v3" => Avx2.IsSupported,
            "x86-64-v4" => Avx512BW.VL.IsSupported,
            _ => false,
        };
    }

    private static int Number(ReadOnlySpan<byte> bytes, int at) =>
        BitConverter.IsLittleEndian ? BinaryPrimitives.ReadInt32LittleEndian(bytes[at..]) : BinaryPrimitives.ReadInt32BigEndian(bytes[at..]);

    private static string Text(ReadOnlySpan<byte> cache, int at)
    {
        if (at < 0 || at >= cache.Length) return "";
        var text = cache[at..];
        return Encoding.UTF8.GetString(text.IndexOf((byte)0) is >= 0 and var end ? text[..end] : text);
    }
}
