using System.Collections.Immutable;

namespace Ktap.Compiler.Types;

/// <summary>A C type: of kernel data, of a system call's arguments, or declared by the script.</summary>
public abstract record CType
{
    /// <summary>No type: what a <c>void *</c> points to.</summary>
    public sealed record Void : CType;

    /// <summary>An integer, character or boolean of <paramref name="Size"/> bytes.</summary>
    public sealed record Integer(string Name, int Size, bool IsSigned) : CType
    {
        /// <summary>Whether it is <c>char</c>, so that an array of it is a string.</summary>
        public bool IsChar => Name == "char";
    }

    /// <summary>An enum of <paramref name="Size"/> bytes, and how its values print.</summary>
    public sealed record Enumeration(int Size, bool IsSigned, IntFormat.Enum Format) : CType;

    /// <summary>A pointer; <paramref name="IsUser"/> where its declaration says so (<c>__user</c>).</summary>
    public sealed record Pointer(CType Target, bool IsUser = false) : CType;

    /// <summary>An array; <paramref name="Length"/> 0 for a flexible one.</summary>
    public sealed record Array(CType Element, int Length) : CType;

    /// <summary>A function, behind a pointer.</summary>
    public sealed record Function : CType;

    /// <summary>
    /// A struct or union. One with a name is the same wherever the name stands; one without is the type <paramref name="BtfId"/> of the
    /// target's BTF. What is in it a <see cref="CTypes"/> knows.
    /// </summary>
    public sealed record Aggregate(bool IsUnion, string Name, int BtfId) : CType
    {
        /// <inheritdoc/>
        public bool Equals(Aggregate? other) =>
            other is not null && IsUnion == other.IsUnion && Name == other.Name && (Name.Length > 0 || BtfId == other.BtfId);

        /// <inheritdoc/>
        public override int GetHashCode() => Name.Length > 0 ? Name.GetHashCode(StringComparison.Ordinal) : BtfId;
    }

    /// <summary>A name that a typedef or an enum declares somewhere: <c>loff_t</c>, <c>enum zone_type</c>.</summary>
    public sealed record Named(string Name) : CType;

    /// <summary>The type as C writes it.</summary>
    public string Text => this switch
    {
        Void => "void",
        Integer i => i.Name,
        Enumeration e => e.Format.Name,
        Pointer { Target: Function } => "void (*)()",
        Pointer { Target: Pointer p } => p.Text + "*",
        Pointer p => p.Target.Text + " *",
        Array { Element: Array } a => $"{a.Element.Text}[{a.Length}]",
        Array a => a.Length == 0 ? a.Element.Text + "[]" : $"{a.Element.Text}[{a.Length}]",
        Aggregate a => (a.IsUnion ? "union " : "struct ") + (a.Name.Length > 0 ? a.Name : "{…}"),
        Named n => n.Name,
        _ => "function",
    };

    /// <summary>As C writes it.</summary>
    public sealed override string ToString() => Text;
}

/// <summary>
/// A place in a struct or union. <paramref name="BitOffset"/> counts from the start of the outermost one that was asked;
/// <paramref name="BitSize"/> is 0 for a member that is no bit field; <paramref name="Path"/> the indices of the members that lead
/// there, anonymous ones included, empty for what the script declared.
/// </summary>
public sealed record CMember(string Name, CType Type, int BitOffset, int BitSize, ImmutableArray<int> Path);
