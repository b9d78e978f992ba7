using Ktap.Compiler.Lowering;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Tests.Lowering;

/// <summary>Which tables get places in front of their maps, and how many.</summary>
public class TableFrontTests
{
    [Theory]
    [InlineData("profile-97hz { s[pid] += 1 }", "s 256")]
    [InlineData("profile-97hz { s[pid] += 1 } profile-11hz { s[pid] -= 2 t[pid, execname] += 1 }", "s 256, s 256, t 256")]
    [InlineData("profile-97hz { s[pid] += 1 } tick-1s { delete(s) }", "s 256+256")]
    // Keys that are known, tables that are read or stored to, other updates, a key that is too long.
    [InlineData("profile-97hz { s[cpu] += 1 }", "")]
    [InlineData("profile-97hz { s[pid] += 1 n = s[1] }", "")]
    [InlineData("profile-97hz { s[pid] += 1 if (cpu == 1) { s[pid] = 0 } }", "")]
    [InlineData("profile-97hz { s[pid] |= 1 }", "")]
    [InlineData("profile-97hz { s[pid] = pid }", "")]
    [InlineData("profile-97hz { s[execname, execname, execname, execname, pid] += 1 }", "")]
    public void WhatIsOnlyAddedToUnderAnyKeyHasPlaces(string script, string expected) => Assert.Equal(expected, Describe(OtherKernel.Compile(script, f => f)));

    [Fact]
    public void NotWhereAPartMayBeSharedNorWithoutTheExchange()
    {
        Assert.Equal("", Describe(OtherKernel.Compile("profile-97hz { s[pid] += 1 }", f => f, isPortable: true)));
        Assert.Equal("", Describe(OtherKernel.Compile("profile-97hz { s[pid] += 1 }", f => f with { AtomicFetch = false })));
    }

    [Fact]
    public void NotWhereTheVerifierWalksTheRoundsOfALoop()
    {
        const string loop = "profile-97hz { for (i = 1, pid) { s[i] += 1 } }";
        Assert.Equal("s 256", Describe(OtherKernel.Compile(loop, f => f with { MayGoto = false })));
        Assert.Equal("", Describe(OtherKernel.Compile(loop, f => f with { MayGoto = false, BpfLoop = false })));
    }

    [Theory]
    [InlineData(2, 10240, "s 2048")]
    [InlineData(2, 100, "s 128")]
    [InlineData(2, 60, "s 64")]
    [InlineData(2, 32, "")]
    [InlineData(64, 10240, "s 2048")]
    [InlineData(100, 10240, "s 1024")]
    [InlineData(1024, 10240, "s 128")]
    [InlineData(8192, 10240, "")]
    public void AllPartsTogetherTakeFourMegabytesAtMost(int processors, int entries, string expected)
    {
        var program = OtherKernel.Compile("profile-97hz { s[pid] += 1 }", f => f with { PossibleCpus = processors }, entries);
        Assert.Equal(expected, Describe(program));
        Assert.InRange(program.Stripes.Size, 0, 4 << 20);
    }

    private static string Describe(LoweredProgram program) =>
        string.Join(", ", program.Stripes.Fronts.Select(f => f.IsFlipped ? $"{f.Table.Name} {f.Length}+{f.Length}" : $"{f.Table.Name} {f.Length}"));
}
