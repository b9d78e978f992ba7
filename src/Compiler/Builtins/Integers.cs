using Ktap.Compiler.Values;

namespace Ktap.Compiler.Builtins;

/// <summary>Builtins for integers.</summary>
internal static class Integers
{
    public static readonly BuiltinFamily Family = new("Integers",
    [
        new("min", [Row.Int("a"), Row.Int("b"), Row.Int("more").Rest], "The smallest of two or more integers.") { User = (_, args) => args.MinBy(a => a.AsInt) },
        new("max", [Row.Int("a"), Row.Int("b"), Row.Int("more").Rest], "The largest of two or more integers.") { User = (_, args) => args.MaxBy(a => a.AsInt) },
    ]);
}
