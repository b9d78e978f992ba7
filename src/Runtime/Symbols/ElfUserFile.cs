using Ktap.Compiler.Types;
using Ktap.Runtime.LibBpf;
using Ktap.Runtime.Machine;

namespace Ktap.Runtime.Symbols;

/// <summary>An ELF file of this machine as probes see it.</summary>
internal sealed class ElfUserFile : UserFile
{
    private readonly (ElfFunctions Code, ElfFunctions? Debug) _content;
    private readonly Lazy<IReadOnlyList<UserFunction>> _functions;
    private readonly Lazy<ElfMarkers> _markers;
    private readonly Lazy<ReadOnlyMemory<byte>> _bytes;

    internal ElfUserFile(IMachine machine, string path, string place, (ElfFunctions Code, ElfFunctions? Debug) content)
    {
        (Path, Place, _content) = (path, place, content);
        _functions = new(ReadFunctions);
        _markers = new(() => machine.ReadMarkers(place));
        _bytes = new(() => machine.MapFile(place));
    }

    /// <inheritdoc/>
    public override string Path { get; }

    /// <inheritdoc/>
    public override string Place { get; }

    /// <inheritdoc/>
    public override bool IsStripped => _content is { Code.IsStripped: true, Debug: null };

    /// <inheritdoc/>
    public override IReadOnlyList<UserFunction> Functions => _functions.Value;

    /// <inheritdoc/>
    public override IReadOnlyList<UserMarker> Markers => _markers.Value.Markers;

    /// <inheritdoc/>
    public override bool? HasInstruction(UserFunction function, ulong distance)
    {
        const ushort x64 = 62;
        var bytes = _bytes.Value.Span;
        if (_content.Code.Machine != x64 || function.Size == 0 || distance >= function.Size || function.Offset + function.Size > (ulong)bytes.Length) return null;
        return X64Instruction.BeginsAt(bytes.Slice((int)function.Offset, (int)function.Size), (int)distance);
    }

    /// <inheritdoc/>
    public override ulong? SymbolAddress(string name) => _markers.Value.Symbols.TryGetValue(name, out var address) ? address : null;

    /// <inheritdoc/>
    public override string? Demangle(string symbol) => Demangler.Read(symbol);

    // Those of a file with debug information come first; both lists are by address, and what both have is taken once.
    private List<UserFunction> ReadFunctions()
    {
        var functions = new List<UserFunction>();
        var seen = new HashSet<string>();
        foreach (var table in new[] { _content.Debug?.Functions, _content.Code.Functions }.OfType<FunctionTable>())
            foreach (var symbol in table.Symbols)
                if (OffsetOf(symbol.Start) is { } offset && Named(table.NameOf(symbol)) is var (name, version) && seen.Add($"{offset:x} {name}@{version}"))
                    functions.Add(new UserFunction(name, version, offset, symbol.Size, symbol.Kind));
        // OrderBy keeps the order of what is at one address.
        return [.. functions.OrderBy(f => f.Offset)];
    }

    // "f@@V" is what programs are linked to, "f@V" an older one.
    private static (string Name, string? Version) Named(string symbol) => symbol.IndexOf('@') switch
    {
        > 0 and var at when at + 1 < symbol.Length => (symbol[..at], symbol[at + 1] == '@' ? null : symbol[(at + 1)..]),
        _ => (symbol, null),
    };

    private ulong? OffsetOf(ulong address)
    {
        foreach (var segment in _content.Code.Segments)
            if (address >= segment.Address && address - segment.Address < segment.Size) return address - segment.Address + segment.Offset;
        return null;
    }
}
