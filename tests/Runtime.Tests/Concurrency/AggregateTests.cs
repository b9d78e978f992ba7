namespace Ktap.Runtime.Tests.Concurrency;

/// <summary>Ticks that take samples away from two writers on two CPUs: each sample is seen once.</summary>
[Collection("kernel")]
public class AggregateTests
{
    [Fact]
    public void ATickTakesOutTheSamplesThatItHasSeen()
    {
        var (run, calls) = LiveScript.HammerUntilStopped(50, """
            trace syscalls:sys_enter_getpgid { t[execname] <<< arg1 h[arg1] = hist(arg1) c[arg1] = count() }
            tick-100ms {
                for (k, v in pairs(t)) { n += count(v) s += sum(v) if (max(v) > 49 or min(v) < 0) { wrong += 1 } p = quantile(v, 50) }
                for (k, v in pairs(c)) { m += v }
                if (ticks == 1) { print_hist(h) } if (ticks == 10) { stop() }
                delete(t) delete(c) delete(h[0]) ticks += 1
            }
            trace_end {
                for (k, v in pairs(t)) { n += count(v) s += sum(v) }
                for (k, v in pairs(c)) { m += v }
                print(n, s, m, wrong == nil, ticks > 10)
            }
            """);
        Assert.Equal($"{calls.Sum()}\t{calls.Select((n, i) => n * i).Sum()}\t{calls.Sum()}\ttrue\ttrue", run.Lines[^1]);
        Assert.Equal("ktap: command exited with status 0\n", run.Messages);
    }

    [Fact]
    public void ATickTakesOutTheSamplesOfAVariable()
    {
        var (run, calls) = LiveScript.Hammer(1000, 50, """
            trace syscalls:sys_enter_getpgid { x <<< arg1 all <<< arg1 }
            tick-50ms { n += count(x) s += sum(x) if (max(x) > 49) { wrong += 1 } p = quantile(x, 99) x = nil }
            trace_end { print(n + count(x), s + sum(x), wrong, count(all), max(all)) }
            """);
        Assert.Equal($"{calls.Sum()}\t{calls.Select((n, i) => n * i).Sum()}\tnil\t{calls.Sum()}\t49", run.Lines[^1]);
    }
}
