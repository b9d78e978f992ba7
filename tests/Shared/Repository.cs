namespace Ktap.Tests;

/// <summary>Where the sources and golden files are: found by walking up from the test binary to the folder that holds <c>ktap.sln</c>.</summary>
public static class Repository
{
    /// <summary>The absolute path of the repository's top folder.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The native executable that <c>make</c> builds, or what KTAP_UNDER_TEST names; tests of the command line run it as a user would.</summary>
    public static string Ktap { get; } = Environment.GetEnvironmentVariable("KTAP_UNDER_TEST") ?? Path.Combine(Root, "out", "ktap");

    private static string FindRoot()
    {
        for (var dir = new DirectoryInfo(AppContext.BaseDirectory); dir is not null; dir = dir.Parent)
            if (File.Exists(Path.Combine(dir.FullName, "ktap.sln"))) return dir.FullName;
        throw new InvalidOperationException("no ktap.sln above " + AppContext.BaseDirectory);
    }
}
