using Ktap.Cli.Tests.FirstLight;

namespace Ktap.Cli.Tests.Aggregates;

/// <summary>Aggregates as a user sees them: a command writes 1, 2 … 1000 bytes to descriptor 3.</summary>
public class AggregateTests
{
    private const string Writes = "trace syscalls:sys_enter_write /fd == 3/ ";

    private static readonly string[] Writer = ["--", "perl", "-e", "open(F, '>/dev/null'); syswrite(F, 'x' x $_) for 1..1000"];

    private static string Trace(string script, params string[] options)
    {
        var run = KtapProcess.Run(["-q", .. options, "-e", script, .. Writer]);
        Assert.Equal((0, "ktap: command exited with status 0\n"), (run.Status, run.Messages));
        return run.Output;
    }

    [Theory]
    [InlineData("t[fd] <<< arg3", "for (k, t in pairs(t)) { print(k, count(t), sum(t), avg(t), min(t), max(t), stddev(t), quantile(t, 50), quantile(t, 99)) }")]
    [InlineData("x <<< arg3", "t = x print(3, count(t), sum(t), avg(t), min(t), max(t), stddev(t), quantile(t, 50), quantile(t, 99))")]
    public void ReadersGiveWhatWasSampled(string sample, string read) =>
        Assert.Equal("3\t1000\t500500\t500\t1\t1000\t288\t499\t983\n", Trace(Writes + "{ " + sample + " } trace_end { " + read + " }"));

    [Fact]
    public void TheSpellingOfDTrace() => Assert.Equal("1000\t500500\t500\t1\t1000\t288\t3\n", Trace(Writes +
        "{ a[fd] = count() b[fd] = sum(arg3) c = avg(arg3) d = min(arg3) e[execname] = max(arg3) f = stddev(arg3) g = min(arg3, 3, 1000) } trace_end { print(a[3], b[3], c, d, e.perl, f, max(g, -5)) }"));

    [Fact]
    public void RowsAreExact() => Assert.Equal("""
        [1]                     1 |                                                    |
        [2, 4)                  2 |                                                    |
        [4, 8)                  4 |                                                    |
        [8, 16)                 8 |                                                    |
        [16, 32)               16 |@                                                   |
        [32, 64)               32 |@@@                                                 |
        [64, 128)              64 |@@@@@@                                              |
        [128, 256)            128 |@@@@@@@@@@@@@                                       |
        [256, 512)            256 |@@@@@@@@@@@@@@@@@@@@@@@@@@@                         |
        [512, 1K)             489 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
        perl:
        (..., 100)             99 |@@@@@@@@@@@@@@@@@@@                                 |
        [100, 350)            250 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@   |
        [350, 600)            250 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@   |
        [600, 740)            140 |@@@@@@@@@@@@@@@@@@@@@@@@@@@                         |
        [740, ...)            261 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|

        """,
        Trace(Writes + "{ x <<< arg3 l[execname] = lhist(arg3, 100, 740, 250) } trace_end { quantize(x) print_hist(l) }"));

    [Fact]
    public void WhatNothingPrintsIsPrintedAtTheEnd() => Assert.Equal("""
        calls:
                                 value ------------- Distribution ------------- count
                                      3 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@ 1000

        mean:
        [3] = 500

        sizes:
        perl:
        [0, 1000)             999 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
        [1000, ...)             1 |                                                    |

        longest = 1000

        """,
        Trace(Writes + "{ calls[fd] = count() mean[fd] = avg(arg3) sizes[execname] = lhist(arg3, 0, 1000, 1000) longest = max(arg3) }"));

    [Fact]
    public void AVariableThatIsOnlySampledIsADistribution() =>
        Assert.Equal("x =\n[8, 16)              1000 |" + new string('@', 52) + "|\n", Trace(Writes + "{ x <<< 9 }"));

    // As in arithmetic, an address is an integer.
    [Fact]
    public void AddressesAreSamples() => Assert.Equal("1000\ttrue\ttrue\n", Trace(Writes + "{ a <<< buf b = max(buf) c += buf > 0 ? 1 : 0 } trace_end { print(c, count(a) == 1000, b == max(a)) }"));

    [Fact]
    public void AFullTableIsSaid()
    {
        var run = KtapProcess.Run(["-q", "--max-entries", "10", "-e", Writes + "{ t[arg3] = sum(arg3) } trace_end { print(len(t)) }", .. Writer]);
        Assert.Equal("10\n", run.Output);
        Assert.Contains("table 't' was full: 990 updates refused (--max-entries is 10)", run.Messages);
    }

    [Fact]
    public void AHandlerCanEmptyATableOfAggregates() =>
        Assert.Equal("0\n", Trace(Writes + "{ t[fd, probename] <<< arg3 if (arg3 == 1000) { delete(t) } } trace_end { print(len(t)) }"));

    [Theory]
    [InlineData("{ t[fd] <<< arg3 t[1] = 5 }", "KT0282: table 't' would hold aggregates and something else")]
    [InlineData("{ t[fd] = count() t[1] = sum(arg3) }", "KT0282: table 't' would hold")]
    [InlineData("{ t[fd] = lhist(arg3, 0, 9, 1) t[1] = lhist(arg3, 0, 9, 2) }", "KT0282: table 't' would hold")]
    [InlineData("{ x <<< arg3 x += 1 }", "KT0282: variable 'x' would hold")]
    [InlineData("{ t[fd] <<< arg3 if (t[fd] > 3) { n += 1 } }", "KT0283: 't' holds an aggregate: a handler can add to it, and not read it")]
    [InlineData("{ x <<< arg3 print(x) }", "KT0283: 'x' holds an aggregate")]
    [InlineData("{ t[fd] <<< arg3 for (k in pairs(t)) { n += 1 } }", "KT0283: 't' holds an aggregate")]
    [InlineData("{ print(avg(arg3)) }", "KT0284: 'avg' has no value in a handler")]
    [InlineData("{ x = hist(arg3) + 1 }", "KT0284: 'hist' has no value in a handler")]
    [InlineData("{ print(max(arg3)) }", "KT0258: 'max' takes two or more integers in a handler")]
    [InlineData("{ var x x <<< arg3 }", "KT0285: 'x' is gone when the handler ends")]
    [InlineData("{ x <<< execname }", "KT0286: a sample is an integer, not a string")]
    [InlineData("{ x = sum(execname) }", "KT0286: a sample is an integer, not a string")]
    [InlineData("{ t[fd] <<< arg3 delete(t[fd]) }", "KT0287: 't' holds aggregates: a handler can't remove one")]
    [InlineData("{ x <<< arg3 x = nil }", "KT0287: 'x' holds aggregates")]
    [InlineData("{ x = lhist(arg3, 0, arg3, 5) }", "KT0281: the bounds and the step of 'lhist' have to be constants")]
    [InlineData("{ x = lhist(arg3, 5, 5, 5) }", "KT0280: these are no rows of a distribution: the lower bound has to be less than the upper one")]
    public void WhatAHandlerCantDo(string handler, string message)
    {
        var run = KtapProcess.Run("-d", "-e", Writes + handler);
        Assert.Equal(1, run.Status);
        Assert.Contains("error " + message, run.Messages);
    }
}
