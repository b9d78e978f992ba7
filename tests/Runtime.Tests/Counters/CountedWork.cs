using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Ktap.Runtime.Tests.Concurrency;

namespace Ktap.Runtime.Tests.Counters;

/// <summary>The program <c>counted.c</c>, whose work is of a known amount, and which counts its own events too.</summary>
internal static class CountedWork
{
    private static readonly Lazy<string> Compiled = new(() => Compile());

    /// <summary>Its path.</summary>
    public static string Program
    {
        get
        {
            Skip.Unless(Environment.IsPrivilegedProcess, "tracing needs root");
            Skip.Unless(File.Exists("/usr/bin/cc"), "needs a C compiler");
            return Compiled.Value;
        }
    }

    /// <summary>
    /// Traces the program while it counts an event of its own (type and configuration of perf_event_open(2)) and does something N times. The variable
    /// <c>on</c> of the script is true meanwhile. Gives what the program counted.
    /// </summary>
    public static (LiveRun Run, long Counted) Count(int type, int config, string what, int n, string script)
    {
        var report = Path.Combine(Path.GetDirectoryName(Program)!, "report");
        var run = LiveScript.Run("var on = false var calls = 0 trace syscalls:sys_enter_getpgrp { calls += 1  on = (calls == 2) }\n" + script, null,
            Program, Text(type), Text(config), what, Text(n), report);
        Assert.True(run.Status == 0, run.Messages);
        var counted = long.Parse(File.ReadAllText(report), CultureInfo.InvariantCulture);
        File.Delete(report);
        return (run, counted);
    }

    /// <summary>Traces the program while it does something else N times.</summary>
    public static LiveRun Do(string what, int n, string script) => LiveScript.Run(script, null, Program, what, Text(n));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Compile([CallerFilePath] string here = "")
    {
        var folder = Directory.CreateTempSubdirectory("ktap-counted-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Delete(recursive: true);
        var program = Path.Combine(folder.FullName, "ktap-counted");
        using var compiler = Process.Start("cc", ["-O1", "-Wall", "-Wextra", "-Werror", "-o", program, Path.Combine(Path.GetDirectoryName(here)!, "counted.c")]);
        compiler.WaitForExit();
        Assert.Equal(0, compiler.ExitCode);
        return program;
    }
}
