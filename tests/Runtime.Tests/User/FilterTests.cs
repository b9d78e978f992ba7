using System.Diagnostics;
using System.Globalization;
using static Ktap.Runtime.Tests.User.UserScript;

namespace Ktap.Runtime.Tests.User;

/// <summary>Which processes count: <c>-- CMD</c> with cgroup2 and without, <c>-p</c>, <c>--cgroup</c>, <c>-C</c>, for probes of every kind.</summary>
public sealed class FilterTests
{
    private const string Steps = "trace probe:PROGRAM:step_* { s[probename] += 1 } trace_end { print(s.step_one, s.step_two, s.step_three) }";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ChildrenOfTheCommandCount(bool cgroup) => Assert.Equal(["6\t6\t9"], Following(Steps, cgroup, "children", "3"));

    // Children whose parents have ended before they call anything.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void OrphansOfTheCommandCount(bool cgroup) => Assert.Equal(["5"], Following("trace probe:PROGRAM:step_one { n += 1 } trace_end { print(n) }", cgroup, "orphans", "5"));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TheBeginningAndTheEndOfEachProcessCount(bool cgroup) => Assert.Equal(["8\t8\t7"], Following(
        "trace sched:sched_process_exec, sched:sched_process_exit, sched:sched_process_fork { s[probename] += 1 } trace_end { print(s.sched_process_exec, s.sched_process_exit, s.sched_process_fork) }",
        cgroup, "children", "7"));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void SystemCallsOfChildrenCount(bool cgroup) => Assert.Equal(["4"], Following(
        "trace syscalls:sys_enter_execve { n += 1 } trace_end { print(n) }", cgroup, "children", "3"));

    // Another process runs the same function meanwhile.
    [Theory]
    [MemberData(nameof(Ways))]
    public void OneProcessAlone(string kernel)
    {
        using var wanted = new Calling();
        using var other = new Calling();
        Assert.Equal(["3	1	1"], WhileTracing("""
            trace probe:PROGRAM:step_one { n += 1 who[pid] += 1 }
            trace syscalls:sys_enter_write { w += 1 }
            trace_end { print(n, w, len(who)) }
            """, 3, kernel, o => o with { Pids = [wanted.Pid] }, other, wanted));
    }

    public static TheoryData<string> Ways => Kernels;

    [Fact]
    public void SeveralProcesses()
    {
        using var a = new Calling();
        using var b = new Calling();
        using var other = new Calling();
        Assert.Equal(["6	2"], WhileTracing(Counting, 6, "6.6", o => o with { Pids = [a.Pid, b.Pid] }, other, a, b));
    }

    // A container: the same path is another file there.
    [Fact]
    public void AProcessWithARootOfItsOwn()
    {
        Skip.Unless(Environment.IsPrivilegedProcess && File.Exists("/usr/bin/unshare"), "needs root and unshare");
        using var inside = new Calling("unshare", "-m", "--propagation", "private", "sh", "-c", $"mount -t tmpfs none /mnt && cp {KnownCalls.Path} /mnt/inner && exec /mnt/inner wait 3");
        Assert.False(File.Exists("/mnt/inner"));
        foreach (var file in new[] { "/mnt/inner", "inner" })
            Assert.Equal(["3\t1"], WhileTracing(Counting.Replace("PROGRAM", file, StringComparison.Ordinal), 3, "6.6", o => o with { Pids = [inside.Pid] }, inside));
    }

    // A library that was updated: the path is another file now than the one that the process runs.
    [Fact]
    public void AProcessWhoseFileWasReplaced()
    {
        Skip.Unless(Environment.IsPrivilegedProcess, "needs root");
        var file = Path.Combine(Path.GetTempPath(), $"ktap-test-{Guid.NewGuid():n}");
        File.Copy(KnownCalls.Path, file);
        using var running = new Calling(file, "wait", "3");
        File.Delete(file);
        File.Copy("/bin/true", file);
        Assert.Equal(["3\t1"], WhileTracing(Counting.Replace("PROGRAM", file, StringComparison.Ordinal), 3, "6.6", o => o with { Pids = [running.Pid] }, running));
        File.Delete(file);
    }

    [Fact]
    public void AProcessThatIsNotThere()
    {
        var error = Assert.Throws<Ktap.Compiler.Diagnostics.KtapException>(() => Run(Counting, [], f => f, o => o with { Pids = [0x3fffff] }));
        Assert.Equal("there is no process 4194303", error.Hint);
    }

    [Fact]
    public void ACgroup()
    {
        using var machine = new Ktap.Runtime.Machine.LocalMachine();
        Skip.Unless(machine.Features.Cgroup2 is not null && Environment.IsPrivilegedProcess, "there is no cgroup2");
        var group = Directory.CreateDirectory($"{machine.Features.Cgroup2}/ktap-test-{Environment.ProcessId}/inner");
        try
        {
            using var inside = new Calling();
            using var other = new Calling();
            File.WriteAllText(group.FullName + "/cgroup.procs", inside.Pid.ToString(CultureInfo.InvariantCulture));
            Assert.Equal(["3	1"], WhileTracing(Counting, 3, "6.6", o => o with { Cgroup = group.Parent!.Name }, other, inside));
        }
        finally
        {
            Directory.Delete(group.FullName);
            Directory.Delete(group.Parent!.FullName);
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void OneProcessor(string kernel)
    {
        Skip.Unless(Environment.ProcessorCount > 1, "needs two CPUs");
        var cpus = Lines("trace probe:PROGRAM:step_one, probe:PROGRAM:step_two { s[cpu] += 1 } trace syscalls:sys_enter_* { s[cpu] += 1 } profile-1000hz { s[cpu] += 1 } trace_end { for (k in pairs(s)) print(k) }",
            ["steps", "2000"], kernel, o => o with { Cpu = 1, Command = ["/bin/sh", "-c", $"taskset -c 0 {KnownCalls.Path} steps 20; taskset -c 1 {KnownCalls.Path} steps 20"] });
        Assert.Equal(["1"], cpus);
    }

    private const string Counting = "trace probe:PROGRAM:step_one { n += 1 who[pid] += 1 } trace_end { print(n, len(who)) }";

    // Processes that run already call when tracing has begun, which a tick tells by a file; it ends when so many calls have been counted.
    private static string[] WhileTracing(string script, int calls, string kernel, Func<SessionOptions, SessionOptions> configure, params Calling[] processes)
    {
        var begun = Path.Combine(Path.GetTempPath(), $"ktap-test-{Guid.NewGuid():n}");
        var work = Task.Run(() =>
        {
            while (!File.Exists(begun)) Thread.Sleep(5);
            foreach (var process in processes) process.Call();
        });
        var lines = Lines($$"""
            {{script}}
            tick-20ms { if (begun == nil) { begun = true system("touch {{begun}}") } if (n == {{calls}}) { exit() } }
            """, [], kernel, o => configure(o) with { Unsafe = true });
        work.Wait();
        File.Delete(begun);
        return lines;
    }

    private static string[] Following(string script, bool cgroup, params string[] command)
    {
        var (status, output, messages) = Run(script, command, f => cgroup ? f : f with { Cgroup2 = null }, null);
        Assert.True(status == 0, messages);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>A process that calls the function three times for each line that it is sent.</summary>
    private sealed class Calling : IDisposable
    {
        private readonly Process _process;

        public Calling() : this(KnownCalls.Path, "wait", "3")
        {
        }

        public Calling(string program, params string[] arguments)
        {
            _process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
            Assert.Equal("ready", _process.StandardOutput.ReadLine());
        }

        public int Pid => _process.Id;

        public void Call()
        {
            _process.StandardInput.WriteLine();
            _process.StandardInput.Flush();
            Assert.Equal("done", _process.StandardOutput.ReadLine());
        }

        public void Dispose()
        {
            _process.StandardInput.Close();
            _process.WaitForExit();
            _process.Dispose();
        }
    }
}
