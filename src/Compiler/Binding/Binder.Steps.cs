using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Binding;

// The bounds of linear distributions: constants as far as they can be seen without running anything.
public sealed partial class Binder
{
    /// <summary>The steps of a call of <c>lquantize</c> and its kin that are written as constants; null where they aren't, or it is another call.</summary>
    internal static LinearSteps? StepsOf(BoundCall call) =>
        call is { Function: BoundBuiltin { Builtin.TakesSteps: true }, Arguments: [_, BoundLiteral low, BoundLiteral high, BoundLiteral step] }
        && low.Value.Kind == ValueKind.Int && high.Value.Kind == ValueKind.Int && step.Value.Kind == ValueKind.Int
            ? new LinearSteps(low.Value.AsInt, high.Value.AsInt, step.Value.AsInt)
            : null;

    private BoundExpression WithSteps(BoundCall call)
    {
        var folded = call with
        {
            OneResult = true,
            Arguments = [call.Arguments[0], .. call.Arguments.Skip(1).Select(a => Fold(a) is { } value ? new BoundLiteral(a.Span, Value.Int(value)) : a)],
        };
        return StepsOf(folded)?.Problem is { } problem ? Wrong(Errors.BadSteps(_source, call.Span, problem)) : folded;
    }

    private static long? Fold(BoundExpression expression) => unchecked(expression switch
    {
        BoundLiteral { Value.Kind: ValueKind.Int } e => e.Value.AsInt,
        BoundUnary { Op: UnaryOp.Negate } e => -Fold(e.Operand),
        BoundBinary { Op: BinaryOp.Add } e => Fold(e.Left) + Fold(e.Right),
        BoundBinary { Op: BinaryOp.Subtract } e => Fold(e.Left) - Fold(e.Right),
        BoundBinary { Op: BinaryOp.Multiply } e => Fold(e.Left) * Fold(e.Right),
        BoundBinary { Op: BinaryOp.ShiftLeft } e => Fold(e.Left) << (int?)(Fold(e.Right) & 63),
        _ => (long?)null,
    });
}
