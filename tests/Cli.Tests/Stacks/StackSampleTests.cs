using System.Globalization;
using System.Text.RegularExpressions;
using Ktap.Cli.Tests.FirstLight;

namespace Ktap.Cli.Tests.Stacks;

/// <summary>The samples with stacks against work of a known amount.</summary>
public class StackSampleTests
{
    // 997 samples for each second on a CPU.
    [Fact]
    public void ProfileFindsTheFunctionThatTakesTheTime()
    {
        using var frames = new Frames();
        var lines = SampleRun.Trace("stacks/profile.kp", [], frames.Program, "spin", "1000");
        Assert.Equal(["ktap-frames", "(no kernel stack)"], lines[2..4]);
        Assert.Matches(@"^spin\+0x[0-9a-f]+$", lines[4]);
        Assert.Matches(@"^main\+0x[0-9a-f]+$", lines[5]);
        // Each address within the loop has a row of its own.
        var rows = string.Join('\n', lines).Split("\nspin+0x").Skip(1).Select(r => long.Parse(Regex.Match(r, @"\|@* +(\d+)(?:\n|$)").Groups[1].Value, CultureInfo.InvariantCulture));
        Assert.InRange(rows.Sum(), 800, long.Parse(lines[0], CultureInfo.InvariantCulture) * 997 / 1000 * 1.05);
    }

    [Fact]
    public void CallersOfASystemCall()
    {
        using var frames = new Frames();
        var lines = SampleRun.Trace("stacks/callers.kp", ["getppid", "4"], frames.Program, "chain", "100");
        Assert.Equal(["h", "g", "f", "main"], lines[1..5].Select(l => l[..l.IndexOf('+')]));
        Assert.Matches(@"^ {31} \|@{38} 100$", lines[5]);
        Assert.Equal(6, lines.Length);
    }

    [Fact]
    public void OffCpuTimeIsThatOfSleeping()
    {
        var sample = Path.Combine(SampleRun.Folder, "stacks/off-cpu.kp");
        var name = Path.GetFileName(SampleRun.Work);
        var run = KtapProcess.Trace(() =>
        {
            using var work = System.Diagnostics.Process.Start(SampleRun.Work, ["sleep", "100"]);
            work.WaitForExit();
        }, sample, name);
        var row = Regex.Match(run.Output, $@"^{name}\n(?:.*\n)*?\w*nanosleep\w*\+0x(?:.*\n)*? {{31}} \|@+ +(\d+)$", RegexOptions.Multiline);
        Assert.True(row.Success, run.Output);
        // A hundred times a millisecond, and what a busy machine adds.
        Assert.InRange(long.Parse(row.Groups[1].Value, CultureInfo.InvariantCulture), 100_000, 20_000_000);
    }
}
