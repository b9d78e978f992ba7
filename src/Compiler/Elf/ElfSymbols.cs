namespace Ktap.Compiler.Elf;

/// <summary>The symbols of an object, local ones first as ELF wants it, and their numbers by name.</summary>
internal sealed class ElfSymbols
{
    private readonly List<ElfSymbol> _symbols;
    private readonly Dictionary<string, int> _numbers = [];

    /// <exception cref="InvalidOperationException">Two symbols have the same name.</exception>
    internal ElfSymbols(IReadOnlyList<ElfSymbol> symbols)
    {
        _symbols = [new("", SymbolType.None, false, 0, 0, 0), .. symbols.Where(s => !s.IsGlobal), .. symbols.Where(s => s.IsGlobal)];
        LocalCount = _symbols.Count(s => !s.IsGlobal);
        for (var i = 1; i < _symbols.Count; i++)
            if (!_numbers.TryAdd(_symbols[i].Name, i)) throw new InvalidOperationException($"two symbols are called '{_symbols[i].Name}'");
    }

    internal IReadOnlyList<ElfSymbol> All => _symbols;

    /// <summary>The number of local symbols, the null symbol included: the number of the first global one.</summary>
    internal int LocalCount { get; }

    /// <exception cref="InvalidOperationException">There is no such symbol.</exception>
    internal int NumberOf(string name) =>
        _numbers.TryGetValue(name, out var number) ? number : throw new InvalidOperationException($"no symbol is called '{name}'");
}
