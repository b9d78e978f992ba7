using System.Collections.Immutable;

namespace Ktap.Compiler.Types;

/// <summary>Size and alignment in bytes, and the members in order, of a struct or union that the script declared.</summary>
public sealed record CLayout(int Size, int Alignment, ImmutableArray<CMember> Members);

/// <summary>A function of C: its result, and its parameters.</summary>
public sealed record CFunction(string Name, CType Result, ImmutableArray<CType> Parameters, bool IsVariadic)
{
    /// <summary>The names of the parameters, one for each (empty for one without); only of functions that the kernel's BTF has.</summary>
    public ImmutableArray<string> ParameterNames { get; init; } = [];
}

/// <summary>What a script has declared with <c>ffi.cdef</c>.</summary>
internal sealed class CDeclarations
{
    // What every C program for Linux knows, for kernels without BTF.
    private static readonly Dictionary<string, CType> Common = new()
    {
        ["u8"] = Unsigned("unsigned char", 1), ["u16"] = Unsigned("unsigned short", 2), ["u32"] = Unsigned("unsigned int", 4), ["u64"] = Unsigned("unsigned long long", 8),
        ["s8"] = Signed("signed char", 1), ["s16"] = Signed("short", 2), ["s32"] = Signed("int", 4), ["s64"] = Signed("long long", 8),
        ["uint8_t"] = Unsigned("unsigned char", 1), ["uint16_t"] = Unsigned("unsigned short", 2), ["uint32_t"] = Unsigned("unsigned int", 4), ["uint64_t"] = Unsigned("unsigned long long", 8),
        ["int8_t"] = Signed("signed char", 1), ["int16_t"] = Signed("short", 2), ["int32_t"] = Signed("int", 4), ["int64_t"] = Signed("long long", 8),
        ["pid_t"] = Signed("int", 4), ["uid_t"] = Unsigned("unsigned int", 4), ["gid_t"] = Unsigned("unsigned int", 4), ["mode_t"] = Unsigned("unsigned int", 4),
        ["umode_t"] = Unsigned("unsigned short", 2), ["gfp_t"] = Unsigned("unsigned int", 4), ["dev_t"] = Unsigned("unsigned int", 4), ["sector_t"] = Unsigned("unsigned long long", 8),
        ["loff_t"] = Signed("long long", 8), ["ktime_t"] = Signed("long long", 8), ["time64_t"] = Signed("long long", 8),
    };

    private int _anonymous;

    /// <summary>The typedefs.</summary>
    public Dictionary<string, CType> Typedefs { get; } = [];

    /// <summary>The structs and unions that have members.</summary>
    public Dictionary<CType.Aggregate, CLayout> Aggregates { get; } = [];

    /// <summary>The enums, by <c>enum NAME</c>.</summary>
    public Dictionary<string, CType.Enumeration> Enums { get; } = [];

    /// <summary>The constants of all enums.</summary>
    public Dictionary<string, long> Constants { get; } = [];

    /// <summary>The functions.</summary>
    public Dictionary<string, CFunction> Functions { get; } = [];

    /// <summary>The type of something that is not declared here but may be elsewhere, or null; for what is declared in terms of the kernel's types.</summary>
    public Func<CType, (int Size, int Alignment)?> Elsewhere { get; init; } = _ => null;

    /// <summary>A name for a struct, union or enum that has none.</summary>
    public string NewName() => $"(anonymous {++_anonymous})";

    /// <summary>What a name was declared as, or null.</summary>
    public CType? Find(string name, int wordSize) => Typedefs.GetValueOrDefault(name) ?? Enums.GetValueOrDefault(name) ?? name switch
    {
        "size_t" or "uintptr_t" or "ulong" => Unsigned("unsigned long", wordSize),
        "ssize_t" or "intptr_t" => Signed("long", wordSize),
        "uint" => Unsigned("unsigned int", 4),
        _ => Common.GetValueOrDefault(name),
    };

    /// <summary>Size and alignment of a type in bytes; null where it has none, or isn't known.</summary>
    public (int Size, int Alignment)? Measure(CType type, int wordSize)
    {
        switch (type)
        {
            case CType.Integer i: return (i.Size, i.Size);
            case CType.Enumeration e: return (e.Size, e.Size);
            case CType.Pointer: return (wordSize, wordSize);
            case CType.Array a: return Measure(a.Element, wordSize) is var (size, alignment) ? (checked(size * a.Length), alignment) : null;
            case CType.Aggregate or CType.Named when Elsewhere(type) is { } known: return known;
            case CType.Aggregate g: return Aggregates.TryGetValue(g, out var layout) ? (layout.Size, layout.Alignment) : null;
            case CType.Named n: return Find(n.Name, wordSize) is { } declared ? Measure(declared, wordSize) : null;
            default: return null;
        }
    }

    private static CType.Integer Unsigned(string name, int size) => new(name, size, false);

    private static CType.Integer Signed(string name, int size) => new(name, size, true);
}
