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
        var run = LiveScript.Rounds(1, 16000, 1, Probe + "{ print(execname, nsecs) }");
        var records = run.Lines.Select(l => l.Split('\t')).Select(l => (Writer: l[0], Time: long.Parse(l[1], CultureInfo.InvariantCulture))).ToArray();
        Assert.Equal(32000, records.Length);
        // A handler reads the clock before its place in the ring is reserved, and its writer's next one reads it afterwards. So what stands before a record has read the clock
        // before that next one has, however long a processor pauses in between.
        var next = new Dictionary<string, long>();
        var bounds = new long[records.Length];
        for (var i = records.Length - 1; i >= 0; i--)
        {
            bounds[i] = next.GetValueOrDefault(records[i].Writer, long.MaxValue);
            next[records[i].Writer] = records[i].Time;
        }
        var latest = 0L;
        for (var i = 0; i < records.Length; latest = Math.Max(latest, records[i++].Time)) Assert.True(latest <= bounds[i], $"record {i} stands behind a later one");
    }

    [Fact]
    public void WhatHandlersSentBeforeATickPrintsBeforeIt()
    {
        // A handler prints and counts afterwards, so what a tick has seen counted was sent before the next tick starts: that one's line comes behind it. Of each
        // writer, because the prints of one keep their order. Tracing ends when enough ticks have seen something new.
        const int ticks = 25;
        var (run, _) = LiveScript.Hammer(60_000, 64, Probe + """
            /arg1 == 0/ { print(execname) if (execname == "even") { even += 1 } else { odd += 1 } }
            tick-10ms { var a = even or 0 var b = odd or 0 print("tick", a, b) if (a + b != (last or 0)) { last = a + b news += 1 } if (news == 
            """ + ticks + ") { exit() } }");
        var (printed, counted) = (new Dictionary<string, long> { ["even"] = 0, ["odd"] = 0 }, (Even: 0L, Odd: 0L));
        var news = 0;
        foreach (var line in run.Lines.Select(l => l.Split('\t')))
        {
            if (line[0] != "tick")
            {
                printed[line[0]]++;
                continue;
            }
            Assert.True(printed["even"] >= counted.Even && printed["odd"] >= counted.Odd, $"a tick prints after {printed["even"]} and {printed["odd"]} lines, and the one before it has seen {counted}");
            var now = (long.Parse(line[1], CultureInfo.InvariantCulture), long.Parse(line[2], CultureInfo.InvariantCulture));
            if (now != counted) news++;
            counted = now;
        }
        Assert.Equal(ticks, news);
    }

    [Fact]
    public void TicksHaveTheirTurnWhileHandlersSendWithoutEnd()
    {
        var (run, _) = LiveScript.Hammer(60_000, 1, Probe + "{ print(1) } tick-100ms { exit(6) }");
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
            // One handler on each CPU at most comes to its exit, and none starts after the first has set the flag; neither writer comes to its 1002nd.
            Assert.InRange(run.Numbers[1], 1, 2);
            Assert.InRange(run.Numbers[0], 1001, 2002);
            Assert.Equal(run.Numbers[1], run.Numbers[2] + run.Numbers[3]);
            Assert.Equal(1, run.Numbers[2 + run.Status - 10]);
        }
    }

    [Fact]
    public void ADeferredDeleteTakesAwayWhatTheDeferredPrintHasShown()
    {
        // One writer asks for it: two at once could send both prints before both deletes.
        var (run, calls) = LiveScript.Hammer(1000, 50, Probe + """
            { s[arg1] += 1 if (execname == "even" and arg1 == 0) { turns += 1 if (turns % 100 == 0) { print_hist(s, 100) delete(s) } } }
            trace_end { print_hist(s, 100) }
            """);
        var rows = run.Lines.Where(l => l.Contains(" |", StringComparison.Ordinal)).Select(l => long.Parse(l[(l.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
        Assert.Equal(calls.Sum(), rows.Sum());
    }
}
