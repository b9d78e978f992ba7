using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Evaluation;

/// <summary>What the operators do to values (language §3).</summary>
internal static class Arithmetic
{
    /// <summary>A binary operator other than <c>and</c> and <c>or</c>, which don't always evaluate both sides.</summary>
    public static Value Apply(BinaryOp op, Value a, Value b, Origin at)
    {
        switch (op)
        {
            case BinaryOp.Equal:
                return Value.Bool(a == b);
            case BinaryOp.NotEqual:
                return Value.Bool(a != b);
            case BinaryOp.Less or BinaryOp.LessEqual or BinaryOp.Greater or BinaryOp.GreaterEqual:
                return Value.Bool(IsOrdered(op, a, b, at));
            case BinaryOp.Concat:
                return Concat(a, b, at);
        }
        if (a.Kind == ValueKind.Int && b.Kind == ValueKind.Int) return Value.Int(Integers(op, a.AsInt, b.AsInt, at));
        if (a.IsNil || b.IsNil) return Value.Nil;
        var wrong = a.Kind == ValueKind.Int ? b : a;
        throw at.Error((s, p) => Errors.NotArithmetic(s, p, Operators.Text(op), wrong.KindName));
    }

    /// <summary>An unary operator.</summary>
    public static Value Apply(UnaryOp op, Value a, Origin at)
    {
        if (op == UnaryOp.Not) return Value.Bool(!a.IsTruthy);
        if (a.Kind == ValueKind.Int) return Value.Int(op == UnaryOp.Negate ? unchecked(-a.AsInt) : ~a.AsInt);
        if (a.IsNil) return Value.Nil;
        throw at.Error((s, p) => Errors.NotArithmetic(s, p, Operators.Text(op), a.KindName));
    }

    /// <summary>An atomic update: what is not there counts as 0.</summary>
    public static Value Update(BinaryOp op, Value old, Value operand, Origin at) => Apply(op, old.IsNil ? Value.Int(0) : old, operand, at);

    /// <summary><c>&lt;</c> and its kin: false where one side is nil.</summary>
    public static bool IsOrdered(BinaryOp op, Value a, Value b, Origin at)
    {
        if (a.IsNil || b.IsNil) return false;
        int order;
        if (a.Kind == ValueKind.Int && b.Kind == ValueKind.Int) order = a.AsInt.CompareTo(b.AsInt);
        else if (a.Kind == ValueKind.String && b.Kind == ValueKind.String) order = a.AsString.CompareTo(b.AsString);
        else throw at.Error((s, p) => Errors.NotOrdered(s, p, Operators.Text(op), a.KindName, b.KindName));
        return op switch
        {
            BinaryOp.Less => order < 0,
            BinaryOp.LessEqual => order <= 0,
            BinaryOp.Greater => order > 0,
            _ => order >= 0,
        };
    }

    private static long Integers(BinaryOp op, long a, long b, Origin at)
    {
        unchecked
        {
            switch (op)
            {
                case BinaryOp.Add: return a + b;
                case BinaryOp.Subtract: return a - b;
                case BinaryOp.Multiply: return a * b;
                case BinaryOp.BitAnd: return a & b;
                case BinaryOp.BitOr: return a | b;
                case BinaryOp.BitXor: return a ^ b;
                case BinaryOp.ShiftLeft: return a << (int)(b & 63);
                case BinaryOp.ShiftRight: return a >> (int)(b & 63);
                case BinaryOp.Divide or BinaryOp.Modulo when b == 0: throw at.Error(Errors.DivideByZero);
                // The processor traps where the quotient doesn't fit: -2^63 / -1 wraps here as everything else.
                case BinaryOp.Divide: return b == -1 ? -a : a / b;
                case BinaryOp.Modulo: return b == -1 ? 0 : a % b;
                default: throw new InvalidOperationException($"{op} is not an operator on integers");
            }
        }
    }

    private static Value Concat(Value a, Value b, Origin at)
    {
        KString left = Text(a, at), right = Text(b, at);
        var bytes = new byte[left.Length + right.Length];
        left.Span.CopyTo(bytes);
        right.Span.CopyTo(bytes.AsSpan(left.Length));
        return Value.String(new KString(bytes));
    }

    private static KString Text(Value value, Origin at) => value.Kind switch
    {
        ValueKind.String => value.AsString,
        ValueKind.Int => new KString(value.AsInt.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        _ => throw at.Error((s, p) => Errors.NotJoined(s, p, value.KindName)),
    };
}
