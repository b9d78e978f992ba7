using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Evaluation;

/// <summary>An operator on two integers, as a type: the nodes for the frequent ones are compiled with it in place.</summary>
internal interface IIntegerOperator
{
    static abstract long Apply(long a, long b);
}

/// <summary>A comparison of two integers.</summary>
internal interface IIntegerComparison
{
    static abstract bool Test(long a, long b);
}

/// <summary>The nodes of operators.</summary>
internal static class OperatorNodes
{
    public static Node Binary(BinaryOp op, Node left, Node right, Origin at) => op switch
    {
        BinaryOp.And => new AndNode(left, right),
        BinaryOp.Or => new OrNode(left, right),
        BinaryOp.Add => new IntegerNode<Add>(op, left, right, at),
        BinaryOp.Subtract => new IntegerNode<Subtract>(op, left, right, at),
        BinaryOp.Multiply => new IntegerNode<Multiply>(op, left, right, at),
        BinaryOp.BitAnd => new IntegerNode<BitAnd>(op, left, right, at),
        BinaryOp.Less => new ComparisonNode<Less>(op, left, right, at),
        BinaryOp.LessEqual => new ComparisonNode<LessEqual>(op, left, right, at),
        BinaryOp.Greater => new ComparisonNode<Greater>(op, left, right, at),
        BinaryOp.GreaterEqual => new ComparisonNode<GreaterEqual>(op, left, right, at),
        BinaryOp.Equal => new EqualityNode(left, right, false),
        BinaryOp.NotEqual => new EqualityNode(left, right, true),
        _ => new BinaryNode(op, left, right, at),
    };

    private readonly struct Add : IIntegerOperator { public static long Apply(long a, long b) => unchecked(a + b); }

    private readonly struct Subtract : IIntegerOperator { public static long Apply(long a, long b) => unchecked(a - b); }

    private readonly struct Multiply : IIntegerOperator { public static long Apply(long a, long b) => unchecked(a * b); }

    private readonly struct BitAnd : IIntegerOperator { public static long Apply(long a, long b) => a & b; }

    private readonly struct Less : IIntegerComparison { public static bool Test(long a, long b) => a < b; }

    private readonly struct LessEqual : IIntegerComparison { public static bool Test(long a, long b) => a <= b; }

    private readonly struct Greater : IIntegerComparison { public static bool Test(long a, long b) => a > b; }

    private readonly struct GreaterEqual : IIntegerComparison { public static bool Test(long a, long b) => a >= b; }
}

internal sealed class IntegerNode<T>(BinaryOp op, Node left, Node right, Origin at) : Node where T : struct, IIntegerOperator
{
    public override Value Evaluate(Frame frame)
    {
        var a = left.Evaluate(frame);
        var b = right.Evaluate(frame);
        return a.Kind == ValueKind.Int && b.Kind == ValueKind.Int ? Value.Int(T.Apply(a.AsInt, b.AsInt)) : Arithmetic.Apply(op, a, b, at);
    }
}

internal sealed class ComparisonNode<T>(BinaryOp op, Node left, Node right, Origin at) : Node where T : struct, IIntegerComparison
{
    public override Value Evaluate(Frame frame) => Value.Bool(Test(frame));

    public override bool Test(Frame frame)
    {
        var a = left.Evaluate(frame);
        var b = right.Evaluate(frame);
        return a.Kind == ValueKind.Int && b.Kind == ValueKind.Int ? T.Test(a.AsInt, b.AsInt) : Arithmetic.IsOrdered(op, a, b, at);
    }
}

internal sealed class EqualityNode(Node left, Node right, bool negated) : Node
{
    public override Value Evaluate(Frame frame) => Value.Bool(Test(frame));

    public override bool Test(Frame frame) => left.Evaluate(frame) == right.Evaluate(frame) != negated;
}

internal sealed class BinaryNode(BinaryOp op, Node left, Node right, Origin at) : Node
{
    public override Value Evaluate(Frame frame) => Arithmetic.Apply(op, left.Evaluate(frame), right.Evaluate(frame), at);
}

internal sealed class UnaryNode(UnaryOp op, Node operand, Origin at) : Node
{
    public override Value Evaluate(Frame frame) => Arithmetic.Apply(op, operand.Evaluate(frame), at);
}

internal sealed class AndNode(Node left, Node right) : Node
{
    public override Value Evaluate(Frame frame) => left.Evaluate(frame) is { IsTruthy: false } decided ? decided : right.Evaluate(frame);

    public override bool Test(Frame frame) => left.Test(frame) && right.Test(frame);
}

internal sealed class OrNode(Node left, Node right) : Node
{
    public override Value Evaluate(Frame frame) => left.Evaluate(frame) is { IsTruthy: true } decided ? decided : right.Evaluate(frame);

    public override bool Test(Frame frame) => left.Test(frame) || right.Test(frame);
}

internal sealed class ConditionalNode(Node condition, Node then, Node otherwise) : Node
{
    public override Value Evaluate(Frame frame) => condition.Test(frame) ? then.Evaluate(frame) : otherwise.Evaluate(frame);
}

/// <summary>Stands in a high tree every so many levels, where the native stack might end between two calls.</summary>
internal sealed class DeepNode(Node inner, Origin at) : Node
{
    public override bool HasSeveral => inner.HasSeveral;

    public override Value Evaluate(Frame frame)
    {
        Evaluator.EnsureStack(frame.Code.Function, at);
        return inner.Evaluate(frame);
    }

    public override Value[] EvaluateAll(Frame frame)
    {
        Evaluator.EnsureStack(frame.Code.Function, at);
        return inner.EvaluateAll(frame);
    }
}
