using Ktap.Compiler.Ir;
using Ktap.Compiler.Optimization;
using Ktap.Compiler.Tests.Ir;

namespace Ktap.Compiler.Tests.Optimization;

/// <summary>Builds a function and looks at what the passes make of it.</summary>
public abstract class OptimizerTest
{
    internal IrBuilder Ir { get; } = Sample.Builder();

    internal VReg Argument(int index) => Ir.Load(Ir.Context(), 8 * index);

    internal string Optimized() => Blocks(Optimizer.Optimize(Ir.Finish()));

    internal void Becomes(string expected) => Assert.Equal(expected, Optimized());

    internal static string Blocks(IrFunction function)
    {
        var text = IrPrinter.Print(function);
        return text[text.IndexOf("b0:", StringComparison.Ordinal)..].TrimEnd();
    }
}
