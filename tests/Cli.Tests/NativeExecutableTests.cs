using System.Diagnostics;

namespace Ktap.Cli.Tests;

public class NativeExecutableTests
{
    [Fact]
    public void NeedsTheCLibraryAndNothingElse()
    {
        using var readelf = Process.Start(new ProcessStartInfo("readelf", ["--dynamic", Repository.Ktap]) { RedirectStandardOutput = true })!;
        var needed = readelf.StandardOutput.ReadToEnd().Split('\n')
            .Where(line => line.Contains("(NEEDED)", StringComparison.Ordinal))
            .Select(line => line[(line.IndexOf('[') + 1)..line.IndexOf(']')]);
        Assert.Empty(needed.Except(["libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"]));
    }
}
