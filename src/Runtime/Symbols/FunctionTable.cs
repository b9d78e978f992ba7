using System.Collections.Immutable;
using System.Text;
using Ktap.Compiler.Types;

namespace Ktap.Runtime.Symbols;

/// <summary>
/// Functions by address. Names stay where they are in one block of bytes, each ended by a NUL; no string is made for one that nobody asks for.
/// </summary>
public sealed class FunctionTable
{
    private readonly ulong[] _starts;
    private readonly ulong[] _ends;
    private readonly int[] _names;
    private readonly byte[] _text;
    private readonly int _count;

    /// <summary>A table of functions, whose names are in <paramref name="text"/>: of several at one address that with the largest rank has it.</summary>
    public FunctionTable(List<FunctionSymbol> functions, byte[] text)
    {
        functions.Sort((a, b) => a.Start != b.Start ? a.Start.CompareTo(b.Start) : a.Rank != b.Rank ? b.Rank.CompareTo(a.Rank) : a.Name.CompareTo(b.Name));
        (_starts, _ends, _names) = (new ulong[functions.Count], new ulong[functions.Count], new int[functions.Count]);
        (_text, Symbols) = (text, functions);
        foreach (var (start, size, name, _, _) in functions)
        {
            if (_count > 0 && _starts[_count - 1] == start) continue;
            // Before its successor is known a function without a size has no end.
            if (_count > 0 && _ends[_count - 1] == ulong.MaxValue) _ends[_count - 1] = start;
            (_starts[_count], _ends[_count], _names[_count]) = (start, size == 0 ? ulong.MaxValue : start + size, name);
            _count++;
        }
    }

    /// <summary>A table of nothing.</summary>
    public static FunctionTable Empty { get; } = new([], []);

    /// <summary>Every symbol, by address; of several at one address the best name comes first.</summary>
    public IReadOnlyList<FunctionSymbol> Symbols { get; }

    /// <summary>How many addresses have a function.</summary>
    public int Count => _count;

    /// <summary>The name of the function that covers an address, and how far behind its start that is; empty where none does.</summary>
    public ReadOnlySpan<byte> Find(ulong address, out ulong offset)
    {
        offset = 0;
        var at = Array.BinarySearch(_starts, 0, _count, address);
        if (at < 0) at = ~at - 1;
        // A function may have others within it; not many.
        for (var steps = 0; at >= 0 && steps < 4; at--, steps++)
        {
            if (address >= _ends[at]) continue;
            offset = address - _starts[at];
            return Name(_names[at]);
        }
        return default;
    }

    /// <summary>The name of one of <see cref="Symbols"/>.</summary>
    public string NameOf(FunctionSymbol symbol) => Encoding.UTF8.GetString(Name(symbol.Name));

    private ReadOnlySpan<byte> Name(int at)
    {
        var name = _text.AsSpan(at);
        return name[..name.IndexOf((byte)0)];
    }
}

/// <summary>
/// A symbol of code: where it starts, its size (0: not known, up to the next), where its name begins in the bytes of names, how good that is as a name,
/// and what it stands for.
/// </summary>
public readonly record struct FunctionSymbol(ulong Start, ulong Size, int Name, int Rank, FunctionKind Kind = FunctionKind.Function);

/// <summary>A part of an ELF file that is mapped to be executed: from which offset in the file, to which address of the file's own, how many bytes.</summary>
public readonly record struct CodeSegment(ulong Offset, ulong Address, ulong Size);

/// <summary>What an ELF file says about the functions in it.</summary>
/// <param name="Segments">Its code.</param>
/// <param name="Functions">Its functions, by the file's own addresses.</param>
/// <param name="IsStripped">Whether it has only the functions that others link to (<c>.dynsym</c>), or none.</param>
/// <param name="BuildId">The id that the linker gave it; empty where it didn't.</param>
/// <param name="DebugLink">The name of the file that its symbols were moved to (<c>.gnu_debuglink</c>), or null.</param>
/// <param name="Machine">The processor that it is for (<c>e_machine</c>); 0 where it is no ELF file.</param>
public sealed record ElfFunctions(
    ImmutableArray<CodeSegment> Segments, FunctionTable Functions, bool IsStripped, ImmutableArray<byte> BuildId, string? DebugLink, ushort Machine)
{
    /// <summary>What a file that is no ELF file says.</summary>
    public static ElfFunctions None { get; } = new([], FunctionTable.Empty, true, [], null, 0);
}
