using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Tests.Syntax;

/// <summary>The operator rows are what the parser does.</summary>
public sealed class OperatorTests
{
    [Fact]
    public void RowsAreInTheOrderOfTheirEnum()
    {
        Assert.Equal(Enum.GetValues<BinaryOp>(), Operators.Binary.Select(r => r.Op));
        Assert.Equal(Enum.GetValues<UnaryOp>(), Operators.Unary.Select(r => r.Op));
    }

    /// <summary>Every pair of operators groups by precedence, and to the left where it is equal.</summary>
    [Fact]
    public void EveryPairGroupsByPrecedence()
    {
        foreach (var first in Operators.Binary)
            foreach (var second in Operators.Binary)
                foreach (var (one, two) in from a in first.Spellings from b in second.Spellings select (a, b))
                {
                    var inner = second.Precedence > first.Precedence
                        ? $"({Operators.Text(first.Op)} a ({Operators.Text(second.Op)} b c))"
                        : $"({Operators.Text(second.Op)} ({Operators.Text(first.Op)} a b) c)";
                    // In a filter, in parentheses: the one place that has all operators.
                    Assert.Equal(inner, Filter($"(a {one} b {two} c)"));
                }
    }

    [Fact]
    public void UnaryOperatorsBindTighterThanAllBinaryOnes()
    {
        foreach (var unary in Operators.Unary)
            foreach (var spelling in unary.Spellings)
                foreach (var binary in Operators.Binary)
                    Assert.Equal($"({Operators.Text(binary.Op)} (unary{Operators.Text(unary.Op)} (index a 1)) b)",
                        Filter($"({spelling} a[1] {binary.Spellings[0]} b)"));
    }

    private static string Filter(string filter)
    {
        var diagnostics = new DiagnosticBag();
        var script = Parser.Parse(SourceText.From($"trace a:b /{filter}/ {{}}"), diagnostics);
        Assert.Empty(diagnostics);
        return AstPrinter.Print(((TraceStatement)script.Statements[0]).Filter!);
    }
}
