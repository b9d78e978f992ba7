using System.Globalization;
using System.Text.RegularExpressions;
using Ktap.Cli.Tests.FirstLight;

namespace Ktap.Cli.Tests.Counters;

/// <summary>The samples with counters and watchpoints against work of a known amount.</summary>
public class CounterSampleTests
{
    private static string Name => Path.GetFileName(SampleRun.Work);

    [Fact]
    public void CyclesByStack()
    {
        var lines = SampleRun.Trace("counters/cycles.kp", ["cpu-clock:997us"], SampleRun.Work, "spin", "300", "tell");
        // The work tells how many milliseconds it has spun.
        var nanoseconds = long.Parse(lines[0], CultureInfo.InvariantCulture) * 1_000_000;
        Assert.Equal(Name, lines[2]);
        Assert.InRange(Rows(lines).Sum(), nanoseconds / 20, nanoseconds * 1.05);
        Assert.All(Rows(lines), n => Assert.Equal(0, n % 997_000));
    }

    [Fact]
    public void CyclesAndCacheMissesOfTheHardware()
    {
        Skip.Unless(Environment.IsPrivilegedProcess, "tracing needs root");
        Skip.Unless(KtapProcess.Run("list", "hw:cycles,hw:cache-misses").Status == 0, "this machine's processor has no counters");
        Assert.NotEmpty(Rows(SampleRun.Trace("counters/cycles.kp", [], SampleRun.Work, "spin", "1000")));
        Assert.All(Rows(SampleRun.Trace("counters/cache-misses.kp", [], SampleRun.Work, "touch", "100000")), n => Assert.Equal(0, n % 10_007));
    }

    // One instruction touches all the pages.
    [Fact]
    public void PageFaultsByStack() => Assert.Equal(20_000, Rows(SampleRun.Trace("counters/page-faults.kp", [], SampleRun.Work, "touch", "20000"))[0]);

    [Fact]
    public void WhoWrites()
    {
        var lines = SampleRun.Trace("counters/who-writes.kp", ["watched"], SampleRun.Work, "write", "100000");
        Assert.Equal("(no kernel stack)", lines[1]);
        Assert.Matches(@"^write_watched\+0x[0-9a-f]+$", lines[2]);
        Assert.Equal([100_000], Rows(lines));
        Assert.Equal("last value:\t1", lines[^1]);
    }

    [Fact]
    public void Counts()
    {
        var before = Count(SampleRun.Trace("counters/counts.kp", [], SampleRun.Work, "touch", "1"), "page-faults");
        var lines = SampleRun.Trace("counters/counts.kp", [], SampleRun.Work, "touch", "5001");
        // What starting costs is the same each time, but for a page of the program that is not in memory at the moment.
        Assert.InRange(Count(lines, "page-faults") - before, 4990, 5010);
        Assert.Equal(Count(lines, "page-faults"), Count(lines, "minor-faults") + Count(lines, "major-faults"));
        Assert.InRange(Count(SampleRun.Trace("counters/counts.kp", [], SampleRun.Work, "sleep", "100"), "context-switches"), 101, 200);
    }

    private static long Count(string[] lines, string name) =>
        lines.Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(w => w[^1] == name).Select(w => long.Parse(w[0], CultureInfo.InvariantCulture)).SingleOrDefault();

    private static long[] Rows(string[] lines) =>
        [.. lines.Select(l => Regex.Match(l, @"\|@* +(\d+)$")).Where(m => m.Success).Select(m => long.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture))];
}
