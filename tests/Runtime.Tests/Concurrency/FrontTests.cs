using System.Globalization;
using System.Text.RegularExpressions;
using Ktap.Runtime.Machine;

namespace Ktap.Runtime.Tests.Concurrency;

/// <summary>Tables of any keys that handlers do nothing with but add to: each processor keeps sums in front of the map. Exact, key by key, against two writers on two CPUs.</summary>
[Collection("kernel")]
public class FrontTests
{
    private const string Probe = "trace syscalls:sys_enter_getpgid ";

    private const string PrintByKey = """ trace_end { for (i = 0, keys - 1) { printf("%d ", s[i] or 0) } print("") print(len(s)) }""";

    // The last has more keys than there are places, so that many are added to in both ways.
    [Theory]
    [InlineData(7)]
    [InlineData(1000)]
    [InlineData(16000)]
    public void SumsOfEachKeyAreExact(int keys)
    {
        var (run, calls) = LiveScript.Hammer(1000, keys, $"var keys = {keys} {Probe} {{ s[arg1] += 1 }} {PrintByKey}", o => o with { MaxEntries = 20000 });
        Assert.Equal(calls, Numbers(run.Lines[0]));
        Assert.Equal(calls.LongCount(c => c > 0), run.Numbers[0]);
    }

    [Theory]
    [InlineData("s[pid] += 1", 2, 1)]
    [InlineData("s[execname] += 1", 2, 1)]
    [InlineData("s[execname, pid] += 5", 2, 5)]
    [InlineData("s[execname, arg1, cpu, tid, pid] -= 2", 10, -2)]
    [InlineData("s[execname, execname, execname, execname, pid] += 1", 2, 1)]
    [InlineData("s[arg1 - 3] += 1 s[arg1 - 3] += arg1 - 2", 5, 1)]
    [InlineData("s[arg1 == 0 ? 77 : \"x\"] += 1", 2, 1)]
    public void SumsOfEveryKindOfKeyAreExact(string body, int slots, long step)
    {
        var (run, calls) = LiveScript.Hammer(500, 5, Probe + "{ " + body + " } " + """
            trace_end { for (k, v in pairs(s)) { sum += v } print(len(s), sum) }
            """);
        var expected = body.Contains("arg1 - 2", StringComparison.Ordinal) ? calls.Select((c, key) => c * (key - 1)).Sum() : step * calls.Sum();
        Assert.Equal([slots, expected], run.Numbers);
    }

    [Fact]
    public void SumsInTablesOfTablesAreExact()
    {
        var (run, calls) = LiveScript.Hammer(500, 5, Probe + "{ s[execname][arg1] += 1 } trace_end { for (k, t in pairs(s)) { slots += len(t) for (j, v in pairs(t)) { sum += v } } print(len(s), slots, sum) }");
        Assert.Equal([2, 10, calls.Sum()], run.Numbers);
    }

    [Fact]
    public void ATickSeesSumsThatOnlyGrow()
    {
        var (run, calls) = LiveScript.HammerUntilStopped(3000, $"var keys = 3000 {Probe}" + """
            { s[arg1] += 1 }
            tick-5ms {
                for (k, v in pairs(s)) { if (v < (last[k] or 0)) { shrunk += 1 } if (v == 0) { empty += 1 } last[k] = v }
                ticks += 1 if (ticks == 40) { stop() }
            }
            trace_end { print(shrunk, empty, ticks >= 40) }
            """ + PrintByKey);
        Assert.Equal("nil\tnil\ttrue", run.Lines[0]);
        Assert.Equal(calls, Numbers(run.Lines[1]));
    }

    [Theory]
    [InlineData(3000, "delete(s)")]
    [InlineData(9000, "delete(s)")]
    [InlineData(500, "for (k, v in pairs(s)) { delete(s[k]) }")]
    [InlineData(500, "for (k, v in pairs(s)) { s[k] = nil }")]
    public void ATickTakesOutWhatItHasSeen(int keys, string take)
    {
        var (run, calls) = LiveScript.HammerUntilStopped(keys, $"var keys = {keys} {Probe}" + "{ s[arg1] += 1 } tick-20ms { for (k, v in pairs(s)) { seen[k] += v if (v <= 0) { empty += 1 } } " + take + """
             ticks += 1 if (ticks == 20) { stop() } }
            trace_end { for (k, v in pairs(s)) { seen[k] += v } for (i = 0, keys - 1) { printf("%d ", seen[i] or 0) } print("") print(empty, ticks >= 20) }
            """);
        Assert.Equal(calls, Numbers(run.Lines[0]));
        Assert.Equal("nil\ttrue", run.Lines[1]);
    }

    [Fact]
    public void WhatTicksAddAndWhatMainLeftIsThereToo()
    {
        var (run, calls) = LiveScript.Hammer(500, 3, "s = {[0] = 1000, [99] = 7}" + Probe + """
            { s[arg1] += 1 }
            tick-1ms { ticks += 1 s[1] += 10 s[2] -= 1 }
            trace_end { print(s[0] - 1000, s[1] - 10 * ticks, s[2] + ticks, s[99]) }
            """);
        Assert.Equal($"{calls[0]}\t{calls[1]}\t{calls[2]}\t7", run.Lines[^1]);
    }

    [Fact]
    public void WhatAFullTableRefusesIsCounted()
    {
        var (run, calls) = LiveScript.Hammer(500, 300, Probe + "{ s[arg1] += 1 } trace_end { for (k, v in pairs(s)) { sum += v } print(len(s), sum) }", o => o with { MaxEntries = 100 });
        Assert.Equal(100, run.Numbers[0]);
        var refused = long.Parse(Regex.Match(run.Messages, "table 's' was full: ([0-9]+) updates refused").Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.Equal(calls.Sum(), run.Numbers[1] + refused);
    }

    [Theory]
    [InlineData("")]
    [InlineData("tick-10ms { for (k, v in pairs(s)) { len0 = len(s) } delete(u) }")]
    public void SumsOfZeroAndBelowAreThere(string tick)
    {
        var (run, calls) = LiveScript.Hammer(300, 2, Probe + "{ s[pid * 0] += 0 s[arg1 + 10] -= arg1 t[pid * 0] += 1 t[pid * 0] -= 1 u[arg1] += 1 } " + tick + """
            trace_end { print(len(s), s[0], s[10], s[11], len(t), t[0], s[1]) }
            """);
        Assert.Equal($"3\t0\t0\t{-calls[1]}\t1\t0\tnil", run.Lines[^1]);
    }

    [Fact]
    public void SeveralProgramsMayAddToOneTable()
    {
        var (run, calls) = LiveScript.Hammer(500, 500, Probe + """
            { s[arg1] += 1 t[execname] += 1 } trace syscalls:sys_exit_getpgid { s[arg1 * 0] += 2 t[execname] += 1 }
            tick-10ms { for (k, v in pairs(t)) { sum += v } delete(t) }
            trace_end { for (k, v in pairs(s)) { all += v } for (k, v in pairs(t)) { sum += v } print(all, sum) }
            """);
        Assert.Equal([3 * calls.Sum(), 2 * calls.Sum()], run.Numbers);
    }

    [Fact]
    public void AHandlerMayAddInLoopsAndToManyTables()
    {
        var (run, calls) = LiveScript.Hammer(300, 20, Probe + """
            { for (i = 1, arg1) { s[i] += i t[i, arg1] += 1 } u[arg1] += 1 if (arg1 > 3) { u[arg1 * 100] += 2 } }
            trace_end { for (k, v in pairs(s)) { a += v } for (k, v in pairs(t)) { b += v } for (k, v in pairs(u)) { c += v } print(a, b, c) }
            """);
        Assert.Equal([calls.Select((n, key) => n * key * (key + 1) / 2).Sum(), calls.Select((n, key) => n * key).Sum(), calls.Select((n, key) => key > 3 ? 3 * n : n).Sum()], run.Numbers);
    }

    // More than fit into a handler if each were looked for in front of the map too.
    [Fact]
    public void AHandlerMayHaveHundredsOfAdditions()
    {
        var additions = string.Concat(Enumerable.Range(0, 400).Select(i => $"s[arg1 + {i}] += {i}\n"));
        var run = LiveScript.Rounds(10, 7, 5, Probe + "{ " + additions + " } trace_end { for (k, v in pairs(s)) { sum += v } print(len(s), sum) }");
        Assert.Equal([406, 2 * 10 * 7 * 5 * (400 * 399 / 2)], run.Numbers);
    }

    private static long[] Numbers(string line) => Array.ConvertAll(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), l => long.Parse(l, CultureInfo.InvariantCulture));
}
