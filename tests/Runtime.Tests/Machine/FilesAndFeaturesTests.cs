using System.Diagnostics;
using System.Text;
using Ktap.Compiler.Diagnostics;
using Ktap.Runtime.Machine;
using Xunit.Abstractions;

namespace Ktap.Runtime.Tests.Machine;

public sealed class FilesAndFeaturesTests(ITestOutputHelper output) : KernelTest(output)
{
    [Fact]
    public void FilesAreReadWhole()
    {
        Assert.Equal(File.ReadAllBytes("/proc/version"), Machine.ReadFile("/proc/version"));
        Assert.Equal(File.ReadAllBytes("/proc/filesystems"), Machine.ReadFile("/proc/filesystems"));
        var here = typeof(FilesAndFeaturesTests).Assembly.Location;
        Assert.Equal(File.ReadAllBytes(here), Machine.ReadFile(here));
        Assert.Equal(File.ReadAllBytes(here), Machine.MapFile(here).ToArray());
        Assert.Equal(File.ReadAllBytes("/proc/version"), Machine.MapFile("/proc/version").ToArray());
        Assert.Contains("cpu", Machine.ListDirectory("/sys/devices/system"));
        Assert.True(Machine.Exists("/proc/version"));
        Assert.False(Machine.Exists("/proc/no"));
    }

    [Fact]
    public void AMissingFileSaysWhy()
    {
        var error = Assert.Throws<KtapException>(() => Machine.ReadFile("/proc/no"));
        Assert.Equal((2, "read /proc/no: no such file or directory", null), (error.Errno, error.Operation, error.Hint));
        Assert.Equal(2, Assert.Throws<KtapException>(() => Machine.ListDirectory("/proc/no")).Errno);
        Assert.Equal(20, Assert.Throws<KtapException>(() => Machine.ListDirectory("/proc/version")).Errno);
    }

    [Fact]
    public void TheKernelsTypesAreMapped()
    {
        NeedKernel();
        Skip.Unless(Machine.Features.Btf, "needs the kernel's BTF");
        var btf = Machine.MapFile("/sys/kernel/btf/vmlinux").Span;
        Assert.Equal(new FileInfo("/sys/kernel/btf/vmlinux").Length, btf.Length);
        Assert.Equal(0xeb9f, BitConverter.ToUInt16(btf));
    }

    [Fact]
    public void FeaturesAreFoundQuickly()
    {
        NeedKernel();
        var features = Machine.Features;
        using var again = new LocalMachine();
        var clock = Stopwatch.StartNew();
        Assert.Equal(features, again.Features);
        Note($"{clock.Elapsed.TotalMilliseconds:f3} ms: {features}");
        Assert.Equal(Encoding.ASCII.GetString(Machine.ReadFile("/proc/sys/kernel/osrelease")).Trim(), features.Release);
        Assert.Equal("x86_64", features.Machine);
        Assert.Equal(features.Version >= new Version(5, 17), features.BpfLoop);
        Assert.Equal(features.Version >= new Version(6, 10), features.RawTracepointCookies);
        Assert.True(features.AtomicFetch);
    }

    [Theory]
    [InlineData("6.1.0-37-amd64", "6.1.0")]
    [InlineData("5.10-rc7", "5.10.0")]
    [InlineData("6.18.44-fc-v445", "6.18.44")]
    [InlineData("5.14.0-427.13.1.el9_4.x86_64", "5.14.0")]
    public void ReleasesHaveVersions(string release, string version) => Assert.Equal(Version.Parse(version), FeatureProbes.ParseVersion(release));

    [Theory]
    [InlineData("0-3,8,10-11\n", new[] { 0, 1, 2, 3, 8, 10, 11 })]
    [InlineData("0\n", new[] { 0 })]
    [InlineData("\n", new int[0])]
    public void CpuListsAreRead(string text, int[] cpus) => Assert.Equal(cpus, CpuList.Parse(text));
}
