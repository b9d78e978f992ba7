using System.Buffers;
using System.Globalization;

namespace Ktap.Compiler.Probes;

/// <summary>
/// A watchpoint as it is written: <c>mem:PLACE[+OFFSET][/LENGTH][:rwx]</c>, the place an address or a symbol. Without a length and kinds of access those
/// are 0; the access of a watchpoint that says none is reading and writing.
/// </summary>
public sealed record WatchSpec(string? Symbol, ulong Address, int Length, uint Access)
{
    /// <summary>The bits of linux/hw_breakpoint.h.</summary>
    public const uint Read = 1, Write = 2, Execute = 4;

    /// <summary>What a spec says, or null where it isn't of this form.</summary>
    public static WatchSpec? Parse(string text)
    {
        if (!text.StartsWith("mem:", StringComparison.Ordinal)) return null;
        var (beforeAccess, access) = Cut(text[4..], ':');
        var (beforeLength, length) = Cut(beforeAccess, '/');
        var (place, displacement) = Cut(beforeLength, '+');
        if (place.Length == 0 || displacement == "" || !Number(displacement ?? "", out var offset)) return null;
        if (length is not (null or "1" or "2" or "4" or "8")) return null;
        if (access is not null && (access.Length is 0 or > 3 || access.AsSpan().ContainsAnyExcept("rwx"))) return null;
        uint bits = 0;
        foreach (var letter in access ?? "")
        {
            var bit = letter == 'r' ? Read : letter == 'w' ? Write : Execute;
            if ((bits & bit) != 0) return null;
            bits |= bit;
        }
        var isAddress = char.IsAsciiDigit(place[0]);
        ulong address = 0;
        if (isAddress ? !Number(place, out address) : !IsSymbol(place)) return null;
        return new WatchSpec(isAddress ? null : place, address + offset, length is null ? 0 : length[0] - '0', bits == 0 ? Read | Write : bits);
    }

    private static bool Number(string text, out ulong value)
    {
        value = 0;
        return text.Length == 0 || (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value));
    }

    // What stands before a mark and behind it; null where there is none.
    private static (string Before, string? Behind) Cut(string text, char mark) => text.IndexOf(mark) is >= 0 and var at ? (text[..at], text[(at + 1)..]) : (text, null);

    // A symbol may have dots (a static variable of a function: count.0), and a version behind an at sign.
    private static bool IsSymbol(string text) => (char.IsAsciiLetter(text[0]) || text[0] == '_') && !text.AsSpan().ContainsAnyExcept(OfSymbols);

    private static readonly SearchValues<char> OfSymbols = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.$@");
}
