using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Ktap.Runtime.Machine;

namespace Ktap.Runtime.Symbols;

/// <summary>An executable part of a process's memory: addresses, the file behind it (a path as the process sees it, or a name in brackets, or nothing) and from which offset.</summary>
public sealed record CodeMapping(ulong Start, ulong End, ulong Offset, FileIdentity File, string Path)
{
    private const string Deleted = " (deleted)";

    /// <summary>Whether it is code out of a file, and not what the process wrote or the kernel put there.</summary>
    public bool IsFile => File.Inode != 0 && Path.StartsWith('/') && !Path.StartsWith("/memfd:", StringComparison.Ordinal) && !Path.StartsWith("/dev/", StringComparison.Ordinal);

    /// <summary>The file's name without folders, for messages.</summary>
    public string ShortName => PathWithoutMark[(PathWithoutMark.LastIndexOf('/') + 1)..];

    /// <summary>The path without the mark of a file that is gone.</summary>
    public string PathWithoutMark => Path.EndsWith(Deleted, StringComparison.Ordinal) ? Path[..^Deleted.Length] : Path;

    /// <summary>The executable mappings in a <c>/proc/PID/maps</c>, by address.</summary>
    public static CodeMapping[] Parse(ReadOnlySpan<byte> maps)
    {
        var mappings = new List<CodeMapping>();
        foreach (var line in maps.Split((byte)'\n'))
            if (ParseLine(maps[line]) is { } mapping) mappings.Add(mapping);
        return [.. mappings];
    }

    // 7f3c1d628000-7f3c1d77d000 r-xp 00028000 fe:01 1835   /usr/lib/x86_64-linux-gnu/libc.so.6
    private static CodeMapping? ParseLine(ReadOnlySpan<byte> line)
    {
        if (!Hex(ref line, (byte)'-', out var start) || !Hex(ref line, (byte)' ', out var end)) return null;
        if (line.Length < 5 || line[2] != 'x') return null;
        line = line[5..];
        if (!Hex(ref line, (byte)' ', out var offset) || !Hex(ref line, (byte)':', out var major) || !Hex(ref line, (byte)' ', out var minor)) return null;
        if (!Utf8Parser.TryParse(line, out ulong inode, out var digits)) return null;
        // A newline in a path is written \012; nothing else is.
        var path = Encoding.UTF8.GetString(line[digits..].TrimStart((byte)' ')).Replace("\\012", "\n", StringComparison.Ordinal);
        return new CodeMapping(start, end, offset, new FileIdentity((uint)major, (uint)minor, inode, 0, true), path);
    }

    private static bool Hex(ref ReadOnlySpan<byte> line, byte end, out ulong value)
    {
        var at = line.IndexOf(end);
        value = 0;
        if (at < 0 || !ulong.TryParse(line[..at], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)) return false;
        line = line[(at + 1)..];
        return true;
    }
}
