using System.Text.RegularExpressions;

namespace Ktap.Cli.Tests;

// The samples that do what people know tools of other tracers for.
public partial class SampleTests
{
    [Fact]
    public void OpensWithResults()
    {
        var lines = SampleRun.Trace("files/opens-with-results.kp", [], SampleRun.Work, "open", "5", "/nowhere/at/all");
        Assert.Equal("PID PROCESS FD ERR PATH", string.Join(' ', Words(lines[0])));
        Assert.Equal(5, lines.Count(line => Words(line) is [_, var process, "-1", "2", "/nowhere/at/all"] && process == Name));
        Assert.Single(lines, line => Words(line) is [_, var process, "3", "0", "/etc/ld.so.cache"] && process == Name);
    }

    [Fact]
    public void FileLives()
    {
        var path = Path.Combine(Path.GetDirectoryName(SampleRun.Work)!, "short-lived");
        var lines = SampleRun.Trace("files/lives.kp", [], SampleRun.Work, "lives", "7", path);
        Assert.Equal(7, lines.Count(line => Words(line) is [_, var process, var age, "ms", var given] && process == Name && Parse(age) < 60_000 && given == path));
        Assert.Equal(7, lines.Length);
    }

    [Fact]
    public void SlowReadsAndWrites()
    {
        var lines = SampleRun.Trace("files/slow.kp", ["0"], SampleRun.Work, "copy", "4", "100");
        Assert.Equal(4, lines.Count(line => Words(line) is [_, _, "read", "100", "bytes", _, "us", "zero"]));
        Assert.Equal(4, lines.Count(line => Words(line) is [_, _, "write", "100", "bytes", _, "us", "null"]));
        var slow = SampleRun.Trace("files/slow.kp", ["40"], "/bin/sh", "-c", "(sleep 0.1; echo done) | cat");
        Assert.Single(slow, line => Words(line) is [_, "cat", "read", "5", "bytes", ..]);
    }

    [Fact]
    public void DiskRequests()
    {
        var path = Path.Combine(Repository.Root, "artifacts", "direct-writes");
        try
        {
            Skip.Unless(Work("direct", "1", path) == 0 && new DriveInfo(Repository.Root).DriveFormat is "ext2" or "ext3" or "ext4" or "xfs", "files here are not written to a disk directly");
            var lines = SampleRun.Trace("disk/requests.kp", [], SampleRun.Work, "direct", "100", path);
            var writes = Array.IndexOf(lines, Name + ", writes:");
            Assert.Equal("[4K, 8K)              100 |" + new string('@', 52) + "|", lines[writes + 1]);
        }
        finally
        {
            File.Delete(path);
        }
    }

    // The known work, not as ktap's command.
    private static int Work(params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(SampleRun.Work, arguments);
        process.WaitForExit();
        return process.ExitCode;
    }

    [Theory]
    [InlineData("connect", "127.0.0.1:")]
    [InlineData("connect6", "::1:")]
    public void LivesOfConnections(string what, string address)
    {
        Skip.Unless(what == "connect" || File.Exists("/proc/net/if_inet6"), "this machine has no IPv6");
        // The whole machine: a packet may be brought by a thread of the kernel, which is not the command's.
        var run = FirstLight.KtapProcess.Trace(() =>
        {
            Work(what, "3");
            Thread.Sleep(200);
        }, Path.Combine(SampleRun.Folder, "network/lives.kp"));
        var rows = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..].Select(Words).ToArray();
        // Each connection is there twice, from the end that made it and from the other.
        var made = rows.Where(row => row[0] == Name && rows.Count(other => other[1] == row[2]) == 3).ToArray();
        Assert.Equal(3, made.Length);
        Assert.All(made, row => Assert.StartsWith(address, row[1], StringComparison.Ordinal));
        Assert.All(made, row => Assert.Single(rows, other => other[1] == row[2] && other[2] == row[1]));
        Assert.All(made, row => Assert.InRange(Parse(row[3]), 1, 60_000_000));
    }

    [Fact]
    public void TimeOnTheProcessor()
    {
        // Traced without a command: what the command's tasks give way to would not be seen.
        var run = FirstLight.KtapProcess.Trace(() => Work("sleep", "5"), Path.Combine(SampleRun.Folder, "scheduler/on-cpu.kp"), Name);
        var lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Name + ":", lines[0]);
        // It ran at least once, and nothing else is there.
        Assert.True(lines[1..].Sum(line => Parse(Words(line[(line.IndexOfAny([')', ']']) + 1)..])[0])) >= 1);
        Assert.Single(lines, line => line.EndsWith(':'));
    }

    [Fact]
    public void SoftInterrupts()
    {
        var lines = SampleRun.Trace("interrupts/soft.kp", [], SampleRun.Work, "udp", "500");
        Assert.Equal("KIND CPU COUNT us", string.Join(' ', Words(lines[0])));
        // A datagram over the loopback device is received in a software interrupt before sendto() returns.
        Assert.Equal(500, lines.Where(line => line.StartsWith("network, received ", StringComparison.Ordinal)).Sum(line => Parse(Words(line)[3])));
    }

    [Fact]
    public void Leaks()
    {
        var lines = SampleRun.Trace("memory/leaks.kp", [], SampleRun.Work, "leak", "100", "1000");
        var at = Array.IndexOf(lines, "50000 bytes in 50 blocks, from");
        Assert.True(at >= 0, string.Join('\n', lines));
        Assert.StartsWith("main+0x", lines[at + 1]);
    }

    [Fact]
    public void WaitsForLocks()
    {
        var lines = SampleRun.Trace("syscalls/lock-waits.kp", [], SampleRun.Work, "wait", "20");
        var row = Words(Assert.Single(lines, line => line.StartsWith(Name, StringComparison.Ordinal)));
        Assert.Equal("20", row[3]);
        Assert.StartsWith("0x", row[2], StringComparison.Ordinal);
        Assert.InRange(Parse(row[4]), 1000, 60_000_000);
        Assert.InRange(Parse(row[5]), 20_000, 20 * Parse(row[4]));
    }

    [Fact]
    public void Ends()
    {
        var lines = SampleRun.Trace("processes/ends.kp", [], SampleRun.Work, "exit", "5", "7");
        Assert.Equal(5, lines.Count(line => Words(line) is [var process, _, _, _, "status", "7"] && process == Name));
        Assert.Equal(1, lines.Count(line => Words(line) is [var process, _, _, _, "status", "0"] && process == Name));
        Assert.Equal(3, SampleRun.Trace("processes/ends.kp", [], SampleRun.Work, "kill", "3").Count(line => Words(line) is [var process, _, _, _, "signal", "9"] && process == Name));
    }

    [Fact]
    public void Identities()
    {
        var lines = SampleRun.Trace("processes/identities.kp", [], SampleRun.Work, "group", "4");
        Assert.Equal(4, lines.Count(line => Regex.IsMatch(line, $"^[0-9]+ +{Name} +uid 0      sys_setgid\\(gid: 0\\)$")));
        Assert.Equal(4, lines.Count(line => Regex.IsMatch(line, $"^[0-9]+ +{Name} +uid 0      sys_setgid -> 0x0$")));
    }

    [Fact]
    public void TypedLines()
    {
        Skip.Unless(File.Exists("/bin/bash") && File.Exists("/usr/bin/script"), "bash, or script (1), which gives it a terminal, is missing");
        var lines = SampleRun.Trace("functions/typed-lines.kp", [], "/bin/sh", "-c", "printf 'echo a  b\\nexit\\n' | script -qc 'bash --norc --noprofile -i' /dev/null >/dev/null");
        Assert.Equal(2, lines.Length);
        Assert.Matches("^[0-9]+ +echo a  b$", lines[0]);
        Assert.Matches("^[0-9]+ +exit$", lines[1]);
    }
}
