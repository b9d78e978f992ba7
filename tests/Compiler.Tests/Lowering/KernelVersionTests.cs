using Ktap.Compiler.Ir;
using Ktap.Compiler.Optimization;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Tests.Lowering;

/// <summary>What the code for older kernels has that the code for newer ones hasn't, or the other way round.</summary>
public class KernelVersionTests
{
    [Fact]
    public void AnAnswerOfAMapIsAnIntBeforeLinux64() =>
        Assert.Matches(@"(v\d+) = call map_update_elem\(.*\)\n +(v\d+) = shl \1, 32\n +v\d+ = shrs \2, 32\n", Code("profile-97hz { t[1] = 1 }"));

    [Fact]
    public void WhatFollowsTheNameOfATaskIsCleared() =>
        Assert.Matches(@"store u64 \[(v\d+)\], 0\n +store u64 \[\1 \+ 8\], 0\n(?s:.*)call get_current_comm\(\1, 16\)", Code("profile-97hz { t[execname] = 1 }"));

    [Fact]
    public void AnUpdateIsTriedAgainWithoutACounterWhereTheKernelEndsLoops()
    {
        Assert.Contains("guard", Code("profile-97hz { t[1] *= 3 }"), StringComparison.Ordinal);
        Assert.DoesNotContain("= 64\n", Code("profile-97hz { t[1] *= 3 }"), StringComparison.Ordinal);
        Assert.Contains("= 64\n", Code("profile-97hz { t[1] *= 3 }", f => f with { MayGoto = false }), StringComparison.Ordinal);
        Assert.DoesNotContain("guard", Code("profile-97hz { t[1] *= 3 }", f => f with { MayGoto = false }), StringComparison.Ordinal);
    }

    [Fact]
    public void BeforeLinux512AnUpdateIsAReadAndAWrite() =>
        Assert.DoesNotContain("cmpxchg", Code("profile-97hz { t[1] *= 3 n *= 2 }", f => f with { AtomicFetch = false, BpfLoop = false, MayGoto = false }), StringComparison.Ordinal);

    private static string Code(string script, Func<KernelFeatures, KernelFeatures>? change = null) =>
        string.Concat(OtherKernel.Compile(script, change ?? (f => f)).Module.Programs.Select(p => IrPrinter.Print(Optimizer.Optimize(p.Function))));
}
