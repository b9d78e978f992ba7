using static Ktap.Runtime.Tests.User.UserScript;

namespace Ktap.Runtime.Tests.User;

/// <summary>Static markers of a program, by each of the ways in which kernels attach probes.</summary>
public sealed class MarkerTests
{
    public static TheoryData<string> Ways => Kernels;

    [Theory]
    [MemberData(nameof(Ways))]
    public void EveryHitIsCounted(string kernel) => Assert.Equal(["321\tshop"], Lines("trace sdt:PROGRAM:bare { n += 1 g = probegroup } trace_end { print(n, g) }", ["marks", "321"], kernel));

    [Theory]
    [MemberData(nameof(Ways))]
    public void OneWithASemaphoreFiresBecauseItIsTraced(string kernel) =>
        Assert.Equal(["0", "1", "2"], Lines("trace sdt:PROGRAM:asked { print(arg1) }", ["marks", "3"], kernel));

    [Fact]
    public void ArgumentsInRegistersHaveTheirWidthAndSign() =>
        Assert.Equal(["-3\t18446744073709551614\t-3\t65534"], Lines("trace sdt:PROGRAM:registers { print(arg1, arg2, arg3, arg4) }", ["marks", "1"]));

    [Fact]
    public void ArgumentsThatAreConstants() => Assert.Equal(["5\t-6\t-1"], Lines("trace sdt:PROGRAM:constants { print(arg1, arg2, arg3) }", ["marks", "1"]));

    [Fact]
    public void ArgumentsInMemory() => Assert.Equal(["-5000000000\t200"], Lines("trace sdt:PROGRAM:memory { print(arg1, arg2) }", ["marks", "1"]));

    [Fact]
    public void ArgumentsInArrays() => Assert.Equal(["100\t-200", "-200\t300", "300\t-400"], Lines("trace usdt:PROGRAM:shop:indexed { print(arg1, arg2) }", ["marks", "3"]));

    [Fact]
    public void ArgumentsInVariablesOfTheProgram() => Assert.Equal(["7\t-200"], Lines("trace sdt:PROGRAM:symbol { print(arg1, arg2) }", ["marks", "1"]));

    [Theory]
    [MemberData(nameof(Ways))]
    public void OneMarkerInTwoPlacesThatHaveTheirArgumentsElsewhere(string kernel) => Assert.Equal(
        ["3\t3"], Lines("trace sdt:PROGRAM:both { s[arg1 > 0 and arg1 < 4] += 1 } trace_end { print(s[true], s[false]) }", ["marks", "3"], kernel));

    [Theory]
    [MemberData(nameof(Ways))]
    public void AGlobTellsMarkersApart(string kernel) => Assert.Equal(["9\t10\t5\t5"], Lines(
        "trace sdt:PROGRAM:shop:* { s[probename] += 1 } trace_end { print(len(s), s.both, s.bare, s.asked) }", ["marks", "5"], kernel));

    [Fact]
    public void EventsAsText() => Assert.Equal(["(constants) arg1=5 arg2=-6 arg3=-1", "(memory) arg1=-5000000000 arg2=200", "(float) arg2=3"],
        Lines("trace sdt:PROGRAM:constants, sdt:PROGRAM:memory, sdt:PROGRAM:float { print(argstr) }", ["marks", "1"]));

    [Fact]
    public void AFloatingPointNumberCantBeRead()
    {
        Assert.Contains("argument 1 of shop:float can't be read: it is a floating-point number", Refused("trace sdt:PROGRAM:float { print(arg1) }", "marks", "1"));
        Assert.Equal(["3"], Lines("trace sdt:PROGRAM:float { print(arg2) }", ["marks", "1"]));
    }

    [Fact]
    public void MistakesAreSentences()
    {
        Assert.Contains("has no marker 'barf'", Refused("trace sdt:PROGRAM:barf { n += 1 }", "marks", "1"));
        Assert.Contains("the nearest that exist: bare", Refused("trace sdt:PROGRAM:barf { n += 1 }", "marks", "1"));
        Assert.Contains("has no 'arg1'", Refused("trace sdt:PROGRAM:bare { print(arg1) }", "marks", "1"));
        Assert.Contains("/bin/true has no static markers", Refused("trace sdt:/bin/true:* { n += 1 }", "marks", "1"));
        Assert.Contains("doesn't say which marker", Refused("trace sdt:PROGRAM { n += 1 }", "marks", "1"));
    }
}
