using Ktap.Compiler.Builtins;

namespace Ktap.Compiler.Binding;

/// <summary>Whether two expressions name the same variable or slot and evaluating them once instead of twice changes nothing.</summary>
internal static class SameSlot
{
    /// <summary>Tests two bound expressions.</summary>
    public static bool Test(BoundExpression a, BoundExpression b) => (a, b) switch
    {
        (BoundLiteral x, BoundLiteral y) => x.Value == y.Value,
        (BoundLocal x, BoundLocal y) => x.Variable == y.Variable,
        (BoundCaptured x, BoundCaptured y) => x.Variable == y.Variable,
        (BoundGlobal x, BoundGlobal y) => x.Variable == y.Variable,
        (BoundBuiltin x, BoundBuiltin y) => x.Builtin == y.Builtin,
        (BoundField x, BoundField y) => x.Name == y.Name && x.Explicit == y.Explicit,
        (BoundKernelSymbol x, BoundKernelSymbol y) => x.Symbol == y.Symbol,
        (BoundUnary x, BoundUnary y) => x.Op == y.Op && Test(x.Operand, y.Operand),
        (BoundBinary x, BoundBinary y) => x.Op == y.Op && Test(x.Left, y.Left) && Test(x.Right, y.Right),
        (BoundMember x, BoundMember y) => x.Name == y.Name && Test(x.Target, y.Target),
        (BoundIndex x, BoundIndex y) => x.Keys.Length == y.Keys.Length && Test(x.Target, y.Target) && Sequence.Range(0, x.Keys.Length).All(i => Test(x.Keys[i], y.Keys[i])),
        (BoundCall x, BoundCall y) => IsValue(x) && IsValue(y) && Test(x.Function, y.Function),
        _ => false,
    };

    // pid() is pid: a call without effects.
    private static bool IsValue(BoundCall call) => call is { Function: BoundBuiltin { Builtin.IsValue: true }, Arguments: [] };
}
