using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Ktap.Cli.Tests.Bench;

/// <summary>The C twins of the bench's scripts compile, load, and count the same as the scripts: otherwise comparing their speed means nothing.</summary>
public class TwinTests
{
    private const int Calls = 4321;

    // One run of bench/check.sh counts for all tests: a line for each script, its name, and the counts of plain C, tuned C and ktap.
    private static readonly Lazy<Dictionary<string, string>> Counted = new(Count);

    [Theory]
    [InlineData("by_pid", Calls)]
    [InlineData("by_name", Calls)]
    [InlineData("latency", Calls)]
    [InlineData("two_part", Calls)]
    [InlineData("rejected", 0)]
    [InlineData("stacks", Calls)]
    [InlineData("by_probe", Calls)]
    [InlineData("by_cpu", Calls)]
    [InlineData("by_call", Calls)]
    [InlineData("histogram", Calls)]
    [InlineData("scalar", Calls)]
    public void PlainAndTunedCCountWhatTheScriptCounts(string script, int expected)
    {
        NeedsTools();
        Assert.Equal($"{expected} {expected} {expected}", Counted.Value.GetValueOrDefault(script));
    }

    [Fact]
    public void EveryTwinIsCompared()
    {
        NeedsTools();
        var compared = Counted.Value.Keys.Select(name => name == "by_probe" ? "by_call" : name).Distinct().Order();
        var twins = Directory.GetFiles(Path.Combine(Repository.Root, "bpf"), "*.tuned.c").Select(path => Path.GetFileName(path)[..^".tuned.c".Length]).Order();
        Assert.Equal(twins, compared);
    }

    private static Dictionary<string, string> Count()
    {
        var start = new ProcessStartInfo(Path.Combine(Repository.Root, "bench", "check.sh"), [$"{Calls}"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["KTAP"] = Repository.Ktap;
        using var check = Process.Start(start)!;
        var errors = check.StandardError.ReadToEndAsync();
        var lines = check.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        check.WaitForExit();
        Assert.True(check.ExitCode == 0, errors.Result);
        return lines.ToDictionary(line => line.Split(' ')[0], line => line[(line.IndexOf(' ') + 1)..]);
    }

    private static void NeedsTools()
    {
        Skip.Unless(Environment.IsPrivilegedProcess, "loading programs into the kernel needs root");
        Skip.Unless(RuntimeInformation.OSArchitecture == Architecture.X64, "the twins are written for x86-64");
        Skip.Unless(File.Exists("/usr/bin/clang"), "clang is not installed");
        Skip.Unless(File.Exists("/usr/sbin/bpftool"), "bpftool is not installed");
        Skip.Unless(File.Exists("/usr/include/bpf/libbpf.h"), "libbpf's headers are not installed");
    }
}
