using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Ktap.Cli.Tests.User;

/// <summary>The samples of functions and markers, against a program that calls each a known number of times.</summary>
public class FunctionSampleTests
{
    [Fact]
    public void SizesOfBlocks()
    {
        var lines = SampleRun.Trace("functions/malloc-sizes.kp", [], KnownCalls.Path, "malloc", "77");
        Assert.Equal("77 blocks, 77000 bytes", lines[0]);
        Assert.Equal(["[512,", "1K)", "77"], Words(lines[1])[..3]);
    }

    [Fact]
    public void CallsOfALibrary()
    {
        var lines = SampleRun.Trace("functions/library-calls.kp", ["malloc"], KnownCalls.Path, "malloc", "500");
        Assert.Equal(["malloc", "500"], Words(Assert.Single(lines)));
    }

    [Fact]
    public void CallsOfAProgram()
    {
        var lines = SampleRun.Trace("functions/library-calls.kp", ["step_*", KnownCalls.Path], KnownCalls.Path, "steps", "50");
        Assert.Equal(["step_three 150", "step_two 100", "step_one 50"], lines.Select(line => string.Join(' ', Words(line))));
    }

    // Each call sleeps for 2 ms.
    [Fact]
    public void LatencyOfAFunction()
    {
        var lines = SampleRun.Trace("functions/latency.kp", ["outer", KnownCalls.Path], KnownCalls.Path, "outer", "25");
        var words = Words(lines[0]);
        Assert.Equal(["ktap-calls:", "25", "calls,"], words[..3]);
        Assert.True(Number(lines[0], 3) >= 2_000_000, lines[0]);
    }

    [Fact]
    public void Exceptions()
    {
        Skip.Unless(File.Exists("/usr/bin/c++"), "needs a C++ compiler");
        var lines = SampleRun.Trace("functions/exceptions.kp", [], Throwing(), "12");
        Assert.Equal(["catch 12", "throw 12"], lines[..2].Select(line => string.Join(' ', Words(line))).Order());
        Assert.Equal("12", Words(lines[^1])[^1]);
    }

    // A mount namespace without cgroup2.
    [Fact]
    public async Task ACommandIsFollowedWithoutCgroup2()
    {
        Skip.Unless(Environment.IsPrivilegedProcess && File.Exists("/usr/bin/unshare"), "needs root and unshare");
        using var process = Process.Start(new ProcessStartInfo("unshare",
        [
            "-m", "--propagation", "private", "sh", "-c", "umount -a -t cgroup2 && exec \"$@\"", "sh", Repository.Ktap, "-q", "-e",
            $"trace probe:{KnownCalls.Path}:step_* {{ s[probename] += 1 }} trace_end {{ print(s.step_one, s.step_two, s.step_three) }}", "--", KnownCalls.Path, "children", "3",
        ]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        Assert.Equal("6\t6\t9\n", await process.StandardOutput.ReadToEndAsync());
        Assert.DoesNotContain("can't", await errors, StringComparison.Ordinal);
    }

    private static string Throwing([CallerFilePath] string here = "")
    {
        var folder = Directory.CreateTempSubdirectory("ktap-throws-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Delete(recursive: true);
        var program = Path.Combine(folder.FullName, "ktap-throws");
        using var compiler = Process.Start("c++", ["-O1", "-o", program, Path.Combine(Path.GetDirectoryName(here)!, "throws.cpp")]);
        compiler.WaitForExit();
        Assert.Equal(0, compiler.ExitCode);
        return program;
    }

    private static long Number(string line, int cell) => long.Parse(Words(line)[cell], CultureInfo.InvariantCulture);

    private static string[] Words(string line) => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
