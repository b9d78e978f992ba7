using Ktap.Runtime.Tests.Tables;

namespace Ktap.Runtime.Tests.Counters;

/// <summary>Every tracepoint at once.</summary>
[Collection("kernel")]
public class AllTracepointsTests
{
    // Those that are attached through perf are detached one by one, some 60 ms each: minutes for all.
    [Fact]
    public void NoneOfThemIsSlowToEnd()
    {
        var before = Descriptors();
        using (var script = new AttachedScript("trace *:* { s[probename] += 1 }"))
        {
            Assert.True(script.Tracing.Links > 1000, $"{script.Tracing.Links} links");
            Assert.Equal(0, script.Tracing.SlowLinks);
            Assert.Equal(script.Tracing.Links, Descriptors("bpf_link", "bpf-raw-tracepoint"));
        }
        Assert.Equal(before, Descriptors());
    }

    // What this process holds of BPF.
    private static int Descriptors(params string[] kinds) => Directory.EnumerateFileSystemEntries("/proc/self/fd")
        .Select(fd => new FileInfo(fd).LinkTarget ?? "").Count(link => kinds.Length == 0 ? link.Contains("bpf", StringComparison.Ordinal) : kinds.Any(k => link.Contains(k, StringComparison.Ordinal)));
}
