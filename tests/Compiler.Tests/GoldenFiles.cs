namespace Ktap.Compiler.Tests;

/// <summary>Where the golden files are: found by walking up from the test binary to the folder that holds <c>ktap.sln</c>.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        for (var dir = new DirectoryInfo(AppContext.BaseDirectory); dir is not null; dir = dir.Parent)
            if (File.Exists(Path.Combine(dir.FullName, "ktap.sln"))) return dir.FullName;
        throw new InvalidOperationException("no ktap.sln above " + AppContext.BaseDirectory);
    }
}
