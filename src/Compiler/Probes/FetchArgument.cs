using Ktap.Compiler.Text;

namespace Ktap.Compiler.Probes;

/// <summary>
/// One fetch argument of a function probe, in the language of <c>perf probe</c> and of the kernel's own probe events (Documentation/trace/kprobetrace.rst).
/// <paramref name="Span"/> is its place in the script; <paramref name="Name"/> is null where none was given.
/// </summary>
public sealed record FetchArgument(TextSpan Span, string? Name, FetchValue Value, FetchType Type);

/// <summary>Where a fetch argument's value comes from.</summary>
public abstract record FetchValue
{
    /// <summary>A register, by its offset in <c>struct pt_regs</c>: <c>%di</c>.</summary>
    public sealed record Register(string Name, int Offset) : FetchValue;

    /// <summary><c>$retval</c>, in return probes.</summary>
    public sealed record Result : FetchValue;

    /// <summary>The address of the stack's top: <c>$stack</c>.</summary>
    public sealed record Stack : FetchValue;

    /// <summary>A word of the stack, counted from its top: <c>$stack0</c>.</summary>
    public sealed record StackWord(int Index) : FetchValue;

    /// <summary>A parameter by its place, from 1: <c>$arg1</c>; only at the function's entry.</summary>
    public sealed record Parameter(int Number) : FetchValue;

    /// <summary>A parameter by its name, whose place and type the kernel's BTF knows.</summary>
    public sealed record NamedParameter(string Name) : FetchValue;

    /// <summary>The current task's name: <c>$comm</c>.</summary>
    public sealed record TaskName : FetchValue;

    /// <summary>A number known when compiling: <c>\123</c>, and the addresses of <c>@symbol</c> and <c>@0x…</c>.</summary>
    public sealed record Constant(long Value) : FetchValue;

    /// <summary>A text known when compiling: <c>\"text"</c>.</summary>
    public sealed record Text(string Value) : FetchValue;

    /// <summary>What stands in memory so many bytes behind an address: <c>+8(%si)</c>; <paramref name="IsUser"/> for <c>+u8(%si)</c>, memory of the process for certain.</summary>
    public sealed record Memory(long Offset, FetchValue Address, bool IsUser) : FetchValue;

    /// <summary>Whether the value is a place in memory, so that a string or an array can stand there.</summary>
    public bool IsPlace => this is Memory;
}

/// <summary>What a fetched value is.</summary>
public enum FetchKind
{
    /// <summary>A number, printed as a decimal: <c>:u32</c>, <c>:s8</c>, and what has no type.</summary>
    Number,

    /// <summary>A number, printed as hexadecimal: <c>:x64</c>.</summary>
    Hexadecimal,

    /// <summary>A byte, printed as a character: <c>:char</c>.</summary>
    Character,

    /// <summary>An address, printed as a symbol: <c>:symbol</c>.</summary>
    Symbol,

    /// <summary>A string up to a NUL: <c>:string</c>, and <c>:ustring</c> for one in the memory of the process.</summary>
    String,
}

/// <summary>The type of a fetch argument: <paramref name="Size"/> bytes in memory, and whether it has a sign.</summary>
public sealed record FetchType(FetchKind Kind, int Size, bool IsSigned)
{
    /// <summary>What no type means: a word, as large as the machine's.</summary>
    public static FetchType Word(int size) => new(FetchKind.Number, size, true);

    /// <summary>Whether no type was given, so that a parameter keeps the one that BTF says.</summary>
    public bool IsImplied { get; init; }

    /// <summary>Of a string: whether it is in the memory of the process (<c>:ustring</c>).</summary>
    public bool IsUser { get; init; }

    /// <summary>Of a bit field: its width in bits, else 0; and its offset from the lowest bit of the container.</summary>
    public (int Width, int Offset) Bits { get; init; }

    /// <summary>Of an array the number of its elements, else 0.</summary>
    public int Count { get; init; }
}
