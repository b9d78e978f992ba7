using System.Diagnostics;
using System.Text.RegularExpressions;
using Ktap.Cli.Tests.FirstLight;
using Ktap.Tests;

namespace Ktap.Cli.Tests.Pointers;

/// <summary>C types that the script declares, memory of the handler's own, functions of the kernel, and what an object keeps of members.</summary>
public class ForeignTests
{
    private const string Call = "trace syscalls:sys_enter_getppid ";

    private static readonly string[] OneCall = ["--", "perl", "-e", "getppid()"];

    [Fact]
    public void HandlersHaveMemoryOfTheirOwn()
    {
        var run = Run("""
            ffi.cdef[[
                enum colour { RED = 3, GREEN };
                typedef struct { unsigned char a; short b; unsigned f:3, g:7; long c; struct { int x, y; } in; enum colour hue; } mine_t;
            ]]
            print(sizeof("mine_t"), ffi.sizeof("mine_t[2]"), sizeof("enum colour"))
            trace syscalls:sys_enter_getppid {
                var m = ffi.new("mine_t")
                m.a = 300
                m.b = -2
                m.c = tid
                m.in.y = 7
                m.in.y += 5
                m.hue = 4
                print(m.a, m.b, m.c == tid, m.in.x, m.in.y, m.f, m.hue, hex(m, 4))
            }
            """, OneCall);
        Assert.Equal("32\t64\t4\n44\t-2\ttrue\t0\t12\t0\tGREEN\t2c00feff\n", run.Output);
        Assert.Equal("ktap: command exited with status 0\n", run.Messages);
    }

    [Fact]
    public void BitFieldsAreReadFromTheirUnits()
    {
        var run = Run("""
            ffi.cdef[[
                struct bits { unsigned int a:3, b:7; int c:5; unsigned long long d:33; signed char e:4; unsigned char f:4; };
                struct word { unsigned long long w; };
            ]]
            trace syscalls:sys_enter_getppid {
                var m = ffi.new("struct word")
                m.w = 5 | (100 << 3) | (0x1e << 10) | (0x123456789 << 15) | (0xd << 48) | (9 << 52)
                var b = cast("struct bits", m)
                print(sizeof("struct bits"), b.a, b.b, b.c, b.d == 0x123456789, b.e, b.f)
            }
            """, OneCall);
        Assert.Equal("8\t5\t100\t-2\ttrue\t-3\t9\n", run.Output);
    }

    [Fact]
    public void TheKernelsFunctionsCanBeCalled()
    {
        NeedsFunction("bpf_strlen");
        var run = Run(Call + "{ print(ffi.C.bpf_strlen(curtask.comm), ffi.C.bpf_strlen(curtask.nsproxy.uts_ns.name.nodename)) }", OneCall);
        Assert.Equal($"4\t{File.ReadAllText("/proc/sys/kernel/hostname").Trim().Length}\n", run.Output);
    }

    [Theory]
    [InlineData(Call + "{ ffi.C.schedule() }", "KT0277: the kernel lets no handler call 'schedule'")]
    [InlineData(Call + "{ ffi.C.bpf_strlem(1) }", "KT0277: the kernel has no function 'bpf_strlem'; did you mean 'bpf_strlen'?")]
    [InlineData(Call + "{ ffi.C.bpf_strlen() }", "KT0258: 'bpf_strlen' takes 1 argument, not 0")]
    [InlineData(Call + "{ var t = ffi.C.bpf_task_from_pid(pid) }", "KT0502: the kernel refuses this call: calling kernel function bpf_task_from_pid is not allowed")]
    [InlineData("print(ffi.C.bpf_strlen(1))", "KT0611: 'ffi.C': the kernel's functions can be called by handlers only: here user space runs")]
    [InlineData(Call + "{ var t = curtask t.pid = 1 }", "KT0276: 'pid' can't be assigned: a handler can't write the kernel's memory, nor a process's")]
    [InlineData("ffi.cdef(\"struct x { int a }\")", "KT0611: 'ffi.cdef': in the C declaration: expected ';', not '}'")]
    [InlineData(Call + "{ print(curr_taskinfo(0, 3)) }", "KT0258: 'curr_taskinfo' reads 1, 2, 4 or 8 bytes, given as a literal")]
    public void MistakesAreNamed(string script, string message)
    {
        NeedsFunction("bpf_strlen");
        var run = KtapProcess.WithScript(script, file => KtapProcess.Run("-q", "-d", file));
        Assert.Equal(1, run.Status);
        Assert.Contains("error " + message, run.Messages);
    }

    [Fact]
    public void TheKernelsTypesWinOverDeclaredOnes()
    {
        var run = Run("ffi.cdef(\"struct task_struct { int nothing; };\")\n" + Call + "{ print(curtask.tgid == pid) }", OneCall);
        Assert.Equal("true\n", run.Output);
        Assert.Contains("note KT0275: 'struct task_struct' is the kernel's own, not the one that ffi.cdef declares", run.Messages);
    }

    [Fact]
    public void FactsOfTheTaskComeFromItsStruct()
    {
        var run = Run("""
            trace syscalls:sys_enter_getppid {
                print(ppid == curtask.real_parent.tgid, in_iowait, curr_taskinfo(8, 8) == curtask.thread_info.syscall_work and curr_taskinfo(8) != 0, curtask.in_execve)
            }
            trace sched:sched_process_exec { print(execname, curtask.in_execve) }
            """, "--", "sh", "-c", "exec perl -e 'print getppid(), \"\\n\"'");
        var lines = run.Output.Split('\n');
        Assert.Contains("perl\t1", lines);
        Assert.Contains("true\t0\ttrue\t0", lines);
    }

    // Of 'ktap build': names of members, and where the kernel's functions are looked for, are in the object; another tool loads it.
    [Fact]
    public void ABuiltObjectFindsMembersAndFunctionsWhenItIsLoaded()
    {
        Skip.Unless(File.Exists("/usr/sbin/bpftool"), "bpftool is not installed");
        Skip.Unless(Directory.Exists("/sys/fs/bpf"), "this kernel has no bpffs");
        NeedsFunction("bpf_strlen");
        var log = KtapProcess.WithScript(Call + "{ print(curtask.mm.total_vm, curtask.in_execve, curtask.se.run_node.__rb_parent_color, ffi.C.bpf_strlen(curtask.comm)) }", file =>
        {
            var (target, pins) = (file + ".bpf.o", $"/sys/fs/bpf/ktap-pointers-{Environment.ProcessId}");
            try
            {
                Assert.Equal(0, KtapProcess.Run("build", file, "-o", target).Status);
                if (!File.ReadAllText("/proc/mounts").Contains(" /sys/fs/bpf bpf ", StringComparison.Ordinal)) Tool("mount", "-t", "bpf", "bpf", "/sys/fs/bpf");
                return Tool("bpftool", "-d", "prog", "loadall", target, pins);
            }
            finally
            {
                File.Delete(target);
                if (Directory.Exists(pins)) Directory.Delete(pins, recursive: true);
            }
        });
        Assert.Matches(@"<byte_off> \[\d+\] struct task_struct\.mm \(", log);
        Assert.Matches(@"<byte_off> \[\d+\] struct mm_struct\.total_vm \(", log);
        Assert.Matches(@"<byte_off> \[\d+\] struct task_struct\.se\.run_node\.__rb_parent_color \(", log);
        foreach (var kind in (string[])["byte_off", "byte_sz", "lshift_u64", "rshift_u64"]) Assert.Matches($@"<{kind}> \[\d+\] struct task_struct\.in_execve \(", log);
        Assert.Matches(@"'bpf_strlen': resolved to kernel \[\d+\]", log);
    }

    private static KtapResult Run(string script, params string[] command) => KtapProcess.WithScript(script, file => KtapProcess.Run(["-q", file, .. command]));

    private static void NeedsFunction(string name) => Skip.Unless(
        Regex.IsMatch(File.ReadAllText("/proc/kallsyms"), $@" {name}$", RegexOptions.Multiline), $"this kernel has no {name}");

    private static string Tool(string name, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(name, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{name}: {errors.Result}");
        return output + errors.Result;
    }
}
