using System.Diagnostics;

namespace Ktap.Tests;

/// <summary>The program whose functions are called, and whose markers fire, a known number of times; <c>calls.c</c> beside this file says what it can do.</summary>
internal static class KnownCalls
{
    private static readonly Lazy<string> Compiled = new(() => Compile("ktap-calls")), Bare = new(() => Compile("ktap-bare", "-s"));

    /// <summary>Its path; a name that nothing else on the machine has.</summary>
    public static string Path => Compiled.Value;

    /// <summary>The same without its symbols.</summary>
    public static string Stripped => Bare.Value;

    private static string Compile(string name, params ReadOnlySpan<string> options)
    {
        Skip.Unless(File.Exists("/usr/bin/cc"), "needs a C compiler");
        var folder = Directory.CreateTempSubdirectory("ktap-calls-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Delete(recursive: true);
        var path = System.IO.Path.Combine(folder.FullName, name);
        var source = System.IO.Path.Combine(Repository.Root, "tests", "Shared", "calls.c");
        using var compiler = Process.Start("cc", ["-O1", "-Wall", "-Wextra", "-Werror", "-fno-omit-frame-pointer", "-o", path, source, .. options]);
        compiler.WaitForExit();
        return compiler.ExitCode == 0 ? path : throw new InvalidOperationException("calls.c doesn't compile");
    }
}
