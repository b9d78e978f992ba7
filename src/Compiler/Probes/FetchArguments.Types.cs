using System.Globalization;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Probes;

// The types of fetch arguments, behind the colon.
public sealed partial class FetchArguments
{
    private FetchType? Type(string text, TextSpan place)
    {
        var word = FetchType.Word(_context.WordSize);
        var count = 0;
        var element = text;
        if (text.EndsWith(']') && text.IndexOf('[') is > 0 and var open)
        {
            element = text[..open];
            // MAX_ARRAY_LEN of kernel/trace/trace_probe.h.
            if (!int.TryParse(text[(open + 1)..^1], NumberStyles.None, CultureInfo.InvariantCulture, out count) || count is 0 or > 64)
                return Unknown(Errors.BadFetchType(_source, place, text, "an array has 1 to 64 elements: u32[4]"));
        }
        var type = element switch
        {
            "u" => word with { IsSigned = false },
            "s" => word,
            "x" => word with { Kind = FetchKind.Hexadecimal, IsSigned = false },
            "char" => new FetchType(FetchKind.Character, 1, false),
            "symbol" => new FetchType(FetchKind.Symbol, _context.WordSize, false),
            "string" => new FetchType(FetchKind.String, 0, false),
            "ustring" => new FetchType(FetchKind.String, 0, false) { IsUser = true },
            _ => Sized(element) ?? BitField(element),
        };
        if (type is null) return Unknown(Errors.BadFetchType(_source, place, text, "the types are u8 to u64, s8 to s64, x8 to x64, u, s, x, char, symbol, string, ustring, bWIDTH@OFFSET/SIZE, and arrays of numbers: u32[4]"));
        if (count > 0 && (type.Kind == FetchKind.String || type.Bits.Width > 0)) return Unknown(Errors.BadFetchType(_source, place, text, "arrays are of numbers"));
        return type with { Count = count };
    }

    private static FetchType? Sized(string text) => text.Length < 2 || text[1..] is not ("8" or "16" or "32" or "64") ? null : text[0] switch
    {
        'u' => new FetchType(FetchKind.Number, int.Parse(text[1..], CultureInfo.InvariantCulture) / 8, false),
        's' => new FetchType(FetchKind.Number, int.Parse(text[1..], CultureInfo.InvariantCulture) / 8, true),
        'x' => new FetchType(FetchKind.Hexadecimal, int.Parse(text[1..], CultureInfo.InvariantCulture) / 8, false),
        _ => null,
    };

    // b<width>@<offset>/<bits of the container>
    private static FetchType? BitField(string text)
    {
        var (at, slash) = (text.IndexOf('@'), text.IndexOf('/'));
        if (text[0] != 'b' || at < 0 || slash < at) return null;
        if (!int.TryParse(text[1..at], NumberStyles.None, CultureInfo.InvariantCulture, out var width) ||
            !int.TryParse(text[(at + 1)..slash], NumberStyles.None, CultureInfo.InvariantCulture, out var offset) || text[(slash + 1)..] is not ("8" or "16" or "32" or "64")) return null;
        var container = int.Parse(text[(slash + 1)..], CultureInfo.InvariantCulture);
        return width is 0 || width + offset > container ? null : new FetchType(FetchKind.Number, container / 8, false) { Bits = (width, offset) };
    }

    // Why a value can't have a type, or null where it can.
    private static string? Misfit(FetchValue value, FetchType type) => (value, type) switch
    {
        (FetchValue.TaskName or FetchValue.Text, { Kind: not FetchKind.String }) => "it is a string",
        (FetchValue.TaskName or FetchValue.Text, _) => null,
        ({ IsPlace: false }, { Kind: FetchKind.String }) => "a string stands in memory: +0(ADDRESS):string",
        ({ IsPlace: false }, { Count: > 0 }) => "an array stands in memory: +0(ADDRESS):u32[4]",
        _ => null,
    };

    private FetchType? Unknown(Diagnostic error)
    {
        _diagnostics.Add(error);
        return null;
    }
}
