using Ktap.Compiler.Binding;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Typing;

// C data behind pointers: members, elements, casts.
internal sealed partial class Typer
{
    private readonly MemoryReader _memory = MemoryReader.Of(site);

    private CTypes Types => site.Options.Types;

    private TypedExpression MemberBehind(BoundMember e, TypedExpression target)
    {
        if (target.Type.NotNil is not KtapType.PointerType pointer)
            return Bad(e.Span, Errors.NoMembers(Source, e.Span, e.Name, "an integer", "say what it points to: cast(\"struct sk_buff\", p).len"));
        if (AggregateOf(pointer.Pointee, e.Target.Span, e.Name) is not { } root) return new TypedConstant(e.Span, KtapType.Never, Value.Nil);
        if (Types.Member(root, e.Name) is not { } member)
            return Bad(e.Span, Errors.NoSuchMember(Source, e.Span, root.Text, e.Name, [.. Types.MemberNames(root)]));
        // A struct in a struct is not read but gone through, which keeps the way from a struct that has a name.
        var (from, start) = target is TypedMember { Type.NotNil: KtapType.PointerType { Pointee: CType.Aggregate }, Member.Type: var through } outer && Types.Resolve(through) is CType.Aggregate
            ? (outer.Pointer, outer)
            : (target, null);
        if (start is not null) (root, member) = (start.Root, Within(start.Member, member));
        return _memory.TypeOf(member.Type, pointer.IsUser, from.Type.MayBeNil) is { } type
            ? new TypedMember(e.Span, member.BitSize > 0 ? type.OrNil : type, from, root, member, pointer.IsUser)
            : Bad(e.Span, Errors.NoValueOf(Source, e.Span, member.Type.Text));
    }

    private static CMember Within(CMember outer, CMember inner) => inner with
    {
        Name = $"{outer.Name}.{inner.Name}",
        BitOffset = outer.BitOffset + inner.BitOffset,
        Path = inner.Path.IsEmpty ? [] : outer.Path.AddRange(inner.Path),
    };

    private CType.Aggregate? AggregateOf(CType type, TextSpan span, string member)
    {
        var known = Types.Resolve(type);
        if (known is CType.Aggregate root && Types.IsKnown(root))
        {
            TellOverruled(span, root);
            return root;
        }
        state.Report(known switch
        {
            CType.Pointer => Errors.NoMembers(Source, span, member, $"a pointer to '{known.Text}'", $"index it first: p[0].{member}"),
            CType.Void => Errors.NoMembers(Source, span, member, "a 'void *'", "say what it points to: cast(\"struct sk_buff\", p).len"),
            null or CType.Aggregate => UnknownType(span, type),
            _ => Errors.NoMembers(Source, span, member, $"a pointer to '{known.Text}'", "p[0] is what it points to"),
        });
        return null;
    }

    private Diagnostic UnknownType(TextSpan span, CType type) => Types.HasBtf
        ? Errors.UnknownCType(Source, span, type.Text, type is CType.Aggregate a ? [.. Types.AggregateNames(a.IsUnion)] : [])
        : Errors.NoBtf(Source, span, type.Text);

    // What can be indexed as an array: a pointer, and a member that is a string.
    private (TypedExpression Pointer, CType Element, bool IsUser)? PointerTo(TypedExpression target)
    {
        if (target is TypedMember { Type.NotNil: KtapType.StringType } text && Types.Resolve(text.Member.Type) is CType.Array array)
        {
            var address = new KtapType.PointerType(array.Element, text.IsUser);
            var bytes = text.Member with { Type = new CType.Array(new CType.Integer("unsigned char", 1, false), array.Length) };
            return (text with { Type = text.Pointer.Type.MayBeNil ? address.OrNil : address, Member = bytes }, array.Element, text.IsUser);
        }
        return target.Type.NotNil is KtapType.PointerType p ? (target, p.Pointee, p.IsUser) : null;
    }

    private TypedExpression Element(BoundIndex e, (TypedExpression Pointer, CType Element, bool IsUser) array, TypedExpression index)
    {
        if (index.Type is KtapType.NeverType) return index;
        if (index.Type.NotNil is not KtapType.IntType)
            return Bad(e.Span, Errors.BadOperands(Source, e.Span, "[]", array.Pointer.Type.Describe(), index.Type.Describe()));
        if (Types.Resolve(array.Element) is not { } element || (element is CType.Aggregate g && !Types.IsKnown(g))) return Bad(e.Span, UnknownType(e.Span, array.Element));
        if (Types.SizeOf(element) is not { } size || _memory.TypeOf(element, array.IsUser, array.Pointer.Type.MayBeNil || index.Type.MayBeNil) is not { } type)
            return Bad(e.Span, Errors.NoValueOf(Source, e.Span, element.Text));
        return new TypedElement(e.Span, type, array.Pointer, index, element, size, array.IsUser);
    }

    // C's cast, but that a struct means a pointer to it: nothing else can be made of an integer.
    private TypedExpression Cast(TextSpan span, CType to, TypedExpression operand)
    {
        if (operand.Type is KtapType.NilType) return operand;
        if (operand is TypedMember { Type.NotNil: KtapType.StringType } && PointerTo(operand) is { } text) operand = text.Pointer;
        if (operand.Type.NotNil is not (KtapType.IntType or KtapType.PointerType))
            return Bad(span, Errors.BadArgument(Source, span, $"'cast' takes an integer or a pointer, not a {operand.Type.Describe()}", "the place in memory: cast(\"struct sk_buff\", p)"));
        var isUser = operand.Type.NotNil is KtapType.PointerType { IsUser: true } or KtapType.IntType { Format: IntFormat.UserAddress };
        if (Types.Resolve(to) is not { } type) return Bad(span, UnknownType(span, to));
        KtapType? result = type switch
        {
            CType.Integer i => new KtapType.IntType(i is { Size: 8, IsSigned: false } ? IntFormat.UnsignedInt : null),
            CType.Enumeration n => new KtapType.IntType(n.Format),
            CType.Pointer p => new KtapType.PointerType(p.Target, isUser || p.IsUser),
            CType.Array a => new KtapType.PointerType(a.Element, isUser) { Elements = a.Length },
            CType.Aggregate => new KtapType.PointerType(type, isUser),
            _ => null,
        };
        if (result is null) return Bad(span, Errors.NoValueOf(Source, span, type.Text));
        var (size, isSigned) = type switch { CType.Integer i => (i.Size, i.IsSigned), CType.Enumeration n => (n.Size, n.IsSigned), _ => (8, false) };
        return new TypedCast(span, operand.Type.MayBeNil ? result.OrNil : result, operand, size, isSigned);
    }
}
