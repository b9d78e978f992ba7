using System.Diagnostics;

namespace Ktap.Cli.Tests;

/// <summary>The samples, the program that does known work for them, and what the executable prints when it runs one.</summary>
internal static class SampleRun
{
    /// <summary>The folder of the samples.</summary>
    public static string Folder { get; } = Path.Combine(Repository.Root, "samples");

    private static readonly Lazy<string> Compiled = new(Compile);

    /// <summary>The path of the program that does known work; <c>work.c</c> beside this file says what it can do.</summary>
    public static string Work => Compiled.Value;

    /// <summary>What a sample prints while a command is traced, <c>-q</c> given; fails the test where it doesn't end well.</summary>
    public static string[] Trace(string sample, string[] arguments, params string[] command)
    {
        Skip.Unless(Environment.IsPrivilegedProcess, "loading programs into the kernel needs root");
        return Lines(["-q", Path.Combine(Folder, sample), .. arguments, "--", .. command]);
    }

    /// <summary>The lines that the executable writes with these arguments; fails the test where it doesn't end with status 0.</summary>
    public static string[] Lines(params string[] arguments)
    {
        var (status, output, errors) = Start(Repository.Ktap, arguments);
        Assert.True(status == 0, $"status {status}: {errors}");
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static string Compile()
    {
        var folder = Directory.CreateTempSubdirectory("ktap-samples-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Delete(recursive: true);
        // 15 characters at most, so that the kernel keeps the name whole; and a name that nothing else on the machine has.
        var path = Path.Combine(folder.FullName, "ktap-known-work");
        var source = Path.Combine(Repository.Root, "tests", "Cli.Tests", "work.c");
        var (status, _, errors) = Start("cc", ["-O1", "-Wall", "-Wextra", "-Werror", "-o", path, source]);
        Assert.True(status == 0, errors);
        return path;
    }

    private static (int Status, string Output, string Errors) Start(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(60)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} {string.Join(' ', arguments)} did not end within a minute");
        }
        return (process.ExitCode, output.Result, errors.Result);
    }
}
