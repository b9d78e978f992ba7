using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Tests.Syntax;

/// <summary>Golden files: each script of a folder beside what the parser makes of it; KTAP_ACCEPT=1 writes them anew.</summary>
public sealed class GoldenScripts
{
    public static TheoryData<string> Trees() => Names("ast");

    public static TheoryData<string> Errors() => Names("syntax-errors");

    /// <summary>Scripts that are all right: the tree, and warnings where there are any.</summary>
    [Theory]
    [MemberData(nameof(Trees))]
    public void Tree(string script)
    {
        var diagnostics = new DiagnosticBag();
        var tree = AstPrinter.Print(Parser.Parse(Read("ast", script), diagnostics));
        Assert.True(diagnostics.IsClean, Text(diagnostics));
        Check("ast", script, ".ast", tree + Text(diagnostics));
    }

    /// <summary>Scripts that are not: every diagnostic, and the tree of what could be parsed.</summary>
    [Theory]
    [MemberData(nameof(Errors))]
    public void Diagnosed(string script)
    {
        var diagnostics = new DiagnosticBag();
        var tree = AstPrinter.Print(Parser.Parse(Read("syntax-errors", script), diagnostics));
        Assert.False(diagnostics.IsClean);
        Check("syntax-errors", script, ".txt", Text(diagnostics) + "\n" + tree);
    }

    /// <summary>All golden scripts, as bytes.</summary>
    public static IReadOnlyList<byte[]> All { get; } =
        [.. new[] { "ast", "syntax-errors" }.SelectMany(f => Directory.GetFiles(Folder(f), "*.kp").Order(StringComparer.Ordinal)).Select(File.ReadAllBytes)];

    private static string Text(DiagnosticBag diagnostics) => string.Concat(diagnostics.Select(d =>
        $"{d}\n    {d.Source.LineText(d.Source.PositionOf(d.Span.Start).Line).Replace('\t', ' ')}\n    {new string(' ', d.Source.PositionOf(d.Span.Start).Column - 1)}^\n" +
        (d.Hint is null ? "" : $"  hint: {d.Hint}\n")));

    private static string Folder(string stage) => Path.Combine(Repository.Root, "tests", "Golden", stage);

    private static TheoryData<string> Names(string stage) =>
        [.. Directory.GetFiles(Folder(stage), "*.kp").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    private static SourceText Read(string stage, string script) => new(script, File.ReadAllBytes(Path.Combine(Folder(stage), script)));

    private static void Check(string stage, string script, string extension, string actual)
    {
        var golden = Path.Combine(Folder(stage), Path.ChangeExtension(script, extension));
        if (Environment.GetEnvironmentVariable("KTAP_ACCEPT") == "1") File.WriteAllText(golden, actual);
        Assert.Equal(File.ReadAllText(golden), actual);
    }
}
