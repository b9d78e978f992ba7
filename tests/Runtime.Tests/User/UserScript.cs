using System.Text;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;
using Ktap.Runtime.Machine;
using Ktap.Runtime.Rendering;

namespace Ktap.Runtime.Tests.User;

/// <summary>Scripts that trace the program of known calls; <c>PROGRAM</c> in a script is its path.</summary>
internal static class UserScript
{
    /// <summary>What is taken away from this kernel: nothing; many places by one link; also what tells one place from another.</summary>
    public static TheoryData<string> Kernels => ["6.6", "5.15", "5.10"];

    /// <summary>The output's lines, of a command that is the program with some arguments; fails the test where anything is reported.</summary>
    public static string[] Lines(string script, string[] command, string kernel = "6.6", Func<SessionOptions, SessionOptions>? configure = null)
    {
        var (status, output, messages) = Run(script, command, f => Without(f, kernel), configure);
        Assert.True(status == 0 && !messages.Contains("KT", StringComparison.Ordinal), messages);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>What a script that doesn't compile is told.</summary>
    public static string Refused(string script, params string[] command)
    {
        var (status, _, messages) = Run(script, command, f => f, null);
        Assert.Equal(1, status);
        return messages;
    }

    /// <summary>Runs a script; the exit status, what it wrote, and what ktap said.</summary>
    public static (int Status, string Output, string Messages) Run(
        string script, string[] command, Func<KernelFeatures, KernelFeatures> without, Func<SessionOptions, SessionOptions>? configure)
    {
        Skip.Unless(Environment.IsPrivilegedProcess, "tracing needs root");
        Skip.Unless(Directory.Exists("/sys/bus/event_source/devices/uprobe"), "this kernel has no probes in user space (CONFIG_UPROBE_EVENTS)");
        var options = new SessionOptions(SourceText.From(script.Replace("PROGRAM", KnownCalls.Path, StringComparison.Ordinal)), []) { Quiet = true, Command = command is [] ? [] : [KnownCalls.Path, .. command] };
        var (output, messages) = (OutputBuffer.InMemory(), OutputBuffer.InMemory());
        using var machine = new LocalMachine(without);
        using var session = new Session(configure?.Invoke(options) ?? options, machine, output, messages);
        var status = session.Run();
        return (status, Encoding.UTF8.GetString(output.Written), Encoding.UTF8.GetString(messages.Written));
    }

    private static KernelFeatures Without(KernelFeatures features, string kernel) => kernel switch
    {
        "5.10" => features with { UprobeMulti = false, PerfCookies = false },
        "5.15" => features with { UprobeMulti = false },
        _ => features,
    };
}
