using System.Collections.Immutable;
using Ktap.Compiler.Types;

namespace Ktap.Runtime.Symbols;

/// <summary>The static markers in an ELF file, and the addresses of the symbols that their operands name.</summary>
public sealed record ElfMarkers(ImmutableArray<UserMarker> Markers, IReadOnlyDictionary<string, ulong> Symbols)
{
    /// <summary>None.</summary>
    public static ElfMarkers None { get; } = new([], new Dictionary<string, ulong>());
}
