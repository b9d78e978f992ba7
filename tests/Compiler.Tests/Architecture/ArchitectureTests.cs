namespace Ktap.Compiler.Tests.Architecture;

/// <summary>The rules of docs/design.md, held by the sources as they are.</summary>
public class ArchitectureTests
{
    private static readonly Lazy<SourceTree> Sources = new(() => new SourceTree(SourceTree.Read("src")));

    [Fact]
    public void ANamespaceIsItsFolder() => Holds(Rules.NamespaceIsFolder(Sources.Value));

    [Fact]
    public void FoldersUseOnlyEarlierOnes() => Holds(Rules.ImportsPointBack(Sources.Value));

    [Fact]
    public void TheCompilerIsPure() => Holds(Rules.CompilerIsPure(Sources.Value));

    [Fact]
    public void NothingReflects() => Holds(Rules.NoReflection(Sources.Value));

    [Fact]
    public void FilesAreShort() => Holds(SourceTree.Read("src", "tests").SelectMany(TextRules.FilesAreShort));

    [Fact]
    public void NothingIsUnfinished() => Holds(SourceTree.Read("src", "tests").SelectMany(TextRules.NothingIsUnfinished));

    private static void Holds(IEnumerable<string> violations) => Assert.Equal("", string.Join('\n', violations.Distinct()));
}
