namespace Ktap.Runtime.Tests.Concurrency;

/// <summary>Tables with few known keys, and variables that are only added to, whose sums each processor keeps for itself: exact against two writers on two CPUs.</summary>
[Collection("kernel")]
public class StripedTests
{
    private const string Probe = "trace syscalls:sys_enter_getpgid ";

    [Fact]
    public void ATickTakesOutWhatItHasSeenKeyByKey()
    {
        var (run, calls) = LiveScript.Hammer(1000, 8, Probe + """
            { s[arg1 & 7] += 1 }
            tick-1ms { for (k, v in pairs(s)) { seen[k] += v } delete(s) }
            trace_end { for (k, v in pairs(s)) { seen[k] += v } for (i = 0, 7) { printf("%d ", seen[i]) } print("") }
            """);
        Assert.Equal(calls, Array.ConvertAll(run.Lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries), long.Parse));
    }

    [Theory]
    [InlineData("s[probename] += 1", 1)]
    [InlineData("s[cpu] += 3", 3)]
    [InlineData("s[arg0] += 1 s[5] += 1", 2)]
    [InlineData("s[\"a\"] += 1 s[\"b\"] -= 2", -1)]
    [InlineData("s[arg1 == 1] += arg1 s[arg1 != 1] += 1 - arg1", 1)]
    [InlineData("s[probename] += 1 s[\"other\"] += 1", 2)]
    public void SumsOfEveryKindOfKeyAreExact(string body, long step)
    {
        var (run, calls) = LiveScript.Hammer(500, 3, Probe + "{ " + body + " } " + """
            tick-5ms { for (k, v in pairs(s)) { sum += v } delete(s) }
            trace_end { for (k, v in pairs(s)) { sum += v } print(sum) }
            """);
        Assert.Equal(step * calls.Sum(), run.Numbers[0]);
    }

    [Theory]
    [InlineData("n = 0")]
    [InlineData("n = nil")]
    public void TwoProgramsMayAddToOneSum(string reset)
    {
        var (run, calls) = LiveScript.Hammer(500, 1, Probe + "{ n += 1 s[cpu] += 1 } trace syscalls:sys_exit_getpgid { n += 1 s[cpu] += 1 } tick-1ms { if (n) { total += n " + reset + """
             } }
            trace_end { if (n) { total += n } for (k, v in pairs(s)) { sum += v } print(total, sum) }
            """);
        Assert.Equal([2 * calls.Sum(), 2 * calls.Sum()], run.Numbers);
    }

    [Fact]
    public void WhatIsAddedToIsThereAlsoWhereItIsZero()
    {
        var (run, _) = LiveScript.Hammer(200, 1, Probe + """
            { a += 0 s["zero"] += 0 t["up"] += 1 t["up"] -= 1 if (arg1 == 77) { b += 1 s["never"] += 1 } }
            trace_end { print(a, b, s["zero"], s["never"], t["up"], len(s)) }
            """);
        Assert.Equal("0\tnil\t0\tnil\t0\t1", run.Lines[^1]);
    }

    [Fact]
    public void WhatMainLeftAndWhatTicksStoreIsAddedTo()
    {
        var (run, calls) = LiveScript.Hammer(500, 1, """
            s = {sys_enter_getpgid = 1000000, elsewhere = 7} n = 5
            trace syscalls:sys_enter_getpgid { s[probename] += 1 n += 1 }
            tick-1ms { ticks += 1 s["elsewhere"] += 1 n += 10 if (ticks == 5) { s["sys_enter_getpgid"] = s["sys_enter_getpgid"] + 1000 } }
            trace_end { print(s["sys_enter_getpgid"] - 1001000, s["elsewhere"] - 7 == ticks, n - 10 * ticks - 5) }
            """);
        Assert.Equal($"{calls.Sum()}\ttrue\t{calls.Sum()}", run.Lines[^1]);
    }

    [Fact]
    public void ATableWithoutRoomForAllKeysStillSaysSo()
    {
        var (run, calls) = LiveScript.Hammer(300, 3, Probe + "{ s[arg1 & 3] += 1 } trace_end { for (k, v in pairs(s)) { sum += v } print(len(s), sum) }", o => o with { MaxEntries = 2 });
        Assert.Equal(2, run.Numbers[0]);
        Assert.InRange(run.Numbers[1], 1, calls.Sum() - 1);
        Assert.Contains("full", run.Messages, StringComparison.Ordinal);
    }

    [Fact]
    public void BucketsOfAVariableAreTakenOutOnce()
    {
        var (run, calls) = LiveScript.Hammer(1000, 5, Probe + """
            { d <<< arg1 - 2 }
            tick-5ms { total += count(d) if (count(d) > 0) { shown = d } d = nil }
            trace_end { total += count(d) print(total) quantize(shown) }
            """);
        Assert.Equal(calls.Sum(), long.Parse(run.Lines[0], System.Globalization.CultureInfo.InvariantCulture));
    }
}
