using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Tests.Syntax;

/// <summary>Each <c>tests/Golden/ast/name.kp</c> gives the tree (and the diagnostics) in <c>name.ast</c>.</summary>
public sealed class AstGoldenTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "Golden", "ast");

    public static TheoryData<string> Scripts() => [.. Directory.GetFiles(Folder, "*.kp").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Scripts))]
    public void Tree(string script)
    {
        var diagnostics = new DiagnosticBag();
        var source = new SourceText(script, File.ReadAllBytes(Path.Combine(Folder, script)));
        var tree = AstPrinter.Print(Parser.Parse(source, diagnostics));
        var actual = tree + string.Concat(diagnostics.Select(d => $"; {d}\n" + (d.Hint is null ? "" : $";   {d.Hint}\n")));

        var golden = Path.Combine(Folder, Path.ChangeExtension(script, ".ast"));
        if (Environment.GetEnvironmentVariable("KTAP_ACCEPT") == "1") File.WriteAllText(golden, actual);
        Assert.Equal(File.ReadAllText(golden), actual);
    }
}
