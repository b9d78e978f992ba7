using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Ktap.Compiler.Text;
using Ktap.Runtime.Machine;
using Ktap.Runtime.Rendering;

namespace Ktap.Runtime.Tests.Concurrency;

/// <summary>What a run wrote, and its exit status.</summary>
public sealed record LiveRun(int Status, string Output, string Messages)
{
    /// <summary>The lines of the output.</summary>
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The integers of the last line.</summary>
    public long[] Numbers => [.. Lines[^1].Split('\t').Select(n => long.Parse(n, CultureInfo.InvariantCulture))];
}

/// <summary>Scripts on the running kernel while two writers on two CPUs call <c>getpgid</c>; <c>hammer.c</c> says how.</summary>
public static class LiveScript
{
    private static readonly Lazy<string> Program = new(() => Compile());

    /// <summary>Traces two writers for a time, or until the script ends; gives what they report too: their calls by key.</summary>
    public static (LiveRun Run, long[] Calls) Hammer(int milliseconds, int keys, string script, Func<SessionOptions, SessionOptions>? configure = null)
    {
        Need();
        var report = Path.Combine(Path.GetDirectoryName(Program.Value)!, "report");
        var run = Run(script, o => (configure?.Invoke(o) ?? o) with { Arguments = [report + ".stop"] }, Program.Value, "for", Text(milliseconds), Text(keys), report);
        // Where the script ended first, the writers are told to stop.
        if (!File.Exists(report)) File.WriteAllText(report + ".stop", "");
        while (!File.Exists(report)) Thread.Sleep(1);
        var calls = File.ReadAllLines(report).Select(l => long.Parse(l.Split(' ')[1], CultureInfo.InvariantCulture)).ToArray();
        File.Delete(report);
        File.Delete(report + ".stop");
        return (run, calls);
    }

    /// <summary>Traces two writers until the script says that it has seen enough: <c>stop()</c>, in a tick, ends them, and tracing ends with them.</summary>
    public static (LiveRun Run, long[] Calls) HammerUntilStopped(int keys, string script)
    {
        const int patience = 60_000;
        return Hammer(patience, keys, "function stop() { system(\"touch '\" .. arg[1] .. \"'\") }\n" + script, o => o with { Unsafe = true });
    }

    /// <summary>Traces two writers that each go over all keys so many times, with so many calls in a row for each.</summary>
    public static LiveRun Rounds(int rounds, int keys, int repeat, string script, Func<SessionOptions, SessionOptions>? configure = null)
    {
        Need();
        return Run(script, configure, Program.Value, "rounds", Text(rounds), Text(keys), Text(repeat));
    }

    /// <summary>Compiles and loads, and traces nothing.</summary>
    public static LiveRun Check(string script, Func<SessionOptions, SessionOptions>? configure = null)
    {
        Skip.Unless(Environment.IsPrivilegedProcess, "loading programs into the kernel needs root");
        return Run(script, o => (configure?.Invoke(o) ?? o) with { DryRun = true, Command = [] });
    }

    /// <summary>Runs a script while a command runs, or until it ends by itself where there is none.</summary>
    public static LiveRun Run(string script, Func<SessionOptions, SessionOptions>? configure, params string[] command)
    {
        var options = new SessionOptions(SourceText.From(script), []) { Quiet = true, Command = [.. command] };
        var (output, messages) = (OutputBuffer.InMemory(), OutputBuffer.InMemory());
        using var machine = new LocalMachine();
        using var session = new Session(configure?.Invoke(options) ?? options, machine, output, messages);
        var status = session.Run();
        return new LiveRun(status, Encoding.UTF8.GetString(output.Written), Encoding.UTF8.GetString(messages.Written));
    }

    private static void Need()
    {
        Skip.Unless(Environment.IsPrivilegedProcess, "tracing needs root");
        Skip.Unless(Environment.ProcessorCount > 1, "two writers need two CPUs");
        Skip.Unless(File.Exists("/usr/bin/cc"), "needs a C compiler");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Compile([CallerFilePath] string here = "")
    {
        var folder = Directory.CreateTempSubdirectory("ktap-hammer-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Delete(recursive: true);
        var program = Path.Combine(folder.FullName, "hammer");
        using var compiler = Process.Start("cc", ["-O1", "-Wall", "-Wextra", "-Werror", "-o", program, Path.Combine(Path.GetDirectoryName(here)!, "hammer.c")]);
        compiler.WaitForExit();
        Assert.Equal(0, compiler.ExitCode);
        return program;
    }
}
