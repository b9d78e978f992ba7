using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Ktap.Compiler.Types;

/// <summary>Where a field's bytes are: in its place, or elsewhere in the record, its place holding (length &lt;&lt; 16 | offset).</summary>
public enum DataLocation
{
    /// <summary>In its place.</summary>
    None,

    /// <summary><c>__data_loc</c>: the offset counts from the start of the record.</summary>
    DataLoc,

    /// <summary><c>__rel_loc</c> (Linux 5.17): the offset counts from the end of the field itself.</summary>
    RelLoc,
}

/// <summary>
/// A field of a tracepoint's record: <paramref name="TypeText"/> is its C type without <c>__data_loc</c> and array bounds
/// (<c>unsigned long</c>, <c>const char *</c>), <paramref name="Size"/> the bytes in its place, <paramref name="ArrayLength"/> the
/// elements of a fixed array or null (also for arrays whose bound the kernel prints as a name).
/// </summary>
public sealed record TracepointField(
    string Name, string TypeText, int Offset, int Size, bool IsSigned, int? ArrayLength, DataLocation Location, bool IsCommon)
{
    /// <summary>Whether the type is an array, fixed or dynamic: <c>char comm[16]</c>, <c>__data_loc char[] name</c>.</summary>
    public required bool IsArray { get; init; }

    /// <summary>Whether the bytes are a string: an array of char, fixed or dynamic.</summary>
    public bool IsString => IsArray && TypeText is "char" or "const char";
}

/// <summary>
/// What a tracepoint's <c>format</c> file in tracefs says: the record's fields, common ones first, in the file's order, and the text
/// after <c>print fmt:</c>. <paramref name="Text"/> is the file itself, for who formats records by it.
/// </summary>
public sealed record TracepointFormat(
    string Group, string Name, int Id, ImmutableArray<TracepointField> Fields, string PrintFormat, ImmutableArray<byte> Text)
{
    /// <summary>The field of that name, or null; common fields are found too.</summary>
    public TracepointField? Field(string name) => Fields.FirstOrDefault(f => f.Name == name);

    /// <summary>The smallest record: bytes up to the end of the last field, dynamic data not counted.</summary>
    public int FixedSize => Fields.Max(f => f.Offset + f.Size);

    /// <summary>Reads a <c>format</c> file; the group is not in it. Throws <see cref="FormatException"/> on a line that no kernel writes.</summary>
    public static TracepointFormat Parse(string group, ReadOnlySpan<byte> file)
    {
        var name = "";
        var id = 0;
        var print = "";
        var fields = ImmutableArray.CreateBuilder<TracepointField>();
        foreach (var line in Encoding.UTF8.GetString(file).Split('\n'))
        {
            if (line.StartsWith("name: ", StringComparison.Ordinal)) name = line[6..];
            else if (line.StartsWith("ID: ", StringComparison.Ordinal)) id = Number(line[4..], line);
            else if (line.StartsWith("\tfield:", StringComparison.Ordinal)) fields.Add(ParseField(line));
            else if (line.StartsWith("print fmt: ", StringComparison.Ordinal)) print = line[11..];
        }
        if (name.Length == 0 || fields.Count == 0) throw new FormatException("not a tracepoint's format file");
        return new TracepointFormat(group, name, id, fields.ToImmutable(), print, [.. file]);
    }

    // "\tfield:__data_loc char[] filename;\toffset:8;\tsize:4;\tsigned:0;"; before 2.6.3x kernels had no signed.
    private static TracepointField ParseField(string line)
    {
        var parts = line.Split(';', StringSplitOptions.TrimEntries);
        if (parts.Length < 4) throw new FormatException($"not a field: {line.Trim()}");
        var declaration = parts[0]["field:".Length..];
        var (location, rest) = declaration switch
        {
            _ when declaration.StartsWith("__data_loc ", StringComparison.Ordinal) => (DataLocation.DataLoc, declaration[11..]),
            _ when declaration.StartsWith("__rel_loc ", StringComparison.Ordinal) => (DataLocation.RelLoc, declaration[10..]),
            _ => (DataLocation.None, declaration),
        };
        var (type, name, bound) = SplitDeclaration(rest);
        var size = Number(After(parts, "size:", line), line);
        var signed = parts.Any(p => p == "signed:1");
        return new TracepointField(
            name, type, Number(After(parts, "offset:", line), line), size, signed,
            location == DataLocation.None ? ArrayLength(bound) : null, location, name.StartsWith("common_", StringComparison.Ordinal))
        {
            IsArray = bound is not null,
        };
    }

    // "char comm[16]" and "char[] name" (dynamic) and "u8 mac[ETH_ALEN]" -> type, name, what stands between the brackets or null.
    private static (string Type, string Name, string? Bound) SplitDeclaration(string text)
    {
        if (text.EndsWith(']') && text.LastIndexOf('[') is > 0 and var open)
        {
            var (type, name, _) = SplitDeclaration(text[..open]);
            return (type, name, text[(open + 1)..^1]);
        }
        var space = text.LastIndexOfAny([' ', '*']) + 1;
        var before = text[..space].TrimEnd();
        if (before.EndsWith(']') && before.LastIndexOf('[') is > 0 and var at) return (before[..at].TrimEnd(), text[space..], before[(at + 1)..^1]);
        return (before, text[space..], null);
    }

    private static int? ArrayLength(string? bound) =>
        int.TryParse(bound, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : null;

    private static string After(string[] parts, string key, string line) =>
        parts.FirstOrDefault(p => p.StartsWith(key, StringComparison.Ordinal))?[key.Length..]
        ?? throw new FormatException($"no {key} in: {line.Trim()}");

    private static int Number(string text, string line) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : throw new FormatException($"not a number in: {line.Trim()}");
}
