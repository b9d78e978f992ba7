namespace Ktap.Runtime.Tests.Concurrency;

/// <summary>Tables of tables in handlers: one table in the kernel, tables of tables for user space.</summary>
[Collection("kernel")]
public class NestedTableTests
{
    private const string Probe = "trace syscalls:sys_enter_getpgid ";

    [Theory]
    [InlineData("t[execname][arg1] += 1", "t.even[2], t.odd[0], len(t), len(t.odd), t.nobody")]
    [InlineData("if (t[execname][arg1] == nil) { t[execname][arg1] = 0 } t[execname][arg1]++", "t.even[2], t[\"odd\"][0], len(t), len(t.odd), t.nobody")]
    [InlineData("t[execname][arg1, 7] += 1", "t.even[2, 7], t.odd[0, 7], len(t), len(t.odd), t.nobody")]
    [InlineData("t[execname].x[arg1] += 1", "t.even.x[2], t.odd.x[0], len(t), len(t.odd.x), t.even.y")]
    public void HandlersFillTablesOfTables(string body, string printed)
    {
        var run = LiveScript.Rounds(4, 3, 5, Probe + "{ " + body + " } trace_end { print(" + printed + ") }");
        Assert.Equal(("20\t20\t2\t3\tnil\n", "ktap: command exited with status 0\n"), (run.Output, run.Messages));
    }

    [Fact]
    public void WhatMainHasPutInIsThereAndComesBack()
    {
        var run = LiveScript.Rounds(1, 3, 5, """
            var t = {}
            t[0] = {}
            t[0]["calls"] = 100
            t[9] = {calls = 7}
            nine = t[9]
            """.Replace("nine = t[9]", "") + "\n" + Probe + """
            { t[arg1]["calls"] += 1 if (t[9]["calls"] == 7) { seen += 1 } }
            trace_end { t[0].more = {1} print(t[0].calls, t[1].calls, t[2].calls, t[9].calls, seen, len(t), t[0].more[1]) }
            """);
        Assert.Equal("110\t10\t10\t7\t30\t4\t1\n", run.Output);
    }

    [Fact]
    public void TicksGoOverThemAndTakeThemApart()
    {
        var (run, calls) = LiveScript.Hammer(1000, 3, Probe + """
            { t[execname][arg1] += 1 }
            tick-20ms {
                for (name, inner in pairs(t)) { for (k, v in pairs(inner)) { sum[k] += v } }
                delete(t)
            }
            trace_end {
                for (name, inner in pairs(t)) { for (k, v in pairs(inner)) { sum[k] += v } }
                print(sum[0], sum[1], sum[2])
            }
            """);
        Assert.Equal(calls, run.Numbers);
    }

    [Fact]
    public void TicksStoreToThem()
    {
        var (run, calls) = LiveScript.HammerUntilStopped(2, Probe + """
            { t["a"][arg1] += 1 }
            tick-20ms {
                t.b = {[1] = 5, [2] = 6}
                t.b[1] += 1 t["c"][arg0_of] = 1
                var inner = t.a
                if (inner) { moved += inner[0] or 0 delete(inner[0]) moved1 += inner[1] or 0 inner[1] = 0 }
                if (ticks == 3) { t.c = nil }
                ticks += 1 if (ticks == 10) { stop() }
            }
            trace_end { print(moved + (t.a[0] or 0), moved1 + (t.a[1] or 0), t.b[1], t.b[2], len(t.b)) }
            """.Replace("arg0_of", "0"));
        Assert.Equal([.. calls, 6, 6, 2], run.Numbers);
    }

    [Fact]
    public void AggregatesMayBeNested()
    {
        var run = LiveScript.Rounds(4, 3, 5, Probe + "{ t[execname][arg1] <<< arg1 } trace_end { print(count(t.odd[2]), sum(t.even[2]), len(t.even)) }");
        Assert.Equal("20\t40\t3\n", run.Output);
    }

    [Theory]
    [InlineData("d.a.b += 1 d[\"z\"].q += 1")]
    [InlineData("d[\"a\"].b += 1 d.z.q += 1")]
    [InlineData("var k = \"a\" d[k].b += 1 d.z.q += 1 d.a.c += 1")]
    public void ATableThatMainHasPutInIsUsedByIndexAndByName(string body)
    {
        var run = LiveScript.Rounds(1, 1, 3, "d = { a = { b = 1 } }\n" + Probe + "{ " + body + " } trace_end { print(d.a.b, d.z.q) }");
        Assert.Equal(("7\t6\n", "ktap: command exited with status 0\n"), (run.Output, run.Messages));
    }

    [Fact]
    public void ATableThatIsUsedAloneTooIsAnErrorThatSaysHow()
    {
        var run = LiveScript.Check("d = { a = { b = 1 } }\n" + Probe + "{ d.a.b += 1 d[\"z\"].q += 1 n = len(d.a) }");
        Assert.Contains("error KT0292: table 'd.a' in 'd'", run.Messages, StringComparison.Ordinal);
        Assert.Contains("write all uses in one way, as d[\"name\"][key] (not d.name[key])", run.Messages, StringComparison.Ordinal);
    }

    [Fact]
    public void TablesUnderNamesHaveThoseNames()
    {
        var run = LiveScript.Rounds(1, 1, 3, "var d = { a = { n = 5 } } d.b = {}\n" + Probe + "{ d.a.n += 1 d.b[execname] = 1 }");
        Assert.Contains("d.a:\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("d.b:\n", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("t[1][2] += 1 n = len(t)", "KT0290")]
    [InlineData("t[1][2] += 1 t[1][2][3] += 1", "KT0290")]
    [InlineData("t[1][2] += 1 t[1, 2] += 1", "KT0290")]
    [InlineData("u[1][2] += 1", "KT0291")]
    [InlineData("twice[1][2] += 1", "KT0292")]
    public void OtherUsesAreRefused(string body, string code)
    {
        var run = LiveScript.Check("u = {5} var inner = {} twice = {} twice[1] = inner twice[2] = inner\n" + Probe + "{ " + body + " }");
        Assert.Contains($"error {code}:", run.Messages, StringComparison.Ordinal);
        Assert.Equal(1, run.Status);
    }
}
