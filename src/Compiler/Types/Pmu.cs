using System.Globalization;

namespace Ktap.Compiler.Types;

/// <summary>A performance monitoring unit as the kernel describes it (<c>/sys/bus/event_source/devices/NAME</c>).</summary>
/// <param name="Name">Its name: <c>cpu</c>, <c>msr</c>.</param>
/// <param name="Type">Its type for perf_event_open(2).</param>
/// <param name="Formats">Which bits a term sets: <c>event</c> → <c>config:0-7,32-35</c>.</param>
/// <param name="Events">What its events are in terms: <c>tsc</c> → <c>event=0x00</c>.</param>
public sealed record Pmu(string Name, uint Type, IReadOnlyDictionary<string, string> Formats, IReadOnlyDictionary<string, string> Events)
{
    private static readonly string[] Words = ["config", "config1", "config2"];

    /// <summary>Applies terms (<c>event=0x3c,umask=1</c>, <c>tsc</c>) to three words of configuration; gives the first that is none, or null.</summary>
    public string? Apply(string terms, Span<ulong> config)
    {
        foreach (var term in terms.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = term.IndexOf('=');
            var (name, text) = equals < 0 ? (term, "1") : (term[..equals].Trim(), term[(equals + 1)..].Trim());
            if (equals < 0 && Events.TryGetValue(name, out var alias))
            {
                if (Apply(alias, config) is { } wrong) return wrong;
                continue;
            }
            var format = Array.IndexOf(Words, name) >= 0 ? $"{name}:0-63" : Formats.GetValueOrDefault(name);
            if (format is null || !Number(text, out var value) || !Set(format, value, config)) return term;
        }
        return null;
    }

    private static bool Number(string text, out ulong value) => text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        ? ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    // Spreads a value's bits, the lowest first, over the ranges; false where it has more.
    private static bool Set(string format, ulong value, Span<ulong> config)
    {
        var colon = format.IndexOf(':');
        var word = colon < 0 ? -1 : Array.IndexOf(Words, format[..colon]);
        if (word < 0) return false;
        foreach (var range in format[(colon + 1)..].Split(','))
        {
            var ends = range.Split('-');
            if (!int.TryParse(ends[0], out var low) || !int.TryParse(ends[^1], out var high) || low < 0 || high is < 0 or > 63 || high < low) return false;
            var bits = high - low + 1;
            var mask = bits == 64 ? ulong.MaxValue : (1UL << bits) - 1;
            config[word] = config[word] & ~(mask << low) | (value & mask) << low;
            value = bits == 64 ? 0 : value >> bits;
        }
        return value == 0;
    }
}
