using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Ktap.Runtime.LibBpf;

namespace Ktap.Runtime.Machine;

/// <summary>
/// A child of this process that waits on a pipe before its exec. .NET can't do this, and a shell in between would change the
/// command's environment: so it is a fork. Between fork and exec the child runs one method that needs nothing of the runtime but
/// its code: system calls through a function that was resolved before, no allocation, no lock.
/// One thing can go wrong: the compiler puts a check after each of these calls whether the collector wants the thread to stop. If it
/// did at the moment of the fork, the child waits for ever for a collector it doesn't have. It has said nothing then, and is
/// replaced; past the first check nothing in the child can ask it to stop.
/// </summary>
internal sealed unsafe class ChildProcess : IDisposable
{
    private readonly Descriptor _go;
    private readonly Descriptor _failure;
    private readonly Descriptor _exited;
    private readonly string _name;
    private bool _released;
    private bool _stopped;
    private CommandExit? _exit;

    private ChildProcess(string name, string file, int pid, Cgroup? cgroup, Descriptor go, Descriptor failure)
    {
        (_name, File, Pid, Cgroup, _go, _failure) = (name, file, pid, cgroup, go, failure);
        _exited = new Descriptor((int)Libc.SystemCall(SystemCalls.PidfdOpen, pid));
    }

    /// <summary>The path of its program.</summary>
    internal string File { get; }

    /// <summary>The child's process id.</summary>
    internal int Pid { get; }

    /// <summary>Its cgroup, or null where there is no cgroup2.</summary>
    internal Cgroup? Cgroup { get; }

    /// <summary>Runs a command that nobody traces, and waits for its end.</summary>
    internal static CommandExit Run(IReadOnlyList<string> arguments)
    {
        using var child = Start(arguments, null);
        child.Release();
        return child.Wait(-1) ?? throw new InvalidOperationException($"the end of process {child.Pid} was not seen");
    }

    /// <summary>Forks the child, into a cgroup of that name where one is given and it can be made.</summary>
    internal static ChildProcess Start(IReadOnlyList<string> arguments, string? cgroupName)
    {
        using var strings = new NativeStrings();
        var path = ProgramPath.Find(arguments[0]);
        var plan = new Plan
        {
            Path = strings.Add(path),
            Arguments = strings.AddArray(arguments.Select(Encoding.UTF8.GetBytes)),
            Environment = strings.AddArray(EnvironmentBlock()),
            Clone3 = SystemCalls.Clone3,
            Close = SystemCalls.Close,
            Read = SystemCalls.Read,
            Write = SystemCalls.Write,
            Execve = SystemCalls.Execve,
            ExitGroup = SystemCalls.ExitGroup,
            SignalAction = SystemCalls.SignalAction,
            SignalMask = SystemCalls.SignalMask,
        };
        var cgroup = cgroupName is null ? null : Cgroup.Create(cgroupName);
        plan.Clone.Cgroup = (ulong)(cgroup?.Descriptor.Number ?? 0);
        plan.Clone.ExitSignal = SignalChild;
        for (var patience = FirstPatience; ; patience *= 2)
        {
            plan.Clone.Flags = cgroup is null ? 0 : CloneIntoCgroup;
            var child = Fork(arguments[0], path, &plan, cgroup);
            if (child.SaysReady(patience)) return child;
            child.KillAndClose();
            cgroup = child.Cgroup;
            if (patience <= LastPatience) continue;
            cgroup?.Dispose();
            throw KernelErrors.Command(arguments[0], Libc.EAGAIN);
        }
    }

    /// <summary>Lets it exec, and waits until it has; throws with exec's errno when it could not.</summary>
    internal void Release()
    {
        if (_released) return;
        _released = true;
        byte go = 1;
        _ = Libc.Write(_go.Number, &go, 1);
        // Not waiting in read: a return probe has, before 6.2 and without preemption, as many places for calls that have not returned as there are processors
        // (register_kretprobe), and a reader that waits would take one from the command's own reads.
        WaitFor(_failure);
        var errno = 0;
        nint got;
        do got = Libc.Read(_failure.Number, &errno, sizeof(int));
        while (got < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR);
        if (got != sizeof(int)) return;
        Wait(-1);
        throw KernelErrors.Command(_name, errno);
    }

    /// <summary>Lets it exec, and waits until it has and is stopped before its first instruction; throws as <see cref="Release"/> does, and where it can't be stopped.</summary>
    internal void ReleaseToStart()
    {
        if (Trace(TraceSeize, TraceExec) != 0) throw KernelErrors.Command(_name, Marshal.GetLastPInvokeError());
        Release();
        var status = 0;
        while (Libc.WaitPid(Pid, &status, WaitAll) == Pid && (status & 0xff) == Stopped)
        {
            if (status >> 8 == (SignalTrap | ExecEvent << 8))
            {
                _stopped = true;
                return;
            }
            // A signal that came before it: let it have it.
            _ = Trace(TraceContinue, (status >> 8) & 0xff);
        }
        // It has ended, which is no less a start.
        _exit = new CommandExit((status >> 8) & 0xff, status & 0x7f);
    }

    /// <summary>Lets it run where it is stopped.</summary>
    internal void Continue()
    {
        if (_stopped) _ = Trace(TraceDetach, 0);
        _stopped = false;
    }

    private nint Trace(int request, nint data) => Libc.SystemCall(SystemCalls.Trace, request, Pid, 0, data);

    /// <summary>Its exit, or null when it runs on after that time.</summary>
    internal CommandExit? Wait(int milliseconds)
    {
        if (_exit is not null) return _exit;
        var descriptor = new Libc.PollDescriptor(_exited.Number, Libc.PollIn);
        int ready;
        do ready = Libc.Poll(&descriptor, 1, milliseconds);
        while (ready < 0 && milliseconds < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR);
        if (ready <= 0) return null;
        var status = 0;
        if (Libc.WaitPid(Pid, &status, 0) != Pid) return null;
        // wait(2): the low seven bits are the signal, the next byte the exit code.
        return _exit = new CommandExit((status >> 8) & 0xff, status & 0x7f);
    }

    /// <summary>Calls back from a thread of its own when it has exited; the thread ends with ktap at the latest.</summary>
    internal void NotifyExit(Action exited)
    {
        var held = false;
        _exited.DangerousAddRef(ref held);
        new Thread(() =>
        {
            WaitFor(_exited);
            _exited.DangerousRelease();
            exited();
        }, 128 << 10) { IsBackground = true }.Start();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if ((_released && !_stopped) || _exit is not null) Close();
        else KillAndClose();
        Cgroup?.Dispose();
    }

    private static ChildProcess Fork(string name, string file, Plan* plan, Cgroup? cgroup)
    {
        var (goRead, goWrite) = Pipe();
        var (failureRead, failureWrite) = Pipe();
        (plan->GoRead, plan->GoWrite, plan->FailureWrite) = (goRead.Number, goWrite.Number, failureWrite.Number);
        var pid = ForkBlocked(plan, out var cloned);
        var errno = Marshal.GetLastPInvokeError();
        goRead.Dispose();
        failureWrite.Dispose();
        if (pid < 0)
        {
            cgroup?.Dispose();
            throw KernelErrors.Command(name, errno);
        }
        var inside = cgroup is not null && (cloned || cgroup.Add(pid));
        if (!inside) cgroup?.Dispose();
        return new ChildProcess(name, file, pid, inside ? cgroup : null, goWrite, failureRead);
    }

    private bool SaysReady(int milliseconds)
    {
        byte ready;
        var descriptor = new Libc.PollDescriptor(_failure.Number, Libc.PollIn);
        return Libc.Poll(&descriptor, 1, milliseconds) > 0 && Libc.Read(_failure.Number, &ready, 1) == 1;
    }

    // Until there is something to read, or the other end is closed.
    private static void WaitFor(Descriptor end)
    {
        var descriptor = new Libc.PollDescriptor(end.Number, Libc.PollIn);
        while (Libc.Poll(&descriptor, 1, -1) < 0) ;
    }

    private void KillAndClose()
    {
        _ = Libc.Kill(Pid, Libc.SignalKill);
        Wait(-1);
        Close();
    }

    private void Close()
    {
        _go.Dispose();
        _failure.Dispose();
        _exited.Dispose();
    }

    // Signals are blocked around the fork: the runtime's handlers, still in place in the child, write to pipes that the parent reads.
    private static int ForkBlocked(Plan* plan, out bool cloned)
    {
        var all = ulong.MaxValue;
        _ = Libc.SystemCallRaw(plan->SignalMask, SetMask, (nint)(&all), (nint)(&plan->Mask), MaskSize);
        _ = Marshal.GetLastSystemError();
        var pid = ForkAndExec(plan, viaClone: true);
        cloned = pid > 0;
        // clone3 may be kept from us by a container's filter, or the cgroup may refuse: fork then, and move the child.
        if (!cloned) pid = ForkAndExec(plan, viaClone: false);
        var errno = Marshal.GetLastSystemError();
        _ = Libc.SystemCallRaw(plan->SignalMask, SetMask, (nint)(&plan->Mask), 0, MaskSize);
        Marshal.SetLastPInvokeError(errno);
        return pid;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static int ForkAndExec(Plan* plan, bool viaClone)
    {
        var pid = viaClone ? (int)Libc.SystemCallRaw(plan->Clone3, (nint)(&plan->Clone), sizeof(CloneArguments), 0, 0) : Libc.ForkRaw();
        if (pid != 0) return pid;

        // The child. Without the writing end here, the parent's death ends the wait.
        byte go = 0;
        Libc.SystemCallRaw(plan->Close, plan->GoWrite, 0, 0, 0);
        Libc.SystemCallRaw(plan->Write, plan->FailureWrite, (nint)(&go), 1, 0);
        if (Libc.SystemCallRaw(plan->Read, plan->GoRead, (nint)(&go), 1, 0) == 1)
        {
            // Exec resets handlers, but a signal that .NET ignores would stay ignored.
            Libc.SystemCallRaw(plan->SignalAction, SignalPipe, (nint)plan->DefaultAction, 0, MaskSize);
            Libc.SystemCallRaw(plan->SignalMask, SetMask, (nint)(&plan->Mask), 0, MaskSize);
            Libc.SystemCallRaw(plan->Execve, (nint)plan->Path, (nint)plan->Arguments, (nint)plan->Environment, 0);
            var errno = Marshal.GetLastSystemError();
            Libc.SystemCallRaw(plan->Write, plan->FailureWrite, (nint)(&errno), sizeof(int), 0);
        }
        while (true) Libc.SystemCallRaw(plan->ExitGroup, 127, 0, 0, 0);
    }

    private static (Descriptor Read, Descriptor Write) Pipe()
    {
        var ends = stackalloc int[2];
        if (Libc.Pipe2(ends, Libc.CloseOnExec) != 0) throw KernelErrors.Command("pipe", Marshal.GetLastPInvokeError());
        return (new Descriptor(ends[0]), new Descriptor(ends[1]));
    }

    // The bytes as this process got them: .NET's own view of the environment has decoded them.
    private static IEnumerable<byte[]> EnvironmentBlock()
    {
        var block = System.IO.File.ReadAllBytes("/proc/self/environ");
        for (int at = 0, end; at < block.Length; at = end + 1)
        {
            end = Array.IndexOf(block, (byte)0, at);
            if (end < 0) end = block.Length;
            yield return block[at..end];
        }
    }

    // linux/ptrace.h and wait(2).
    private const int TraceSeize = 0x4206, TraceContinue = 7, TraceDetach = 17, TraceExec = 0x10, ExecEvent = 4, SignalTrap = 5, Stopped = 0x7f, WaitAll = 0x40000000;
    private const ulong CloneIntoCgroup = 0x2_0000_0000, SignalChild = 17;
    // Milliseconds to wait for a child's word; a busy machine needs some, a stuck child costs them.
    private const int FirstPatience = 100, LastPatience = 5000;
    private const int SetMask = 2, MaskSize = 8, SignalPipe = 13;

    /// <summary><c>struct clone_args</c> of Linux 5.7.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct CloneArguments
    {
        internal ulong Flags;
        internal ulong PidDescriptor;
        internal ulong ChildTid;
        internal ulong ParentTid;
        internal ulong ExitSignal;
        internal ulong Stack;
        internal ulong StackSize;
        internal ulong Tls;
        internal ulong SetTid;
        internal ulong SetTidSize;
        internal ulong Cgroup;
    }

    /// <summary>All that the child needs, in plain memory.</summary>
    private struct Plan
    {
        internal CloneArguments Clone;
        internal ulong Mask;
        internal fixed byte DefaultAction[64];
        internal byte* Path;
        internal byte** Arguments;
        internal byte** Environment;
        internal int GoRead, GoWrite, FailureWrite;
        internal int Clone3, Close, Read, Write, Execve, ExitGroup, SignalAction, SignalMask;
    }
}
