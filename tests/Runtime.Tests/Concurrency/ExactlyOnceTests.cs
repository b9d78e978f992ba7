namespace Ktap.Runtime.Tests.Concurrency;

/// <summary>What ticks show and take away, against two writers on two CPUs: nothing is lost, and nothing is shown twice.</summary>
[Collection("kernel")]
public class ExactlyOnceTests
{
    private const string Probe = "trace syscalls:sys_enter_getpgid ";

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(3000)]
    public void ATickTakesOutWhatItHasSeenByIntegerKeys(int keys)
    {
        var (run, calls) = LiveScript.HammerUntilStopped(keys, """
            trace syscalls:sys_enter_getpgid { s[arg1] += 1 }
            tick-50ms { for (k, v in pairs(s)) { seen[k] += v } delete(s) ticks += 1 if (ticks == 20) { stop() } }
            trace_end { for (k, v in pairs(s)) { seen[k] += v } for (i = 0, len(seen) - 1) { printf("%d ", seen[i]) } print("") print(ticks >= 20) }
            """);
        Assert.Equal(calls, Array.ConvertAll(run.Lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries), long.Parse));
        Assert.Equal(("true", ""), (run.Lines[1], run.Messages.Replace("ktap: command exited with status 0\n", "")));
    }

    [Theory]
    [InlineData("s[execname] += 1", "even odd")]
    [InlineData("s[execname, cpu] += 1 s[execname, cpu] += 1", "even, 0 odd, 1")]
    [InlineData("s[execname, arg1 & 1, \"x\"] -= 1", "even, 0, x even, 1, x odd, 0, x odd, 1, x")]
    public void ATickTakesOutWhatItHasSeenByStringsAndSeveralKeys(string body, string keys)
    {
        var (run, calls) = LiveScript.Hammer(1000, 10, Probe + "{ " + body + " }" + """

            tick-20ms { for (k, v in pairs(s)) { sum += v names[k] = 1 } delete(s) }
            trace_end { for (k, v in pairs(s)) { sum += v } for (k, v in sort_pairs(names)) { printf("%s|", tostring(k)) } print("") print(sum) }
            """);
        var step = body.Split("+= 1").Length - 1 - (body.Split("-= 1").Length - 1);
        Assert.Equal(step * calls.Sum(), run.Numbers[0]);
        Assert.Equal(keys, string.Join(' ', run.Lines[0].Split('|', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void AHistogramEverySoOftenAddsUpToAllCalls()
    {
        var (run, calls) = LiveScript.HammerUntilStopped(3, Probe + "{ s[arg1] += 1 } tick-50ms { print_hist(s) delete(s) ticks += 1 if (ticks == 10) { stop() } } trace_end { print_hist(s) }");
        var rows = run.Lines.Where(l => l.Contains(" |", StringComparison.Ordinal)).Select(l => long.Parse(l[(l.LastIndexOf(' ') + 1)..])).ToArray();
        Assert.Equal(calls.Sum(), rows.Sum());
        Assert.True(run.Lines.Count(l => l.Contains("Distribution", StringComparison.Ordinal)) > 10);
    }

    [Fact]
    public void SlotsCanBeTakenOutOneByOneOrStoredTo()
    {
        var (run, calls) = LiveScript.Hammer(1000, 100, Probe + """
            { s[arg1] += 1 }
            tick-20ms { for (k, v in pairs(s)) { if ((k & 1) == 1) { odd += s[k] delete(s[k]) } else { even += v s[k] = 0 } } }
            trace_end { for (k, v in pairs(s)) { if ((k & 1) == 1) { odd += v } else { even += v } } print(odd, even) }
            """);
        Assert.Equal([calls.Where((_, i) => i % 2 == 1).Sum(), calls.Where((_, i) => i % 2 == 0).Sum()], run.Numbers);
    }

    [Fact]
    public void WhatATickSubtractsIsSubtractedFromWhatHandlersAdd()
    {
        var (run, calls) = LiveScript.Hammer(1000, 5, Probe + """
            { s[arg1] += 1 }
            tick-20ms { for (k, v in pairs(s)) { total += v s[k] -= v } }
            trace_end { for (k, v in pairs(s)) { total += v } print(total) }
            """);
        Assert.Equal(calls.Sum(), run.Numbers[0]);
    }

    [Theory]
    [InlineData("n = 0")]
    [InlineData("n = nil")]
    [InlineData("n -= seen")]
    public void AVariableGivesWhatWasSeen(string reset)
    {
        var (run, calls) = LiveScript.Hammer(1000, 1, Probe + "{ n += 1 } tick-1ms { var seen = n if (seen) { total += seen " + reset + """
             } }
            trace_end { if (n) { total += n } print(total) }
            """);
        Assert.Equal(calls.Sum(), run.Numbers[0]);
    }

    [Fact]
    public void ATickSeesOneStateOfWhatItReads()
    {
        var (run, calls) = LiveScript.HammerUntilStopped(1, Probe + """
            { s[arg1] += 1 n += 1 t[arg1] = nsecs }
            tick-50ms {
                var s1 = s[0] var n1 = n var t1 = t[0] var l1 = len(t)
                os.sleep(20)
                if (s[0] == s1 and n == n1 and t[0] == t1 and len(t) == l1) { same += 1 } else { other += 1 }
                n += 5 t[0] = 1 s[0] += 7
                if (n == (n1 or 0) + 5 and t[0] == 1 and s[0] == (s1 or 0) + 7) { own += 1 }
                ticks += 1 if (ticks == 10) { stop() }
            }
            trace_end { print(other, same == ticks, own == ticks, s[0] - 7 * ticks, n - 5 * ticks) }
            """);
        Assert.Equal($"nil\ttrue\ttrue\t{calls[0]}\t{calls[0]}", run.Lines[^1]);
    }
}
