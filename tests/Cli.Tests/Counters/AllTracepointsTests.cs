using System.Diagnostics;
using Ktap.Cli.Tests.FirstLight;

namespace Ktap.Cli.Tests.Counters;

/// <summary>Every tracepoint at once.</summary>
public class AllTracepointsTests
{
    // The same as *:*, and nobody else's: programs are called after what they trace.
    private const string Count = "trace ****:**** { s[probename] += 1 } trace_end { print(s.sys_enter_getppid, s.sys_exit_getppid) }";

    [Fact]
    public void CountsAndLeavesNothingBehind()
    {
        var run = KtapProcess.Run("-q", "-e", Count, "--", SampleRun.Work, "getppid", "1234");
        Assert.Equal("1234\t1234\n", run.Output);
        Assert.True(SpinWait.SpinUntil(() => !Programs().Contains($"name h0_{new string('_', 9)} ", StringComparison.Ordinal), Patience), "a program of ktap's is still there");
    }

    // The kernel forgets a program some grace periods of RCU after its last link; one that a link holds is there for ever.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static string Programs()
    {
        using var tool = Process.Start(new ProcessStartInfo("bpftool", ["prog", "show"]) { RedirectStandardOutput = true })!;
        var text = tool.StandardOutput.ReadToEnd();
        tool.WaitForExit();
        Assert.Equal(0, tool.ExitCode);
        return text;
    }
}
