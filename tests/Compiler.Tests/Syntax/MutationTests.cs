using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Tests.Fuzz;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Tests.Syntax;

/// <summary>Whatever stands in a script, parsing it ends, throws nothing, and every place is inside the script.</summary>
public sealed class MutationTests
{
    private const int Rounds = 20_000;

    [Fact]
    public void MutatedScriptsEndInDiagnostics()
    {
        var random = new Random(20130521);
        var clean = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var script = Corpus.Mutated(random, GoldenScripts.All);
            var source = new SourceText("mutated.kp", script);
            var diagnostics = new DiagnosticBag();
            var tree = Parser.Parse(source, diagnostics);
            AstPrinter.Print(tree);
            if (diagnostics.IsClean) clean++;
            foreach (var diagnostic in diagnostics)
                Assert.InRange(diagnostic.Span.End, diagnostic.Span.Start, source.Length);
        }
        // Mutations that leave nothing parsable, or change nothing, would test nothing.
        Assert.InRange(clean, Rounds / 50, Rounds / 2);
    }
}
