using System.Diagnostics;
using Ktap.Tests;

namespace Ktap.Compiler.Tests.Elf;

/// <summary>Programs that judge what we write.</summary>
public static class Tool
{
    public readonly record struct Result(int Status, string Output, string Errors)
    {
        public string Expect()
        {
            Assert.True(Status == 0, $"status {Status}: {Errors}\n{Output}");
            return Output;
        }
    }

    /// <summary>Runs a program to its end; skips the test where it isn't installed.</summary>
    public static Result Run(string program, params string[] arguments)
    {
        var file = Find(program);
        Skip.Unless(file is not null, $"{program} isn't installed");
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new(process.ExitCode, output, errors.Result);
    }

    private static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(["/usr/sbin", "/sbin"])
            .SelectMany(folder => (string[])[Path.Combine(folder, program), Path.Combine(folder, program + "-14")])
            .FirstOrDefault(File.Exists);
}
