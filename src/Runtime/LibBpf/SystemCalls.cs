using System.Runtime.InteropServices;
using Ktap.Compiler.Types;
using Architecture = System.Runtime.InteropServices.Architecture;

namespace Ktap.Runtime.LibBpf;

/// <summary>Numbers of the few system calls that ktap makes by number, for the architecture it runs on.</summary>
internal static class SystemCalls
{
    private static readonly SyscallTable Table = SyscallTable.ForMachine(MachineName())!;

    internal static readonly int Bpf = Number("bpf");
    internal static readonly int PerfEventOpen = Number("perf_event_open");
    internal static readonly int PidfdOpen = Number("pidfd_open");
    internal static readonly int Membarrier = Number("membarrier");
    internal static readonly int Trace = Number("ptrace");
    internal static readonly int Clone3 = Number("clone3");
    internal static readonly int Read = Number("read");
    internal static readonly int Write = Number("write");
    internal static readonly int Close = Number("close");
    internal static readonly int Execve = Number("execve");
    internal static readonly int ExitGroup = Number("exit_group");
    internal static readonly int SignalAction = Number("rt_sigaction");
    internal static readonly int SignalMask = Number("rt_sigprocmask");

    private static int Number(string name) => Table.NumberOf(name)!.Value;

    private static string MachineName() => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => "x86_64",
        Architecture.X86 => "i686",
        Architecture.Arm or Architecture.Armv6 => "armv7l",
        Architecture.S390x => "s390x",
        Architecture.Ppc64le => "ppc64le",
        _ => "aarch64",
    };
}
