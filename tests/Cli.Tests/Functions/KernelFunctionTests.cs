using Ktap.Cli.Tests.FirstLight;

namespace Ktap.Cli.Tests.Functions;

/// <summary>Probes of kernel functions as far as a kernel without kprobes can show them; the virtual machines test the rest.</summary>
public class KernelFunctionTests
{
    [Theory]
    [InlineData("trace probe:vfs_read { n += 1 print(file.f_flags, args.count, arg3, arg0, probename, stack(3)) }")]
    [InlineData("trace probe:vfs_read%return { s[execname, retval] += 1 }")]
    [InlineData("trace probe:do_sys_openat2 dfd=%di filename=+0(%si):ustring flags=+0(%dx):x64 mode=+8(%dx):x64 s=$stack0 a=$arg9 { print(argstr) s[filename, dfd, flags] += 1 }")]
    [InlineData("trace probe:vfs_read comm=$comm j=@vfs_read:u64 k=@vfs_read+8 b=%di:b4@8/32 c=+0(%si):char l=+0(%si):u32[4] t=\\\"text\" { print(args.comm, j, k, b, c, l[1], t) }")]
    [InlineData("trace probe:vfs_w* { s[probename] += 1 }")]
    [InlineData("trace probe:tcp_connect { s[net.ip_sock_daddr(sk), sk.__sk_common.skc_dport] += 1 }")]
    public void TheKernelTakesTheProgram(string script)
    {
        Skip.Unless(!script.Contains("vfs_w*", StringComparison.Ordinal) || Readable("/proc/kallsyms"), "kernel symbols can't be read");
        var run = KtapProcess.Run("-q", "-d", "-e", script);
        Assert.Equal((0, ""), (run.Status, run.Messages));
    }

    [Fact]
    public void WithoutKprobesItSaysSo()
    {
        Skip.Unless(!Directory.Exists("/sys/bus/event_source/devices/kprobe"), "this kernel has kprobes");
        var run = KtapProcess.Run("-q", "-e", "trace probe:vfs_read { n += 1 }");
        Assert.Equal(3, run.Status);
        Assert.StartsWith("ktap: can't attach to probe:vfs_read: this kernel has no kprobes\nhint: it needs CONFIG_KPROBES=y", run.Messages, StringComparison.Ordinal);
    }

    [Fact]
    public void NamesThatAreNear()
    {
        var run = KtapProcess.Run("-q", "-e", "trace probe:vfs_raed {}");
        Assert.Equal(1, run.Status);
        Assert.Contains("KT0161: the kernel has no function 'vfs_raed'", run.Messages, StringComparison.Ordinal);
        Assert.Contains("the nearest that exist: vfs_read", run.Messages, StringComparison.Ordinal);
    }

    [Fact]
    public void RawTracepointsHaveTheKernelsArguments()
    {
        // arg1 is the parent, a struct task_struct.
        var run = KtapProcess.Run("-q", "-e", "trace rawtp:sched_process_fork /arg1.comm == \"ktap-known-work\"/ { n += 1 if (arg2.tgid != arg1.tgid) m += 1 } trace_end { print(n, m) }", "--", SampleRun.Work, "exit", "12", "0");
        Assert.Equal("12\t12\n", run.Output);
    }

    [Fact]
    public void RawTracepointsOfAPattern()
    {
        var run = KtapProcess.Run("-q", "-e", "trace rawtp:sched_process_* { s[probename] += 1 } trace_end { print(s.sched_process_fork, s.sched_process_exit) }", "--", SampleRun.Work, "exit", "12", "0");
        Assert.Equal("12\t13\n", run.Output);
    }

    [Fact]
    public void ARawTracepointsNumbersArePlain()
    {
        var run = KtapProcess.Run("-q", "-e", "trace rawtp:sys_enter /arg2 == 110/ { n += 1 } trace_end { print(n) }", "--", SampleRun.Work, "getppid", "321");
        Assert.Equal("321\n", run.Output);
    }

    private static bool Readable(string path) => File.Exists(path) && File.ReadLines(path).Any();
}
