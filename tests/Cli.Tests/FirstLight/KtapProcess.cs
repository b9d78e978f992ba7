using System.Diagnostics;
using System.Text;
using Ktap.Tests;

namespace Ktap.Cli.Tests.FirstLight;

/// <summary>What one run of <c>out/ktap</c> wrote, and its exit status.</summary>
public sealed record KtapResult(int Status, string Output, string Messages);

/// <summary><c>out/ktap</c> as a user runs it.</summary>
public static class KtapProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Runs to its end.</summary>
    public static KtapResult Run(params string[] arguments) => RunWith(null, arguments);

    /// <summary>Waits until tracing has begun, does some work, sends SIGINT, and waits for the end.</summary>
    public static KtapResult Trace(Action work, params string[] arguments) => RunWith(work, arguments);

    /// <summary>A script in a file of its own, deleted afterwards.</summary>
    public static T WithScript<T>(string script, Func<string, T> use)
    {
        var file = Path.Combine(Path.GetTempPath(), $"ktap-test-{Guid.NewGuid():n}.kp");
        File.WriteAllText(file, script);
        try
        {
            return use(file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static KtapResult RunWith(Action? work, string[] arguments)
    {
        Skip.Unless(Environment.UserName == "root", "tracing needs root");
        var start = new ProcessStartInfo(Repository.Ktap) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        using var tracing = new ManualResetEventSlim();
        var messages = new StringBuilder();
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null) return;
            lock (messages) messages.Append(line.Data).Append('\n');
            if (line.Data.Contains("Tracing", StringComparison.Ordinal)) tracing.Set();
        };
        process.BeginErrorReadLine();
        var output = process.StandardOutput.ReadToEndAsync();
        if (work is not null)
        {
            Assert.True(tracing.Wait(Patience), $"tracing did not begin: {messages}");
            work();
            using var kill = Process.Start("kill", ["-INT", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            kill.WaitForExit();
        }
        if (!process.WaitForExit(Patience))
        {
            process.Kill();
            Assert.Fail($"ktap did not end: {messages}");
        }
        process.WaitForExit();
        lock (messages) return new KtapResult(process.ExitCode, output.Result, messages.ToString());
    }
}
