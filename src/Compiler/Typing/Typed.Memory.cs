using System.Collections.Immutable;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Typing;

/// <summary>A member of the struct <paramref name="Root"/> that a pointer leads to; one of a struct in it has the way there in <paramref name="Member"/>. nil where the read faults.</summary>
public sealed record TypedMember(TextSpan Span, KtapType Type, TypedExpression Pointer, CType.Aggregate Root, CMember Member, bool IsUser) : TypedExpression(Span, Type);

/// <summary>An element of the array that a pointer leads to, of <paramref name="Size"/> bytes each. nil where the read faults.</summary>
public sealed record TypedElement(TextSpan Span, KtapType Type, TypedExpression Pointer, TypedExpression Index, CType Element, int Size, bool IsUser) : TypedExpression(Span, Type);

/// <summary>An integer or pointer as another type; an integer of fewer than 8 bytes loses the others (<paramref name="Size"/>, <paramref name="IsSigned"/>).</summary>
public sealed record TypedCast(TextSpan Span, KtapType Type, TypedExpression Operand, int Size, bool IsSigned) : TypedExpression(Span, Type);

/// <summary>Zeroed memory of the handler's own: a pointer to it.</summary>
public sealed record TypedNew(TextSpan Span, KtapType Type, int Size) : TypedExpression(Span, Type);

/// <summary>A call of a function of the kernel; its result has so many bytes.</summary>
public sealed record TypedFunctionCall(
    TextSpan Span, KtapType Type, CFunction Function, ImmutableArray<TypedExpression> Arguments, int Size, bool IsSigned) : TypedExpression(Span, Type);
