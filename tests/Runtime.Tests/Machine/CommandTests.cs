using System.Diagnostics;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Probes;
using Ktap.Runtime.Machine;
using Xunit.Abstractions;

namespace Ktap.Runtime.Tests.Machine;

public sealed class CommandTests(ITestOutputHelper output) : KernelTest(output)
{
    [Fact]
    public void ACommandInItsCgroupIsCountedOnce()
    {
        NeedKernel();
        var loaded = LoadProbes("count_exec");
        var command = Machine.Prepare(["true"]);
        Assert.NotNull(command.Cgroup);
        Machine.UpdateReference(loaded.Map("groups"), new byte[4], command.Cgroup.Handle);
        var link = Machine.Attach(loaded.Program("count_exec"), new AttachPoint.RawTracepoint("sched_process_exec"));
        Assert.Null(Machine.WaitExit(command, 20));
        Assert.Equal(0, Read(loaded, Counter.Execs));
        using (var other = Process.Start("true")) other.WaitForExit();
        Machine.Release(command);
        Assert.Equal(new CommandExit(0, 0), Machine.WaitExit(command, -1));
        using (var other = Process.Start("true")) other.WaitForExit();
        Machine.Detach(link);
        Assert.Equal(1, Read(loaded, Counter.Execs));
        Assert.Equal(command.Cgroup.Id, (ulong)Read(loaded, Counter.ExecCgroup));
        Assert.True(Directory.Exists(command.Cgroup.Path));
        Machine.Forget(command);
        Assert.False(Directory.Exists(command.Cgroup.Path));
    }

    [Fact]
    public void TheEndOfACommandIsToldAlsoWhenItWasForgotten()
    {
        using var ended = new ManualResetEventSlim();
        using var forgotten = new ManualResetEventSlim();
        var command = Machine.Prepare(["true"]);
        Machine.NotifyExit(command, ended.Set);
        Assert.False(ended.IsSet);
        Machine.Release(command);
        Assert.True(ended.Wait(60_000));
        Assert.Equal(new CommandExit(0, 0), Machine.WaitExit(command, 0));
        Machine.Forget(command);

        var other = Machine.Prepare(["sleep", "0.05"]);
        Machine.Release(other);
        Machine.NotifyExit(other, forgotten.Set);
        Machine.Forget(other);
        Assert.True(forgotten.Wait(60_000));
    }

    [Fact]
    public void ChildrenOfTheCommandAreInItsCgroup()
    {
        NeedKernel();
        var loaded = LoadProbes("count_exec");
        // Forks that leave their parent behind are in it too.
        var command = Machine.Prepare(["sh", "-c", "/bin/true; (setsid /bin/true &); /bin/true; sleep 0.1"]);
        Machine.UpdateReference(loaded.Map("groups"), new byte[4], command.Cgroup!.Handle);
        var link = Machine.Attach(loaded.Program("count_exec"), new AttachPoint.RawTracepoint("sched_process_exec"));
        Machine.Release(command);
        Assert.Equal(new CommandExit(0, 0), Machine.WaitExit(command, 10_000));
        Machine.Detach(link);
        // sh, true, setsid, its true, true, sleep
        Assert.Equal(6, Read(loaded, Counter.Execs));
    }

    [Fact]
    public void TheExitIsTheCommands()
    {
        NeedKernel();
        Assert.Equal(new CommandExit(7, 0), Run("sh", "-c", "exit 7"));
        var killed = Run("sh", "-c", "kill -TERM $$");
        Assert.Equal(new CommandExit(0, 15), killed);
        Assert.Equal(143, killed.Status);
    }

    [Fact]
    public void TheCommandSeesItsArgumentsAndAPlainWorld()
    {
        NeedKernel();
        var file = Path.GetTempFileName();
        // Signals neither blocked nor ignored, arguments with blanks, the environment, no descriptors of ours but the standard ones.
        Run("sh", "-c", "{ echo \"$0,$1,$2\"; grep -E 'SigBlk|SigIgn' /proc/self/status; echo $HOME; ls /proc/$$/fd; } > " + file, "a b", "c", "");
        var lines = File.ReadAllLines(file);
        Assert.Equal("a b,c,", lines[0]);
        Assert.Equal("SigBlk:\t0000000000000000", lines[1]);
        Assert.Equal(0ul, Convert.ToUInt64(lines[2]["SigIgn:\t".Length..], 16) & (1ul << 12));
        Assert.Equal(Environment.GetEnvironmentVariable("HOME"), lines[3]);
        Note($"{lines[2]}; descriptors: {string.Join(' ', lines[4..])}");
        File.Delete(file);
    }

    [Fact]
    public void ACommandThatIsNotThereIsAnErrorBeforeTheFork()
    {
        NeedKernel();
        var error = Assert.Throws<KtapException>(() => Machine.Prepare(["no-such-command"]));
        Assert.Equal((2, "run no-such-command: no such file or directory", "no folder of $PATH has a program of that name"), (error.Errno, error.Operation, error.Hint));
    }

    [Fact]
    public void AnExecThatFailsSaysWhy()
    {
        NeedKernel();
        var file = Path.GetTempFileName();
        var command = Machine.Prepare([file]);
        var error = Assert.Throws<KtapException>(() => Machine.Release(command));
        Assert.Equal((13, "it is not executable"), (error.Errno, error.Hint));
        File.Delete(file);
        Machine.Forget(command);
        Assert.False(Directory.Exists(command.Cgroup!.Path));
    }

    [Fact]
    public void ACommandNeverReleasedNeverRuns()
    {
        NeedKernel();
        var file = Path.Combine(Path.GetTempPath(), $"ktap-test-{Environment.ProcessId}");
        var command = Machine.Prepare(["touch", file]);
        Machine.Forget(command);
        Assert.False(File.Exists(file));
        Assert.False(Directory.Exists($"/proc/{command.Pid}"));
        Assert.False(Directory.Exists(command.Cgroup!.Path));
    }

    [Fact]
    public void ADaemonLeftBehindLosesTheCgroupAndLives()
    {
        NeedKernel();
        var file = Path.GetTempFileName();
        var command = Machine.Prepare(["sh", "-c", "sleep 30 & echo $! > " + file]);
        Machine.Release(command);
        Machine.WaitExit(command, -1);
        Machine.Forget(command);
        Assert.False(Directory.Exists(command.Cgroup!.Path));
        using var daemon = Process.GetProcessById(int.Parse(File.ReadAllText(file)));
        Assert.False(daemon.HasExited);
        daemon.Kill();
        File.Delete(file);
    }

    [Fact]
    public void ForkingIsSafeWhileTheRuntimeIsBusy()
    {
        NeedKernel();
        using var stop = new CancellationTokenSource();
        var busy = Enumerable.Range(0, 3).Select(_ => new Thread(() =>
        {
            // Allocates, collects and compiles next to the forks.
            while (!stop.IsCancellationRequested) GC.KeepAlive(Enumerable.Range(0, 1000).Select(i => new byte[i]).ToList());
        })).ToList();
        busy.ForEach(t => t.Start());
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < 100; i++) Assert.Equal(new CommandExit(i, 0), Run("sh", "-c", $"exit {i}"));
        Note($"100 commands in {clock.ElapsedMilliseconds} ms");
        stop.Cancel();
        busy.ForEach(t => t.Join());
    }

    private CommandExit Run(params string[] arguments)
    {
        var command = Machine.Prepare(arguments);
        Machine.Release(command);
        var exit = Machine.WaitExit(command, 20_000)!.Value;
        Machine.Forget(command);
        return exit;
    }
}
