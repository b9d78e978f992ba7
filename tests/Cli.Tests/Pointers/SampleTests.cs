using System.Text.RegularExpressions;

namespace Ktap.Cli.Tests.Pointers;

/// <summary>The samples that follow pointers, against work of a known amount.</summary>
public class SampleTests
{
    [Fact]
    public void Ancestors()
    {
        var lines = SampleRun.Trace("processes/ancestors.kp", [], SampleRun.Work, "run", "3", "/bin/true");
        var started = lines.Where(line => line.StartsWith("true (", StringComparison.Ordinal)).ToArray();
        Assert.Equal(3, started.Length);
        Assert.All(started, line => Assert.Matches(@"^true \(\d+\) in ktap-known-work \(\d+\)( .+ \(\d+\))+$", line));
        Assert.All(started, line => Assert.EndsWith(" (1)", line));
    }

    [Fact]
    public void DroppedPackets()
    {
        var lines = SampleRun.Trace("network/dropped-packets.kp", [], SampleRun.Work, "udp", "500");
        Assert.Single(lines, line => Regex.IsMatch(line, @"^   500 packets +\d+ bytes  protocol 17  127\.0\.0\.1 to 127\.0\.0\.1  SKB_DROP_REASON_NO_SOCKET in __udp4_lib_rcv\+0x[0-9a-f]+$"));
    }

    [Fact]
    public void Naps() => Assert.Contains("     2  sleep            0.012500000 s", SampleRun.Trace("timers/naps.kp", [], "sh", "-c", "sleep 0.0125; sleep 0.0125"));
}
