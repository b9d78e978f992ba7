namespace Ktap.Compiler.Tests.Architecture;

/// <summary>The order of the folders (docs/design.md): each may name what stands in itself and in earlier ones, never in later ones.</summary>
public static class Layers
{
    private static readonly string[] Order =
    [
        "Ktap", "Ktap.Compiler.Text", "Ktap.Compiler.Diagnostics", "Ktap.Compiler.Bpf", "Ktap.Compiler.Btf", "Ktap.Compiler.Elf",
        "Ktap.Compiler.Types", "Ktap.Compiler.Values", "Ktap.Compiler.Ir", "Ktap.Compiler.Syntax", "Ktap.Compiler.Probes",
        "Ktap.Compiler.Builtins", "Ktap.Compiler.Binding", "Ktap.Compiler.Evaluation", "Ktap.Compiler.Typing",
        "Ktap.Compiler.Lowering", "Ktap.Compiler.Optimization", "Ktap.Compiler.Codegen", "Ktap.Compiler", "Ktap.Runtime", "Ktap.Cli",
    ];

    /// <summary>The namespace of the files in a file's folder: <c>src/Compiler/Text/X.cs</c> gives <c>Ktap.Compiler.Text</c>.</summary>
    public static string NamespaceOf(string path)
    {
        var folders = path.Split('/')[1..^1];
        return string.Join('.', folders.Prepend("Ktap"));
    }

    /// <summary>The place of a namespace in the order, or -1 where it has none. Folders within a folder share its place.</summary>
    public static int RankOf(string space)
    {
        // The compiler's folders are listed one by one, so only its top folder itself is the pipeline's; and only what stands beside all folders is Ktap's.
        for (var name = space; name == space || name is not ("Ktap" or "Ktap.Compiler"); name = name[..name.LastIndexOf('.')])
        {
            var rank = Array.IndexOf(Order, name);
            if (rank >= 0) return rank;
            if (!name.Contains('.')) break;
        }
        return -1;
    }
}
