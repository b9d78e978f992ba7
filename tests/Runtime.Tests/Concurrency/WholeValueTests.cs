namespace Ktap.Runtime.Tests.Concurrency;

/// <summary>Values larger than a word in shared variables: two writers on two CPUs replace them, handlers and ticks see one or the other, whole.</summary>
[Collection("kernel")]
public class WholeValueTests
{
    private const string Probe = "trace syscalls:sys_enter_getpgid ";

    // Two strings of 80 bytes, each made of one letter.
    private static readonly string Even = new('a', 80), Odd = new('b', 80);

    [Fact]
    public void AStringIsNeverTorn()
    {
        var (run, calls) = LiveScript.HammerUntilStopped(2, $$"""
            x = "{{Even}}"
            {{Probe}} {
                if (execname == "even") { x = "{{Even}}" } else { x = "{{Odd}}" }
                var now = x
                if (now != "{{Even}}" and now != "{{Odd}}") { torn += 1 }
                if (now == "{{Odd}}") { odd += 1 } else { even += 1 }
            }
            tick-1ms {
                if (x != "{{Even}}" and x != "{{Odd}}") { seen += 1 }
                if (ticks % 16 == 0) { x = ticks % 32 == 0 ? "{{Even}}" : "{{Odd}}" }
                ticks += 1
                if (ticks == 1000) { stop() }
            }
            trace_end { print(torn, seen, even + odd) }
            """);
        Assert.Equal($"nil\tnil\t{calls.Sum()}", run.Lines[^1]);
        Assert.Equal("ktap: command exited with status 0\n", run.Messages);
    }

    [Fact]
    public void AnIntegerThatBecomesNilIsNeverSeenAsZero()
    {
        var (run, calls) = LiveScript.HammerUntilStopped(2, $$"""
            {{Probe}} {
                if (execname == "even") { if (arg1 == 0) { x = nil } else { x = 7 } }
                var now = x
                if (now == nil) { none += 1 } elseif (now == 7) { seven += 1 } else { wrong += 1 }
            }
            tick-1ms { var now = x if (now != nil and now != 7) { seen += 1 } if (ticks % 16 == 0) { x = ticks % 32 == 0 ? nil : 7 } ticks += 1 if (ticks == 500) { stop() } }
            trace_end { print(wrong, seen, none + seven) }
            """);
        Assert.Equal($"nil\tnil\t{calls.Sum()}", run.Lines[^1]);
        Assert.Equal("ktap: command exited with status 0\n", run.Messages);
    }

    [Fact]
    public void AStringThatMayBeNilIsNeverTorn()
    {
        var (run, calls) = LiveScript.HammerUntilStopped(3, $$"""
            {{Probe}} {
                if (arg1 == 0) { x = "{{Even}}" } elseif (arg1 == 1) { x = nil } else { x = "{{Odd}}" }
                var now = x
                if (now == nil) { none += 1 } elseif (now == "{{Even}}") { even += 1 } elseif (now == "{{Odd}}") { odd += 1 } else { torn += 1 }
            }
            tick-1ms { var now = x if (now != nil and now != "{{Even}}" and now != "{{Odd}}") { seen += 1 } ticks += 1 if (ticks == 500) { stop() } }
            trace_end { print(torn, seen, none + even + odd) }
            """);
        Assert.Equal($"nil\tnil\t{calls.Sum()}", run.Lines[^1]);
        Assert.Equal("ktap: command exited with status 0\n", run.Messages);
    }

    // What a handler has stored itself it finds again, or something that came later.
    [Fact]
    public void AMixedValueIsReplacedAndAddedToWhole()
    {
        var (run, calls) = LiveScript.HammerUntilStopped(1, $$"""
            x = 0 y = 0
            {{Probe}} {
                x += 1
                if (execname == "even") { y = "{{Even}}" } else { y = -1 }
                var now = y
                if (now != "{{Even}}" and now != -1) { torn += 1 }
                if (arg1 < 0) { x = "never" }
            }
            tick-1ms { if (y != "{{Even}}" and y != -1 and y != 0) { seen += 1 } x += 1 ticks += 1 if (ticks == 500) { stop() } }
            trace_end { print(torn, seen, x - ticks) }
            """);
        Assert.Equal($"nil\tnil\t{calls.Sum()}", run.Lines[^1]);
        Assert.Equal("ktap: command exited with status 0\n", run.Messages);
    }

    [Fact]
    public void AStringInASlotIsNeverTorn()
    {
        var (run, calls) = LiveScript.HammerUntilStopped(1, $$"""
            var t = {k = "{{Even}}"}
            {{Probe}} {
                if (execname == "even") { t["k"] = "{{Even}}" } else { t["k"] = "{{Odd}}" }
                var now = t["k"]
                if (now == "{{Odd}}") { odd += 1 } elseif (now == "{{Even}}") { even += 1 } else { torn += 1 }
                for (k, v in pairs(t)) { if (v != "{{Even}}" and v != "{{Odd}}") { torn += 1 } }
            }
            tick-1ms { if (t.k != "{{Even}}" and t.k != "{{Odd}}") { seen += 1 } ticks += 1 if (ticks == 1000) { stop() } }
            trace_end { print(torn, seen, even + odd) }
            """);
        Assert.Equal($"nil\tnil\t{calls.Sum()}", run.Lines[^1]);
        Assert.Equal("ktap: command exited with status 0\n", run.Messages);
    }

    [Fact]
    public void StringsComeAndGoAsTheyAreStored()
    {
        var run = LiveScript.Rounds(1, 40, 1, $$"""
            x = "from main"
            {{Probe}} /execname == "odd"/ { if (arg1 == 0) { first = x } x = x == nil ? "nothing" : (arg1 % 3 == 0 ? nil : probename .. arg1) last = x }
            trace_end { print(first, x, last, x == last) x = 5 print(x) }
            """);
        Assert.Equal("from main\tnil\tnil\ttrue\n5\n", run.Output);
    }
}
