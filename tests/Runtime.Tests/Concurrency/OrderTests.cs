using System.Globalization;

namespace Ktap.Runtime.Tests.Concurrency;

/// <summary>The order of what handlers on two CPUs send, ticks among it, and the end that a handler makes.</summary>
[Collection("kernel")]
public class OrderTests
{
    private const string Probe = "trace syscalls:sys_enter_getpgid ";

    [Fact]
    public void PrintsOfOneCpuKeepTheirOrderAndNoneIsLost()
    {
        var run = LiveScript.Rounds(1, 16000, 1, Probe + "{ print(execname, arg1) }");
        Assert.Equal("ktap: command exited with status 0\n", run.Messages);
        foreach (var writer in new[] { "even", "odd" })
            Assert.Equal(Enumerable.Range(0, 16000), run.Lines.Select(l => l.Split('\t')).Where(l => l[0] == writer).Select(l => int.Parse(l[1], CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void CpusAreMergedByTime()
    {
        var run = LiveScript.Rounds(1, 16000, 1, Probe + "{ print(nsecs) }");
        var times = run.Lines.Select(l => long.Parse(l, CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(32000, times.Length);
        // A handler reads the clock before its place in the ring is reserved: only one that is interrupted in between comes late.
        var late = times.Zip(times.Skip(1)).Count(t => t.First > t.Second + 1_000_000);
        Assert.InRange(late, 0, 10);
    }

    [Fact]
    public void WhatHandlersSentBeforeATickPrintsBeforeIt()
    {
        var (run, _) = LiveScript.Hammer(1000, 1, Probe + "{ n += 1 if (n % 64 == 0) { print(\"at\", n) } } tick-20ms { if (n) { print(\"tick\", n) } }");
        var (last, ticks, late) = (0L, 0, new HashSet<int>());
        foreach (var line in run.Lines.Select(l => l.Split('\t')))
        {
            var number = long.Parse(line[1], CultureInfo.InvariantCulture);
            if (line[0] == "tick") (last, ticks) = (number, ticks + 1);
            else if (number <= last) late.Add(ticks);
        }
        // On a busy machine a handler may be interrupted between counting and printing, and so may the tick before it looks at what was counted.
        Assert.True(ticks > 5 && late.Count < ticks / 2, $"after {late.Count} of {ticks} ticks something was printed that they had seen");
    }

    [Fact]
    public void TicksHaveTheirTurnWhileHandlersSendWithoutEnd()
    {
        var (run, _) = LiveScript.Hammer(3000, 1, Probe + "{ print(1) } tick-100ms { exit(6) }");
        Assert.Equal(6, run.Status);
    }

    [Fact]
    public void NothingStartsAfterExitAndTheFirstCodeWins()
    {
        for (var i = 0; i < 3; i++)
        {
            var run = LiveScript.Rounds(10, 2000, 1, Probe + """
                { started += 1 if (arg1 == 1000) { exits += 1 codes[cpu] = 1 exit(10 + cpu) } }
                trace_end { print(started, exits, codes[0] or 0, codes[1] or 0) }
                """);
            // One handler on each CPU at most comes to its exit, and none starts after the first has set the flag.
            Assert.InRange(run.Numbers[1], 1, 2);
            Assert.InRange(run.Numbers[0], 1001, 20000);
            Assert.Equal(run.Numbers[1], run.Numbers[2] + run.Numbers[3]);
            Assert.Equal(1, run.Numbers[2 + run.Status - 10]);
        }
    }

    [Fact]
    public void ADeferredDeleteTakesAwayWhatTheDeferredPrintHasShown()
    {
        var (run, calls) = LiveScript.Hammer(1000, 50, Probe + "{ s[arg1] += 1 n += 1 if (n % 5000 == 0) { print_hist(s, 100) delete(s) } } trace_end { print_hist(s, 100) }");
        var rows = run.Lines.Where(l => l.Contains(" |", StringComparison.Ordinal)).Select(l => long.Parse(l[(l.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
        Assert.Equal(calls.Sum(), rows.Sum());
    }
}
