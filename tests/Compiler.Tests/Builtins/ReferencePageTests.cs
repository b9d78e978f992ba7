using Ktap.Compiler.Builtins;

namespace Ktap.Compiler.Tests.Builtins;

/// <summary>The page of the library that stands in the repository is the one that the rows make; KTAP_ACCEPT=1 writes it anew.</summary>
public class ReferencePageTests
{
    [Fact]
    public void ThePageIsThatOfTheRows()
    {
        var file = Path.Combine(Repository.Root, "docs", "builtins.md");
        if (Environment.GetEnvironmentVariable("KTAP_ACCEPT") == "1") File.WriteAllText(file, ReferencePage.Markdown());
        Assert.Equal(File.ReadAllText(file), ReferencePage.Markdown());
    }
}
