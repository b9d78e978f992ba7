using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Ktap.Compiler.Tests.Architecture;

/// <summary>One source file: its path from the repository's top, with '/' between folders, and its text.</summary>
public sealed record SourceFile(string Path, string Text);

/// <summary>
/// Source files, bound together as one compilation against the framework, so that the rules see what a name really means
/// however it is written. Names from packages stay unbound; no rule asks for them.
/// </summary>
public sealed class SourceTree
{
    private const string ImplicitUsings =
        "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; " +
        "global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;";

    private static readonly CSharpParseOptions Parsing = new(LanguageVersion.Preview);

    private static readonly Lazy<MetadataReference[]> Framework = new(() =>
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(':')
            .Where(file => System.IO.Path.GetFileName(file).StartsWith("System.", StringComparison.Ordinal))
            .Select(file => MetadataReference.CreateFromFile(file))]);

    private readonly CSharpCompilation _compilation;
    private readonly Dictionary<SyntaxTree, IReadOnlyList<(SyntaxNode Node, ISymbol Symbol)>> _names = [];

    /// <summary>Parses the files; binding waits until a rule asks.</summary>
    public SourceTree(IEnumerable<SourceFile> files)
    {
        Files = [.. files];
        Trees = [.. Files.Select(file => CSharpSyntaxTree.ParseText(file.Text, Parsing, file.Path))];
        _compilation = CSharpCompilation.Create("sources",
            [CSharpSyntaxTree.ParseText(ImplicitUsings, Parsing), .. Trees], Framework.Value,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, allowUnsafe: true));
    }

    /// <summary>The files, as text.</summary>
    public IReadOnlyList<SourceFile> Files { get; }

    /// <summary>The files, parsed; a tree's path is its file's.</summary>
    public IReadOnlyList<SyntaxTree> Trees { get; }

    /// <summary>Every name in one file with what it means; those that mean nothing known are left out.</summary>
    public IReadOnlyList<(SyntaxNode Node, ISymbol Symbol)> NamesIn(SyntaxTree file)
    {
        if (_names.TryGetValue(file, out var names)) return names;
        var model = _compilation.GetSemanticModel(file);
        return _names[file] =
        [
            .. from node in file.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>()
               let info = model.GetSymbolInfo(node)
               let symbol = info.Symbol ?? info.CandidateSymbols.FirstOrDefault()
               where symbol is not null
               select ((SyntaxNode)node, symbol),
        ];
    }

    /// <summary>The C# files below the given folders of the repository.</summary>
    public static IEnumerable<SourceFile> Read(params IEnumerable<string> folders) =>
        from folder in folders
        from file in Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories)
        orderby file
        select new SourceFile(Path.GetRelativePath(Repository.Root, file), File.ReadAllText(file));
}
