namespace Ktap.Compiler.Tests.Architecture;

/// <summary>Each rule is shown sources that break it, and sources that nearly do.</summary>
public class RulesTests
{
    private static readonly SourceFile Later = new("src/Compiler/Codegen/Later.cs",
        "namespace Ktap.Compiler.Codegen; public static class Later { public static int X => 1; public static int Grow(this string s) => 2; }");

    private static readonly SourceFile Root = new("src/Compiler/Compilation.cs",
        "namespace Ktap.Compiler; public static class Compilation { public static int X => Codegen.Later.X; }");

    [Theory]
    [InlineData("src/Compiler/Text/A.cs", "namespace Ktap.Compiler.Txt; class A;", "src/Compiler/Text/A.cs:1: namespace Ktap.Compiler.Txt is not Ktap.Compiler.Text")]
    [InlineData("src/Runtime/LibBpf/A.cs", "\nnamespace Ktap.Runtime { class A; }", "src/Runtime/LibBpf/A.cs:2: namespace Ktap.Runtime is not Ktap.Runtime.LibBpf")]
    [InlineData("src/Cli/A.cs", "class A;", "src/Cli/A.cs:1: declared outside namespace Ktap.Cli")]
    [InlineData("src/Cli/Program.cs", "return 0;", "")]
    [InlineData("src/Compiler/Compilation.cs", "namespace Ktap.Compiler; class Compilation;", "")]
    public void NamespaceIsFolder(string path, string text, string expected) =>
        Assert.Equal(expected, string.Join('\n', Rules.NamespaceIsFolder(new SourceTree([new SourceFile(path, text)]))));

    [Theory]
    [InlineData("using Ktap.Compiler.Codegen;", "")]
    [InlineData("using static Ktap.Compiler.Codegen.Later;", "")]
    [InlineData("using L = Ktap.Compiler.Codegen.Later;", "")]
    [InlineData("", "int F() => Ktap.Compiler.Codegen.Later.X;")]
    [InlineData("", "int F() => global::Ktap.Compiler.Codegen.Later.X;")]
    [InlineData("", "int F() => Codegen.Later.X;")]
    [InlineData("", "int F() => Compilation.X;")]
    [InlineData("", "Codegen.Later F;")]
    public void ImportsPointBack(string import, string member)
    {
        var file = new SourceFile("src/Compiler/Syntax/A.cs", $"{import}\nnamespace Ktap.Compiler.Syntax;\nclass A {{ {member} }}");
        var found = Rules.ImportsPointBack(new SourceTree([Later, Root, file])).ToList();
        Assert.NotEmpty(found);
        Assert.All(found, violation => Assert.StartsWith("src/Compiler/Syntax/A.cs:", violation));
        Assert.All(found, violation => Assert.Contains("Ktap.Compiler.Syntax may not use Ktap.Compiler", violation));
    }

    [Theory]
    [InlineData("src/Compiler/Codegen/A.cs", "namespace Ktap.Compiler.Codegen; class A { int F() => Later.X + \"\".Grow(); }")]
    [InlineData("src/Compiler/Codegen/Inner/A.cs", "namespace Ktap.Compiler.Codegen.Inner; class A { int F() => Later.X; }")]
    [InlineData("src/Runtime/Events/A.cs", "using Ktap.Compiler.Codegen; namespace Ktap.Runtime.Events; class A { int F() => Later.X + Ktap.Compiler.Compilation.X; }")]
    [InlineData("src/Cli/A.cs", "using Ktap.Compiler; namespace Ktap.Cli; class A { int F() => Compilation.X; string Codegen = \"Ktap.Cli\"; }")]
    public void ImportsThatPointBackAreFine(string path, string text) =>
        Assert.Empty(Rules.ImportsPointBack(new SourceTree([Later, Root, new SourceFile(path, text)])));

    [Theory]
    [InlineData("src/Compiler/Text/A.cs", "namespace Ktap.Compiler.Text; class A { Ktap.Runtime.M F; }", "src/Compiler/Text/A.cs:1: Ktap.Compiler.Text may not use Ktap.Runtime (M)")]
    [InlineData("src/Runtime/A.cs", "namespace Ktap.Runtime; class A { Cli.C F; }", "src/Runtime/A.cs:1: Ktap.Runtime may not use Ktap.Cli (C)")]
    [InlineData("src/Compiler/Extras/A.cs", "namespace Ktap.Compiler.Extras; class A;", "src/Compiler/Extras/A.cs:1: folder has no place in the order of layers")]
    public void ProjectsPointBackToo(string path, string text, string expected)
    {
        SourceFile[] others = [new("src/Runtime/M.cs", "namespace Ktap.Runtime; class M;"), new("src/Cli/C.cs", "namespace Ktap.Cli; class C;")];
        Assert.Equal(expected, string.Join('\n', Rules.ImportsPointBack(new SourceTree([.. others, new SourceFile(path, text)]))));
    }

    [Theory]
    [InlineData("byte[] F() => File.ReadAllBytes(\"x\");", "System.IO.File")]
    [InlineData("object F() => new FileStream(\"x\", FileMode.Open);", "System.IO.FileStream")]
    [InlineData("void F() => System.Console.WriteLine();", "System.Console")]
    [InlineData("object F() => DateTime.Now;", "System.DateTime.Now")]
    [InlineData("long F() => System.Diagnostics.Stopwatch.GetTimestamp();", "System.Diagnostics.Stopwatch")]
    [InlineData("string F() => Environment.NewLine;", "System.Environment")]
    [InlineData("object F() => System.Diagnostics.Process.GetCurrentProcess();", "System.Diagnostics.Process")]
    [InlineData("[System.Runtime.InteropServices.DllImport(\"c\")] static extern void F();", "System.Runtime.InteropServices.DllImportAttribute")]
    [InlineData("[System.Runtime.InteropServices.LibraryImport(\"c\")] static partial void F();", "System.Runtime.InteropServices.LibraryImportAttribute")]
    public void CompilerIsPure(string member, string impure)
    {
        var text = $"namespace Ktap.Compiler.Text;\npartial class A {{ {member} }}";
        var found = Rules.CompilerIsPure(new SourceTree([new SourceFile("src/Compiler/Text/A.cs", text)])).ToList();
        Assert.Contains($"src/Compiler/Text/A.cs:2: the compiler may not use {impure}", found);
        Assert.Empty(Rules.CompilerIsPure(new SourceTree([new SourceFile("src/Runtime/A.cs", text)])));
    }

    [Theory]
    [InlineData("using System.Reflection;", "", "System.Reflection (Reflection)")]
    [InlineData("", "object? F() => typeof(A).GetMethod(\"F\")!.Invoke(null, null);", "System.Reflection (Invoke)")]
    [InlineData("", "System.Reflection.Assembly? F;", "System.Reflection (Assembly)")]
    [InlineData("", "int F(dynamic x) => x;", "dynamic (dynamic)")]
    public void NoReflection(string import, string member, string expected)
    {
        var file = new SourceFile("src/Cli/A.cs", $"{import} class A {{ {member} }}");
        Assert.Contains($"src/Cli/A.cs:1: {expected}", Rules.NoReflection(new SourceTree([file])));
    }

    [Fact]
    public void AVariableNamedDynamicIsFine() =>
        Assert.Empty(Rules.NoReflection(new SourceTree([new SourceFile("src/Cli/A.cs", "class A { int F(int dynamic) => dynamic + nameof(A).Length; }")])));

    [Theory]
    [InlineData(600, "")]
    [InlineData(601, "src/A.cs:1: 601 lines; split it, 600 are the most")]
    public void FilesAreShort(int lines, string expected)
    {
        var text = string.Concat(Enumerable.Repeat("//\n", lines));
        Assert.Equal(expected, string.Join('\n', TextRules.FilesAreShort(new SourceFile("src/A.cs", text))));
    }

    [Theory]
    [InlineData("// TO" + "DO: more", true)]
    [InlineData("// FIX" + "ME", true)]
    [InlineData("// XX" + "X", true)]
    [InlineData("/* HA" + "CK */", true)]
    [InlineData("throw new NotImplemented" + "Exception();", true)]
    [InlineData("mkdtemp(\"/tmp/ktap-XXXXXX\")", false)]
    public void NothingIsUnfinished(string line, bool isFound)
    {
        var found = TextRules.NothingIsUnfinished(new SourceFile("src/A.cs", "ok\n" + line));
        Assert.Equal(isFound ? [$"src/A.cs:2: unfinished: {line}"] : [], found);
    }
}
