using System.Globalization;
using System.Text.RegularExpressions;

namespace Ktap.Compiler.Probes;

/// <summary>
/// A watchpoint as it is written: <c>mem:PLACE[+OFFSET][/LENGTH][:rwx]</c>, the place an address or a symbol. Without a length and kinds of access those
/// are 0; the access of a watchpoint that says none is reading and writing.
/// </summary>
public sealed partial record WatchSpec(string? Symbol, ulong Address, int Length, uint Access)
{
    /// <summary>The bits of linux/hw_breakpoint.h.</summary>
    public const uint Read = 1, Write = 2, Execute = 4;

    /// <summary>What a spec says, or null where it isn't of this form.</summary>
    public static WatchSpec? Parse(string text)
    {
        if (Form().Match(text) is not { Success: true } match) return null;
        var place = match.Groups["place"].Value;
        if (!Number(match.Groups["offset"].Value, out var offset)) return null;
        var (length, access) = (match.Groups["length"].Value, match.Groups["access"].Value);
        if (length.Length > 0 && length is not ("1" or "2" or "4" or "8")) return null;
        uint bits = 0;
        foreach (var letter in access)
        {
            var bit = letter == 'r' ? Read : letter == 'w' ? Write : Execute;
            if ((bits & bit) != 0) return null;
            bits |= bit;
        }
        var isAddress = char.IsAsciiDigit(place[0]);
        ulong address = 0;
        if (isAddress && !Number(place, out address)) return null;
        return new WatchSpec(isAddress ? null : place, address + offset, length.Length > 0 ? length[0] - '0' : 0, bits == 0 ? Read | Write : bits);
    }

    private static bool Number(string text, out ulong value)
    {
        value = 0;
        return text.Length == 0 || (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value));
    }

    // A symbol may have dots (a static variable of a function: count.0), and a version behind an at sign.
    [GeneratedRegex(@"^mem:(?<place>0[xX][0-9a-fA-F]+|[0-9]+|[A-Za-z_][A-Za-z0-9_.$@]*)(\+(?<offset>0[xX][0-9a-fA-F]+|[0-9]+))?(/(?<length>[0-9]+))?(:(?<access>[rwx]{1,3}))?$")]
    private static partial Regex Form();
}
