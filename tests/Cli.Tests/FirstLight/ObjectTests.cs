using System.Diagnostics;
using Ktap.Tests;

namespace Ktap.Cli.Tests.FirstLight;

/// <summary>What <c>ktap build</c> writes is an object that other tools take.</summary>
public class ObjectTests
{
    private const string Script = "trace syscalls:sys_enter_getppid {\n    calls[execname] += 1\n}\n";

    [Fact]
    public void BpftoolLoadsTheObjectAndShowsTheScript()
    {
        Skip.Unless(File.Exists("/usr/sbin/bpftool"), "bpftool is not installed");
        Skip.Unless(Directory.Exists("/sys/fs/bpf"), "this kernel has no bpffs");
        var pins = $"/sys/fs/bpf/ktap-test-{Environment.ProcessId}";
        var (built, loaded, listing) = KtapProcess.WithScript(Script, file =>
        {
            var target = file + ".bpf.o";
            var build = KtapProcess.Run("build", file, "-o", target);
            try
            {
                if (!File.ReadAllText("/proc/mounts").Contains(" /sys/fs/bpf bpf ", StringComparison.Ordinal)) Tool("mount", "-t", "bpf", "bpf", "/sys/fs/bpf");
                var load = Tool("bpftool", "prog", "loadall", target, pins);
                return (build, load, Tool("bpftool", "prog", "dump", "xlated", "pinned", $"{pins}/h0_sys_enter_getppid", "linum"));
            }
            finally
            {
                File.Delete(target);
                if (Directory.Exists(pins)) Directory.Delete(pins, recursive: true);
            }
        });
        Assert.Equal(0, built.Status);
        Assert.Equal(0, loaded.Status);
        Assert.Matches(@"; calls\[execname\] \+= 1 \[file:\S+\.kp line_num:2 line_col:\d+\]", listing.Output);
    }

    private static (int Status, string Output) Tool(string name, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(name, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
