using Ktap.Compiler.Bpf;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Lowering;

namespace Ktap.Compiler.Tests.Lowering;

/// <summary>What maps take of the kernel's memory, and what is said where that isn't there.</summary>
public class MapMemoryTests
{
    [Theory]
    [InlineData(BpfMapType.Hash, 8, 8, 1000, 1000 * (48 + 8 + 8) + 1024 * 16)]
    [InlineData(BpfMapType.Hash, 12, 20, 1000, 1000 * (48 + 16 + 24) + 1024 * 16)]
    [InlineData(BpfMapType.PercpuHash, 8, 16, 1000, 1000 * (48 + 8 + 8 + 16 * 4) + 1024 * 16)]
    [InlineData(BpfMapType.Array, 4, 12, 10, 160)]
    [InlineData(BpfMapType.PercpuArray, 4, 12, 10, 640)]
    [InlineData(BpfMapType.Ringbuf, 0, 0, 4096, 4096)]
    public void AMapTakesWhatTheKernelMakesForIt(BpfMapType type, int key, int value, int entries, long bytes) =>
        Assert.Equal(bytes, MapMemory.Of(new MapSpec("m", type, key, value, entries), 4));

    [Fact]
    public void MoreThanThereIsIsAnErrorAtTheTableThatTakesMost()
    {
        // 64 and 80 bytes a slot, and 16 a bucket, of ten million: 0.9 and 1.1 GB.
        const string script = "profile-97hz { small[pid] = 1 large[pid, tid, cpu] = 1 }";
        Assert.Empty(OtherKernel.Diagnose(script, f => f, 3_000_000_000, 10_000_000));
        var error = Assert.Single(OtherKernel.Diagnose(script, f => f, 1_500_000_000, 10_000_000));
        Assert.Matches("1:31: error KT0407: table 'large' would take 1.1 GB of the kernel's memory, all maps of this script 2.0 GB; the machine has 1.5 GB to give$", error.ToString());
        Assert.StartsWith("use a smaller --max-entries (it is 10000000)", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void KeysThatAreTooLongForAnOldKernelAreAnError()
    {
        const string script = "profile-97hz { t[user_string(1) .. \"!\"] = 1 }";
        Assert.Empty(OtherKernel.Diagnose(script, f => f, 1L << 40, 256, stringLength: 1000));
        var error = Assert.Single(OtherKernel.Diagnose(script, f => f with { Version = new Version(5, 10) }, 1L << 40, 256, stringLength: 1000), d => d.Severity == Severity.Error);
        Assert.Matches("1:16: error KT0409: the keys of table 't' have 10[0-9]{2} bytes; before Linux 5.11 the kernel takes 512$", error.ToString());
    }
}
