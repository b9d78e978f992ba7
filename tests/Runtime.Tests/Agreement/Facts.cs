using System.Runtime.InteropServices;
using Ktap.Compiler.Text;

namespace Ktap.Runtime.Tests.Agreement;

/// <summary>
/// What only handlers can see, told to user space: a script's own variables and functions take the names of builtins, so one line before
/// the script gives it what the kernel will find in this thread. Both sides get the address of a string in this process.
/// </summary>
internal static class Facts
{
    private static readonly nint UserText = Marshal.StringToCoTaskMemUTF8("a string of this process");

    /// <summary>The script for the kernel.</summary>
    public static SourceText ForKernel(SourceText script) => With(script, Addresses);

    /// <summary>The script for user space; to be run by the thread that runs the handlers.</summary>
    public static SourceText ForUser(SourceText script) => With(script, Addresses + Task() + Memory);

    private static string Addresses => $"user_text = {UserText} ";

    // What a read of memory gives: only the string that is known is read.
    private const string Memory = "function user_string(p, n) { return (p == user_text) ? substr(\"a string of this process\", 1, n or 63) : nil } ";

    private static string Task()
    {
        var status = File.ReadAllLines("/proc/thread-self/status").Select(l => l.Split('\t', StringSplitOptions.RemoveEmptyEntries)).ToDictionary(p => p[0], p => p.Length > 1 ? p[1] : "");
        var name = File.ReadAllText("/proc/thread-self/comm").TrimEnd('\n').Replace("\"", "\\\"", StringComparison.Ordinal);
        return $"pid = {status["Tgid:"]} tid = {status["Pid:"]} ppid = {status["PPid:"]} uid = {status["Uid:"]} gid = {status["Gid:"]} execname = \"{name}\" comm = \"{name}\" " +
            "probename = \"sched_switch\" argname = \"sched_switch\" probegroup = \"sched\" cpu = 0 numa_node = 0 cgroup = 1 in_iowait = 0 ";
    }

    private static SourceText With(SourceText script, string before) => SourceText.From(before + script.TextOf(new TextSpan(0, script.Length)), script.Name);
}
