using Ktap.Compiler.Binding;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Typing;

internal sealed partial class Typer
{
    private TypedExpression Unary(BoundUnary e)
    {
        if (e.Op == UnaryOp.Not)
        {
            var condition = Condition(e.Operand);
            return condition is TypedConstant { Type: not KtapType.NeverType } known
                ? Constant(e.Span, Value.Bool(!known.Value.IsTruthy))
                : new TypedUnary(e.Span, KtapType.Bool, e.Op, condition);
        }
        var operand = Expression(e.Operand);
        if (!IsNumber(operand.Type)) return Bad(e.Span, Errors.BadOperand(Source, e.Span, Operators.Text(e.Op), operand.Type.Describe()));
        operand = Number(operand);
        if (operand is TypedConstant { Value.Kind: ValueKind.Int } literal)
            return Constant(e.Span, Value.Int(e.Op == UnaryOp.Negate ? -literal.Value.AsInt : ~literal.Value.AsInt));
        return new TypedUnary(e.Span, NumberType(operand.Type), e.Op, operand);
    }

    private TypedExpression Binary(BoundBinary e)
    {
        if (e.Op is BinaryOp.And or BinaryOp.Or) return Logical(e);
        if (e.Op == BinaryOp.FilterGlob) return Match(e, negate: false);
        if (e.Right is BoundPattern pattern && Glob.IsPattern(pattern.Pattern) && site.Field(pattern.Pattern) is null)
            return Match(e, negate: e.Op == BinaryOp.NotEqual);
        var left = Expression(e.Left);
        var right = e.Right is BoundPattern word ? Word(word, left) : Expression(e.Right);
        return e.Op switch
        {
            BinaryOp.Equal or BinaryOp.NotEqual => Equality(e, left, right),
            BinaryOp.Less or BinaryOp.LessEqual or BinaryOp.Greater or BinaryOp.GreaterEqual => Ordering(e, left, right),
            BinaryOp.Concat => Concat(e, left, right),
            _ => CheckArithmetic(e.Span, e.Op, left, right)
                ? new TypedBinary(e.Span, NumberType(KtapType.Join(NumberType(left.Type), NumberType(right.Type))), e.Op, Number(left), Number(right))
                : new TypedConstant(e.Span, KtapType.Never, Value.Nil),
        };
    }

    // A bare word in a filter: a field, a string beside a string, an enumerator beside an integer.
    private TypedExpression Word(BoundPattern word, TypedExpression left)
    {
        if (site.Field(word.Pattern) is not null || IsText(left.Type.NotNil) || left.Type.NotNil is KtapType.AnyType or KtapType.NilType) return Expression(word);
        return Enumerator(word.Span, word.Pattern) ?? Bad(word.Span, Errors.WordBesideNumber(Source, word.Span, word.Pattern, left.Type.Describe()));
    }

    private bool CheckArithmetic(TextSpan span, BinaryOp op, TypedExpression left, TypedExpression right)
    {
        if (IsNumber(left.Type) && IsNumber(right.Type)) return true;
        state.Report(Errors.BadOperands(Source, span, Operators.Text(op), left.Type.Describe(), right.Type.Describe()));
        return false;
    }

    private static bool IsNumber(KtapType type) => type.NotNil is KtapType.IntType { Format: not IntFormat.Time } or KtapType.PointerType or KtapType.AnyType or KtapType.NeverType;

    // An operand of arithmetic: of mixed kinds it has to be an integer when it comes to it.
    private static TypedExpression Number(TypedExpression e) => e.Type.NotNil is KtapType.AnyType ? Narrowed(e, ValueKind.Int, orNil: true) : e;

    private static TypedExpression Narrowed(TypedExpression e, ValueKind kind, bool orNil = false)
    {
        var type = (e.Type.NotNil, kind) switch
        {
            (KtapType.AnyType, ValueKind.Int) => KtapType.Int,
            (KtapType.AnyType { StringCapacity: var capacity and > 0 }, ValueKind.String) => new KtapType.StringType(capacity),
            var (same, _) => same,
        };
        if (orNil && e.Type.MayBeNil) type = type.OrNil;
        return type == e.Type ? e : new TypedNarrow(e.Span, type, e);
    }

    // Arithmetic drops how a number prints; nil in gives nil out.
    private static KtapType NumberType(KtapType type) => type switch
    {
        KtapType.NeverType or KtapType.NilType => type,
        KtapType.OptionalType => KtapType.Int.OrNil,
        _ => KtapType.Int,
    };

    private TypedExpression Equality(BoundBinary e, TypedExpression left, TypedExpression right)
    {
        if (!Sendable(left) || !Sendable(right)) return new TypedConstant(e.Span, KtapType.Never, Value.Nil);
        if (left is TypedConstant { Type: not KtapType.NeverType } a && right is TypedConstant { Type: not KtapType.NeverType } b)
            return Constant(e.Span, Value.Bool(a.Value == b.Value == (e.Op == BinaryOp.Equal)));
        return new TypedBinary(e.Span, KtapType.Bool, e.Op, left, right);
    }

    private TypedExpression Ordering(BoundBinary e, TypedExpression left, TypedExpression right)
    {
        var (a, b) = (left.Type.NotNil, right.Type.NotNil);
        if (IsNumber(a) && IsNumber(b)) return new TypedBinary(e.Span, KtapType.Bool, e.Op, Number(left), Number(right));
        // Beside a string, what is of mixed kinds has to be one when it comes to it.
        if (IsText(a) && b is KtapType.AnyType { StringCapacity: > 0 }) (right, b) = (Narrowed(right, ValueKind.String, orNil: true), a);
        if (IsText(b) && a is KtapType.AnyType { StringCapacity: > 0 }) (left, a) = (Narrowed(left, ValueKind.String, orNil: true), b);
        return IsText(a) && IsText(b)
            ? new TypedBinary(e.Span, KtapType.Bool, e.Op, left, right)
            : Bad(e.Span, Errors.BadOperands(Source, e.Span, Operators.Text(e.Op), left.Type.Describe(), right.Type.Describe()));
    }

    private static bool IsText(KtapType type) => type is KtapType.StringType or KtapType.NameType or KtapType.NeverType;

    // A chain of '..' is one operation, in which what is known when compiling is joined already.
    private TypedExpression Concat(BoundBinary e, TypedExpression left, TypedExpression right)
    {
        foreach (var side in (TypedExpression[])[left, right])
            if (!IsText(side.Type.NotNil) && !IsNumber(side.Type) || side.Type is KtapType.NilType)
                return Bad(e.Span, Errors.NotJoinedInHandler(Source, side.Span, side.Type.Describe()));
        if (left.Type is KtapType.NeverType || right.Type is KtapType.NeverType) return new TypedConstant(e.Span, KtapType.Never, Value.Nil);
        right = AsJoinedText(right);
        var parts = (left as TypedConcat)?.Parts ?? [AsJoinedText(left)];
        if (parts[^1] is TypedConstant a && right is TypedConstant b)
            parts = parts.SetItem(parts.Length - 1, Constant(e.Span, Value.String(new KString([.. a.Value.AsString.Span, .. b.Value.AsString.Span]))));
        else
            parts = parts.Add(right);
        return parts is [TypedConstant only] ? only : new TypedConcat(e.Span, KernelText.TypeOfJoin(parts.Select(p => p.Type.NotNil), site.Options.StringLength), parts);
    }

    private TypedExpression AsJoinedText(TypedExpression e) => e is TypedConstant { Value.Kind: ValueKind.Int } number
        ? Constant(e.Span, Value.String(number.Value.AsInt.ToString(System.Globalization.CultureInfo.InvariantCulture)))
        : e;

    private TypedExpression Logical(BoundBinary e)
    {
        var isAnd = e.Op == BinaryOp.And;
        var left = Expression(e.Left);
        if (left is TypedConstant { Type: not KtapType.NeverType } known)
            return known.Value.IsTruthy == isAnd ? Expression(e.Right) : known;
        var right = Expression(e.Right);
        // The left value comes out only where it decides: a false one of 'and', a true one of 'or'.
        var decides = (left.Type, isAnd) switch
        {
            (KtapType.OptionalType { Inner: KtapType.BoolType }, true) => left.Type,
            (KtapType.OptionalType, true) => KtapType.Nil,
            (KtapType.BoolType or KtapType.NilType or KtapType.NeverType, true) => left.Type,
            (_, true) => KtapType.Never,
            (_, false) => left.Type.NotNil,
        };
        var joined = KtapType.Join(decides, right.Type);
        return joined.NotNil is KtapType.ConflictType
            ? Bad(e.Span, Errors.MixedKinds(Source, e.Span, "this expression", left.Type.Describe(), right.Type.Describe()))
            : new TypedLogical(e.Span, joined, isAnd, left, right);
    }

    private TypedExpression Match(BoundBinary e, bool negate)
    {
        var left = Expression(e.Left);
        var text = e.Right switch
        {
            BoundPattern p => p.Pattern,
            BoundLiteral { Value.Kind: ValueKind.String } l => l.Value.AsString.ToString(),
            _ => null,
        };
        if (left.Type is KtapType.NeverType) return left;
        if (text is null || !IsText(left.Type.NotNil))
            return Bad(e.Span, Errors.BadOperands(Source, e.Span, "~", left.Type.Describe(), text is null ? "value that is no literal" : "pattern"));
        TypedExpression match = new TypedGlob(e.Span, left, text);
        return negate ? new TypedUnary(e.Span, KtapType.Bool, UnaryOp.Not, match) : match;
    }

    // A condition; one that can only be an integer is probably a mistake (language §3), unless it is a literal.
    private TypedExpression Condition(BoundExpression e)
    {
        var typed = Expression(e);
        // What is computed is meant as a number even where a part of it may be nil; t[k] and p.member may well mean "is it there?".
        var isNumber = typed.Type is KtapType.IntType || typed is TypedBinary { Type.NotNil: KtapType.IntType };
        if (isNumber && e is not BoundLiteral && typed is not TypedConstant) state.Report(Errors.AlwaysTrue(Source, e.Span));
        return typed;
    }

    // In a filter the kernel's habit rules: an integer is true when it is not 0.
    private TypedExpression FilterCondition(BoundExpression e)
    {
        switch (e)
        {
            case BoundBinary { Op: BinaryOp.And or BinaryOp.Or } logical:
                return new TypedLogical(e.Span, KtapType.Bool, logical.Op == BinaryOp.And, FilterCondition(logical.Left), FilterCondition(logical.Right));
            case BoundUnary { Op: UnaryOp.Not } not:
                return new TypedUnary(e.Span, KtapType.Bool, UnaryOp.Not, FilterCondition(not.Operand));
        }
        var typed = Expression(e);
        if (typed.Type.NotNil is not (KtapType.IntType or KtapType.PointerType)) return AsBool(typed);
        var zero = new TypedConstant(e.Span, KtapType.Int, Value.Int(0));
        TypedExpression isSet = new TypedBinary(e.Span, KtapType.Bool, BinaryOp.NotEqual, typed, zero);
        return typed.Type.MayBeNil ? new TypedLogical(e.Span, KtapType.Bool, true, AsBool(typed), isSet) : isSet;
    }

    private static TypedExpression AsBool(TypedExpression e) => e.Type is KtapType.BoolType or KtapType.NeverType
        ? e
        : new TypedUnary(e.Span, KtapType.Bool, UnaryOp.Not, new TypedUnary(e.Span, KtapType.Bool, UnaryOp.Not, e));
}
