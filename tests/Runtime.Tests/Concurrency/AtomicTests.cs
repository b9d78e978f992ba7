using System.Globalization;

namespace Ktap.Runtime.Tests.Concurrency;

/// <summary>Updates by operators from two CPUs at once, and from user space against both: each is one step.</summary>
[Collection("kernel")]
public class AtomicTests
{
    private const string Probe = "trace syscalls:sys_enter_getpgid ";

    // Two writers, so often each, in rows of so many calls for the same key: every key gets Calls updates.
    private const int Rounds = 5, Keys = 2000, Repeat = 3, Calls = 2 * Rounds * Repeat;

    [Theory]
    [InlineData("+=", "3", 1L, 1L + (3 * Calls))]
    [InlineData("-=", "3", 1L, 1L - (3 * Calls))]
    [InlineData("*=", "3", 1L, 205891132094649L)]
    [InlineData("<<=", "2", 3L, 3L << (2 * Calls))]
    [InlineData(">>=", "2", long.MaxValue, long.MaxValue >> (2 * Calls))]
    [InlineData("/=", "3", 205891132094649L * 7, 7L)]
    [InlineData("%=", "7", 100L, 2L)]
    [InlineData("^=", "(tid == pid ? 5 : 0)", 1L, 1L)]
    [InlineData("|=", "(1 << arg1 % 60)", 0L, -1L)]
    [InlineData("&=", "~(1 << arg1 % 60)", -1L, -2L)]
    public void EveryOperatorOnASlot(string op, string operand, long start, long expected)
    {
        var run = LiveScript.Rounds(Rounds, Keys, Repeat, $$"""
            var t = {}
            for (i = 0, {{Keys - 1}}) { t[i] = {{start}} }
            trace syscalls:sys_enter_getpgid { t[arg1] {{op}} {{operand}} }
            trace_end { for (i = 0, {{Keys - 1}}) { printf("%d ", t[i]) } print("") }
            """);
        var values = run.Lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(n => long.Parse(n, CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(Keys, values.Length);
        for (var key = 0; key < Keys; key++)
            Assert.Equal(expected switch { -1 => 1L << (key % 60), -2 => ~(1L << (key % 60)), _ => expected }, values[key]);
        Assert.DoesNotContain("refused", run.Messages, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryOperatorOnAVariable()
    {
        const long calls = 2 * 10 * 60 * 30;
        var run = LiveScript.Rounds(10, 60, 30, """
            sum = 0 less = 0 product = 1 any = 0 odd = 0 all = -1
            trace syscalls:sys_enter_getpgid { sum += arg1 less -= 2 product *= 3 any |= 1 << arg1 odd ^= arg1 + 1 all &= ~(1 << arg1) count++ }
            trace_end { print(sum, less, product, any, odd, all, count) }
            """);
        var product = 1L;
        for (var i = 0; i < calls; i++) product = unchecked(product * 3);
        Assert.Equal([2 * 10 * 30 * (59 * 60 / 2), -2 * calls, product, (1L << 60) - 1, 0, ~((1L << 60) - 1), calls], run.Numbers);
        Assert.Equal("ktap: command exited with status 0\n", run.Messages);
    }

    [Theory]
    [InlineData("t[arg1] += 1")]
    [InlineData("t[arg1, 1] += 1")]
    [InlineData("t[execname == \"odd\" ? arg1 : arg1, \"x\"] -= -1")]
    public void TheFirstInsertionByTwoAtOnce(string update)
    {
        var run = LiveScript.Rounds(1, 9000, 1, Probe + "{ " + update + """
             }
            trace_end { for (k, v in pairs(t)) { if (v != 2) { wrong[k] = v } } print(len(t), len(wrong)) }
            """);
        Assert.Equal([9000, 0], run.Numbers);
        Assert.Equal("ktap: command exited with status 0\n", run.Messages);
    }

    [Theory]
    [InlineData("+=", "1")]
    [InlineData("-=", "-1")]
    public void UserSpaceAddsToSlotsThatHandlersAddTo(string op, string operand)
    {
        var (run, calls) = LiveScript.Hammer(1000, 3, Probe + "{ t[arg1, \"key\"] += 1 }" + $$"""

            tick-1ms { for (i = 1, 50) { t[0, "key"] {{op}} {{operand}} t[i, "new"] += i more += 1 } }
            trace_end { print(t[0, "key"] - more, t[1, "key"], t[2, "key"], t[50, "new"] - more) }
            """);
        Assert.Equal(calls, run.Numbers[..3]);
        Assert.Equal("ktap: command exited with status 0\n", run.Messages);
    }

    [Fact]
    public void UserSpaceMultipliesWhatHandlersMultiply()
    {
        var (run, calls) = LiveScript.Hammer(1000, 1, """
            var t = {[0] = 1}
            x = 1
            trace syscalls:sys_enter_getpgid { t[arg1] *= 3 x *= 3 }
            tick-1ms { for (i = 1, 20) { t[0] *= 3 x *= 3 more += 1 } }
            trace_end { print(t[0], x, more) }
            """);
        var product = 1L;
        for (var i = 0L; i < calls[0] + run.Numbers[2]; i++) product = unchecked(product * 3);
        Assert.Equal([product, product], run.Numbers[..2]);
        Assert.Equal("ktap: command exited with status 0\n", run.Messages);
    }

    [Fact]
    public void UserSpaceAddsToVariablesThatHandlersAddTo()
    {
        var (run, calls) = LiveScript.Hammer(500, 1, Probe + "{ n += 1 } tick-1ms { for (i = 1, 5000) { n += 1 more += 1 } } trace_end { print(n - more) }");
        Assert.Equal(calls[0], run.Numbers[0]);
    }

    [Fact]
    public void DivisionByZeroInUserSpaceIsAnErrorThere()
    {
        var (run, _) = LiveScript.Hammer(60_000, 1, Probe + "{ t[arg1] += 1 }\ntick-10ms { t[0] /= (len(t) - len(t)) }");
        Assert.StartsWith("-e:2:13: error KT0601", run.Messages);
        Assert.Equal(1, run.Status);
    }
}
