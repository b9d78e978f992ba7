using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Ktap.Compiler.Tests.Architecture;

/// <summary>The rules that need the syntax or the meaning of the sources. Each returns what breaks it, as <c>path:line: what</c>.</summary>
public static class Rules
{
    // What would make the compiler more than a function of its arguments. A trailing dot means a whole namespace.
    private static readonly string[] Impure =
    [
        "System.IO.File", "System.IO.FileInfo", "System.IO.FileStream", "System.IO.Directory", "System.IO.DirectoryInfo",
        "System.IO.MemoryMappedFiles.", "System.Net.", "System.Console", "System.Environment", "System.Diagnostics.Process",
        "System.Diagnostics.Stopwatch", "System.DateTime.Now", "System.DateTime.UtcNow", "System.DateTime.Today",
        "System.DateTimeOffset.Now", "System.DateTimeOffset.UtcNow", "System.TimeProvider", "System.Random.Shared",
        "System.Threading.Thread", "System.Threading.Timer", "System.Runtime.InteropServices.DllImportAttribute",
        "System.Runtime.InteropServices.LibraryImportAttribute", "System.Runtime.InteropServices.NativeLibrary",
    ];

    /// <summary>A namespace is its folder, and nothing is declared outside a namespace.</summary>
    public static IEnumerable<string> NamespaceIsFolder(SourceTree tree) =>
        from file in tree.Trees
        let expected = Layers.NamespaceOf(file.FilePath)
        from node in file.GetRoot().DescendantNodes(n => n is CompilationUnitSyntax)
        let found = node switch
        {
            BaseNamespaceDeclarationSyntax space => space.Name.ToString(),
            BaseTypeDeclarationSyntax or DelegateDeclarationSyntax => "",
            _ => expected,
        }
        where found != expected
        select At(node, found.Length == 0 ? $"declared outside namespace {expected}" : $"namespace {found} is not {expected}");

    /// <summary>A folder names only itself and earlier ones, whether by an import or by any other use of a name.</summary>
    public static IEnumerable<string> ImportsPointBack(SourceTree tree)
    {
        foreach (var file in tree.Trees)
        {
            var here = Layers.NamespaceOf(file.FilePath);
            var rank = Layers.RankOf(here);
            if (rank < 0) yield return $"{file.FilePath}:1: folder has no place in the order of layers";
            else
                foreach (var (node, symbol) in tree.NamesIn(file))
                {
                    var there = (symbol as INamespaceSymbol ?? symbol.ContainingNamespace)?.ToDisplayString() ?? "";
                    // A namespace named on the way to something inside it is judged by that; only an import ends with one.
                    var isUse = symbol is not INamespaceSymbol || node.Ancestors().Any(a => a is UsingDirectiveSyntax u && u.Name?.Span.End == node.Span.End);
                    if (isUse && Layers.RankOf(there) > rank) yield return At(node, $"{here} may not use {there} ({node})");
                }
        }
    }

    /// <summary>src/Compiler is a function of its arguments: no files, console, clock, environment, processes, or P/Invoke.</summary>
    public static IEnumerable<string> CompilerIsPure(SourceTree tree) =>
        from file in tree.Trees
        where file.FilePath.StartsWith("src/Compiler/", StringComparison.Ordinal)
        from name in tree.NamesIn(file)
        from full in FullNames(name.Symbol)
        where Impure.Contains(full)
        select At(name.Node, $"the compiler may not use {full}");

    /// <summary>Nothing that ahead-of-time compilation can't see through: no <c>dynamic</c>, no System.Reflection.</summary>
    public static IEnumerable<string> NoReflection(SourceTree tree) =>
        from file in tree.Trees
        from name in tree.NamesIn(file)
        let what = name.Symbol is IDynamicTypeSymbol ? "dynamic" : FullNames(name.Symbol).FirstOrDefault(n => n == "System.Reflection.")
        where what is not null
        select At(name.Node, $"{what.TrimEnd('.')} ({name.Node})");

    // A symbol, the types around it and the namespaces around those: "System.DateTime.Now", "System.DateTime", "System.".
    private static IEnumerable<string> FullNames(ISymbol symbol)
    {
        for (var s = symbol.OriginalDefinition; s is not null and not INamespaceSymbol { IsGlobalNamespace: true }; s = s.ContainingSymbol)
            if (s is INamespaceSymbol) yield return s.ToDisplayString() + ".";
            else if (s.ContainingSymbol is { } container) yield return $"{container.ToDisplayString()}.{s.Name}";
    }

    private static string At(SyntaxNode node, string what)
    {
        var place = node.GetLocation().GetLineSpan();
        return $"{place.Path}:{place.StartLinePosition.Line + 1}: {what}";
    }
}
