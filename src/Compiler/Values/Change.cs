namespace Ktap.Compiler.Values;

/// <summary>A change <c>x op= operand</c> of a slot or a variable that others may change at the same time.</summary>
/// <param name="Operator">The operator as it is written, <c>+</c>.</param>
/// <param name="Operand">Its right side.</param>
/// <param name="Apply">Gives the new value for an old one, nil where there is none; may throw the script's error (division by zero).</param>
public readonly record struct Change(string Operator, Value Operand, Func<Value, Value> Apply)
{
    /// <summary>What the change adds, whatever the old value is; null where it doesn't add.</summary>
    public long? Added => (Operator, Operand.Kind) switch
    {
        ("+", ValueKind.Int) => Operand.AsInt,
        ("-", ValueKind.Int) => unchecked(-Operand.AsInt),
        _ => null,
    };
}
