namespace Ktap.Compiler.Btf;

/// <summary>What a BTF type is, by the numbers of linux/btf.h.</summary>
public enum BtfKind : byte
{
    /// <summary>No type: id 0.</summary>
    Void,
    /// <summary>An integer, character or boolean.</summary>
    Int,
    /// <summary>A pointer.</summary>
    Pointer,
    /// <summary>An array.</summary>
    Array,
    /// <summary>A struct.</summary>
    Struct,
    /// <summary>A union.</summary>
    Union,
    /// <summary>An enum of up to 32 bits.</summary>
    Enum,
    /// <summary>A struct or union that is declared but not defined.</summary>
    Forward,
    /// <summary>Another name for a type.</summary>
    Typedef,
    /// <summary>volatile.</summary>
    Volatile,
    /// <summary>const.</summary>
    Const,
    /// <summary>restrict.</summary>
    Restrict,
    /// <summary>A function.</summary>
    Function,
    /// <summary>A function's parameters and result.</summary>
    FunctionPrototype,
    /// <summary>A variable.</summary>
    Variable,
    /// <summary>A section and the variables in it.</summary>
    DataSection,
    /// <summary>A floating-point number.</summary>
    Float,
    /// <summary>An attribute of a declaration.</summary>
    DeclarationTag,
    /// <summary>An attribute of a type.</summary>
    TypeTag,
    /// <summary>An enum of 64 bits.</summary>
    Enum64,
}

/// <summary>How an integer's bits are to be read.</summary>
[Flags]
public enum BtfEncoding : byte
{
    /// <summary>Unsigned.</summary>
    None = 0,
    /// <summary>Two's complement.</summary>
    Signed = 1,
    /// <summary>A character.</summary>
    Char = 2,
    /// <summary>A boolean.</summary>
    Bool = 4,
}

/// <summary>Who can see a function or variable; a global function is verified on its own, a static one with its callers.</summary>
public enum BtfLinkage
{
    /// <summary>Only its object.</summary>
    Static,
    /// <summary>Everybody.</summary>
    Global,
    /// <summary>It is defined elsewhere.</summary>
    Extern,
}

/// <summary>
/// A member of a struct or union, or a place found through anonymous ones: <paramref name="BitOffset"/> counts from the start
/// of the struct that was asked, <paramref name="BitfieldSize"/> is 0 for a member that is no bit field.
/// </summary>
public readonly record struct BtfMember(string Name, int TypeId, int BitOffset, int BitfieldSize = 0)
{
    /// <summary>The offset in whole bytes (of a bit field: of the byte where it starts).</summary>
    public int Offset => BitOffset / 8;
}

/// <summary>A name of an enum and its value (sign-extended where the enum is signed).</summary>
public readonly record struct BtfEnumValue(string Name, long Value);

/// <summary>A parameter of a function; type 0 without a name, in last place, is "...".</summary>
public readonly record struct BtfParameter(string Name, int TypeId);

/// <summary>A variable in a section: its VAR's id, and its place in bytes.</summary>
public readonly record struct BtfSectionVariable(int VariableId, int Offset, int Size);
