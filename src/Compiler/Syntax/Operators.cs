namespace Ktap.Compiler.Syntax;

/// <summary>What a binary expression does; every operator is signed 64-bit. <see cref="FilterGlob"/> (<c>~</c>) exists in filters only.</summary>
public enum BinaryOp
{
    Or, And, BitOr, BitXor, BitAnd, Equal, NotEqual, FilterGlob, Less, LessEqual, Greater, GreaterEqual, Concat,
    ShiftLeft, ShiftRight, Add, Subtract, Multiply, Divide, Modulo,
}

/// <summary>What a unary expression does: <c>-x</c>, <c>!x</c> (also <c>not x</c>), <c>~x</c>.</summary>
public enum UnaryOp
{
    Negate, Not, Complement,
}

/// <summary>One binary operator: how it is written (the first spelling is the one printed) and how tightly it binds; all associate to the left.</summary>
public sealed record BinaryOperator(BinaryOp Op, int Precedence, params string[] Spellings);

/// <summary>One unary operator and its spellings; unary operators bind tighter than every binary one.</summary>
public sealed record UnaryOperator(UnaryOp Op, params string[] Spellings);

/// <summary>
/// The operators as data: language §4, loosest first. The parser is driven by these rows; the conditional <c>? :</c> is looser than
/// all of them. Concatenation is associative, so that <c>..</c> may associate to the left like the rest.
/// </summary>
public static class Operators
{
    /// <summary>The binary operators, in the order of <see cref="BinaryOp"/>.</summary>
    public static readonly BinaryOperator[] Binary =
    [
        new(BinaryOp.Or, 1, "||", "or"),
        new(BinaryOp.And, 2, "&&", "and"),
        new(BinaryOp.BitOr, 3, "|"),
        new(BinaryOp.BitXor, 4, "^"),
        new(BinaryOp.BitAnd, 5, "&"),
        new(BinaryOp.Equal, 6, "=="),
        new(BinaryOp.NotEqual, 6, "!=", "~="),
        new(BinaryOp.FilterGlob, 6, "~"),
        new(BinaryOp.Less, 7, "<"),
        new(BinaryOp.LessEqual, 7, "<="),
        new(BinaryOp.Greater, 7, ">"),
        new(BinaryOp.GreaterEqual, 7, ">="),
        new(BinaryOp.Concat, 8, ".."),
        new(BinaryOp.ShiftLeft, 9, "<<"),
        new(BinaryOp.ShiftRight, 9, ">>"),
        new(BinaryOp.Add, 10, "+"),
        new(BinaryOp.Subtract, 10, "-"),
        new(BinaryOp.Multiply, 11, "*"),
        new(BinaryOp.Divide, 11, "/"),
        new(BinaryOp.Modulo, 11, "%"),
    ];

    /// <summary>The unary operators, in the order of <see cref="UnaryOp"/>.</summary>
    public static readonly UnaryOperator[] Unary =
    [
        new(UnaryOp.Negate, "-"),
        new(UnaryOp.Not, "!", "not"),
        new(UnaryOp.Complement, "~"),
    ];

    /// <summary>The row of a binary operator.</summary>
    public static BinaryOperator Row(BinaryOp op) => Binary[(int)op];

    /// <summary>The row of a unary operator.</summary>
    public static UnaryOperator Row(UnaryOp op) => Unary[(int)op];

    /// <summary>How an operator is written in messages and dumps, e.g. <c>+</c>.</summary>
    public static string Text(BinaryOp op) => Row(op).Spellings[0];

    /// <summary>How an operator is written in messages and dumps, e.g. <c>!</c>.</summary>
    public static string Text(UnaryOp op) => Row(op).Spellings[0];
}
