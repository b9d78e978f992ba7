using System.Globalization;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Probes;
using Ktap.Runtime.LibBpf;

namespace Ktap.Runtime.Machine;

/// <summary>What the kernel refuses, in words: the operation and what to do about it. One method for one kind of operation.</summary>
internal static class KernelErrors
{
    /// <summary>A file could not be read.</summary>
    internal static KtapException File(string path, int errno) => new($"read {path}{Because(errno)}", errno, errno switch
    {
        Libc.EACCES or Libc.EPERM => Privileges(),
        Libc.ENOENT when path == "/sys/kernel/btf/vmlinux" =>
            "this kernel has no type information (BTF): it needs CONFIG_DEBUG_INFO_BTF=y",
        _ => null,
    });

    // EADDRNOTAVAIL: kernel/trace/fprobe.c and ftrace.c for a function that is no function of theirs.
    private const int NoSuchAddress = 99;

    /// <summary>
    /// Whether an attachment of many places may have been refused over one of them: there is no code (EINVAL), no such function (ENOENT, ESRCH, EADDRNOTAVAIL; EAGAIN
    /// while its module comes), or an instruction that can't be probed (ENOTSUPP, ENOEXEC: arch/x86/kernel/uprobes.c).
    /// </summary>
    internal static bool IsOfOnePlace(int errno) => errno is Libc.EINVAL or Libc.ENOENT or Libc.ESRCH or Libc.EAGAIN or Libc.ENOTSUPP or Libc.ENOEXEC or NoSuchAddress;

    /// <summary>tracefs is not mounted and could not be.</summary>
    internal static KtapException NoTraceFs(int errno) => new($"find tracefs at /sys/kernel/tracing{Because(errno)}", errno, errno switch
    {
        Libc.EPERM or Libc.EACCES => Privileges() ?? "mount it: mount -t tracefs nodev /sys/kernel/tracing",
        Libc.ENODEV => "this kernel has no tracefs: it needs CONFIG_FTRACE=y and CONFIG_EVENT_TRACING=y",
        _ => "mount it: mount -t tracefs nodev /sys/kernel/tracing",
    });

    /// <summary>An object was refused; <paramref name="log"/> is all that libbpf said.</summary>
    internal static LoadException Load(int errno, string log)
    {
        var program = VerifierLogs.FailedProgram(log);
        var verifier = VerifierLogs.In(log);
        var hint = errno switch
        {
            Libc.EPERM => Privileges() ?? Lockdown() ?? "the kernel refused: a container's seccomp profile or kernel.unprivileged_bpf_disabled may be in the way",
            Libc.EACCES or Libc.EINVAL when verifier.Length > 0 => "the kernel's verifier refused the program",
            Libc.E2BIG when program is null && verifier.Length == 0 => "the kernel allows no map as large: use --max-entries with a smaller number, or shorter strings (--strlen)",
            Libc.E2BIG => "the program is too large for the kernel's verifier",
            Libc.ENOMEM => "not enough memory for the maps: use --max-entries with a smaller number (before Linux 5.11, also ulimit -l)",
            Libc.ENOTSUPP => "the kernel's BPF JIT has no code for an instruction of the program on this architecture",
            Libc.ENOENT when log.Contains("BTF", StringComparison.Ordinal) =>
                "this kernel has no type information (BTF): it needs CONFIG_DEBUG_INFO_BTF=y",
            _ => null,
        };
        var operation = program is null ? "load the programs" : $"load program {program}";
        return new LoadException(operation + Because(errno), errno, hint, program, verifier, log);
    }

    /// <summary>A program could not be attached.</summary>
    internal static KtapException Attach(AttachPoint point, int errno) => new($"attach to {point.Description}{Because(errno)}", errno, (point, errno) switch
    {
        (_, Libc.EPERM or Libc.EACCES) => Privileges() ?? Lockdown() ?? "the kernel allows no tracing here: see kernel.perf_event_paranoid, and a container's seccomp profile",
        (AttachPoint.RawTracepoint { Cookie: not 0 }, Libc.EINVAL) => "the program reads more arguments than the tracepoint has, or the kernel is older than 6.10",
        (AttachPoint.RawTracepoint, Libc.EINVAL) => "the program reads more arguments than the tracepoint has",
        (AttachPoint.RawTracepoint or AttachPoint.Tracepoint, Libc.ENOENT) => "this kernel has no such event; ktap -le lists those it has",
        (AttachPoint.RawTracepoint or AttachPoint.Tracepoint, Libc.E2BIG) => "64 programs are attached to this event already, the most the kernel allows",
        (AttachPoint.PerfEvent, Libc.ENOENT) => "this processor has no such counter, and virtual machines often have none at all; sw:cpu-clock and profile-Nhz work everywhere",
        (AttachPoint.PerfEvent { BreakpointType: not 0 }, Libc.ENOSPC) => "too many watchpoints: the hardware has 4 (on x86), those of other programs included",
        (AttachPoint.PerfEvent { BreakpointType: WatchSpec.Execute }, Libc.EINVAL) => "the kernel's own code can be watched only where kprobes could be, and not at all where it was built without them (CONFIG_KPROBES)",
        (AttachPoint.PerfEvent { BreakpointType: not 0 }, Libc.EINVAL) => "the kernel lets nobody watch this address: it needs it itself to handle watchpoints",
        (AttachPoint.PerfEvent { Type: > 5 }, Libc.EINVAL or Libc.EOPNOTSUPP) => "this unit only counts: it doesn't interrupt the processor, so nothing would run",
        (AttachPoint.PerfEvent, Libc.EOPNOTSUPP) => "the hardware can't interrupt the processor for that, or not as exactly (:p)",
        (AttachPoint.PerfEvent, Libc.EINVAL) => "the hardware refuses this period, modifier or code",
        (AttachPoint.Kprobe { Offset: not 0 }, Libc.EINVAL or InsideInstruction) => "no instruction begins at that offset, or it is one that can't be probed",
        (AttachPoint.Kprobe or AttachPoint.KprobeMulti, Libc.EINVAL or Libc.ENOENT) => "this function can't be probed: the kernel itself needs it to handle probes, or it is gone since the kernel started",
        (AttachPoint.Trampoline, Libc.EOPNOTSUPP or Libc.ENOTSUPP) => "this kernel has no trampolines (it needs CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS=y); 'probe:' does without",
        (AttachPoint.Trampoline, Libc.EBUSY or Libc.EINVAL or Libc.ENOENT) => "this function takes no trampoline; 'probe:' may do without",
        (AttachPoint.User { Pid: var pid }, Libc.ESRCH) => $"there is no process {pid}",
        (AttachPoint.User, Libc.ENOTSUPP or Libc.ENOEXEC) => "the kernel can't probe the instruction there, or there is a debugger's breakpoint",
        (AttachPoint.User, Libc.EINVAL) => "the file has no code at that place",
        (_, Libc.EMFILE) => "too many open files: raise ulimit -n",
        (_, Libc.EOPNOTSUPP or Libc.ENOTSUPP) => "this kernel was built without what this kind of probe needs",
        _ => null,
    });

    /// <summary>A function of the kernel could not be probed because the kernel can't probe any.</summary>
    internal static KtapException NoKprobes(AttachPoint point) =>
        new($"attach to {point.Description}: this kernel has no kprobes", Libc.EOPNOTSUPP, "it needs CONFIG_KPROBES=y and CONFIG_KPROBE_EVENTS=y, as Debian's kernels have; tracepoints work without");

    /// <summary>A processor that isn't there (<c>-C</c>).</summary>
    internal static KtapException NoSuchCpu(int cpu, string online) => new($"trace processor {cpu}: there is none", 0, $"those that are online: {online}");

    /// <summary>A map operation failed; <paramref name="what"/> is a verb that the map's name follows.</summary>
    internal static KtapException Map(string what, string map, int errno) => new($"{what} map {map}{Because(errno)}", errno, errno switch
    {
        Libc.E2BIG or Libc.ENOMEM or Libc.ENOSPC => "the map is full: use --max-entries with a larger number",
        Libc.EPERM => Privileges(),
        _ => null,
    });

    /// <summary>A loaded program could not be run or looked at.</summary>
    internal static KtapException Program(string what, string name, int errno) => new($"{what} program {name}{Because(errno)}", errno, errno switch
    {
        Libc.EPERM => Privileges(),
        Libc.ENOTSUPP or Libc.EOPNOTSUPP => "programs of this type can't be run by themselves",
        _ => null,
    });

    /// <summary>Counting of runs could not be switched on.</summary>
    internal static KtapException Statistics(int errno) => new($"switch run statistics on{Because(errno)}", errno, errno == Libc.EPERM ? Privileges() : null);

    /// <summary>A command could not be started.</summary>
    internal static KtapException Command(string command, int errno) => new($"run {command}{Because(errno)}", errno, errno switch
    {
        Libc.ENOENT when !command.Contains('/') => "no folder of $PATH has a program of that name",
        Libc.EACCES => "it is not executable",
        8 => "it is no program: a script needs a first line like #!/bin/sh",
        _ => null,
    });

    // EILSEQ, which the kernel gives for a kprobe that isn't at the start of an instruction.
    private const int InsideInstruction = 84;

    private static string Because(int errno)
    {
        if (errno == 0) return "";
        // The C library knows this number for texts only.
        if (errno == InsideInstruction) return ": that is inside an instruction";
        // The kernel's own ENOTSUPP has no text outside of it.
        var text = errno == Libc.ENOTSUPP ? "not supported" : BpfApi.ErrorText(errno);
        // "No such file" becomes part of a sentence; "BPF object" stays.
        return ": " + (text.Length > 1 && char.IsLower(text[1]) ? char.ToLowerInvariant(text[0]) + text[1..] : text);
    }

    // What of the rights that tracing needs is missing, or null when they are all there.
    private static string? Privileges()
    {
        const int systemAdministrator = 21, performance = 38, bpf = 39;
        var line = System.IO.File.ReadLines("/proc/self/status").FirstOrDefault(l => l.StartsWith("CapEff:", StringComparison.Ordinal));
        if (!ulong.TryParse(line.AsSpan("CapEff:".Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var capabilities)) return null;
        bool Has(int capability) => (capabilities >> capability & 1) != 0;
        if (Has(systemAdministrator) || (Has(performance) && Has(bpf))) return null;
        return Libc.EffectiveUserId() == 0
            ? "tracing needs CAP_SYS_ADMIN, or CAP_BPF and CAP_PERFMON, which this container or session has taken away"
            : "tracing needs root (try sudo), or CAP_BPF and CAP_PERFMON";
    }

    private static string? Lockdown()
    {
        const string path = "/sys/kernel/security/lockdown";
        return System.IO.File.Exists(path) && System.IO.File.ReadAllText(path).Contains("[confidentiality]", StringComparison.Ordinal)
            ? "the kernel is locked down (confidentiality), which forbids tracing: see lockdown= on the kernel's command line, and Secure Boot"
            : null;
    }
}
