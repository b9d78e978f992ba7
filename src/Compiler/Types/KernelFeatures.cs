namespace Ktap.Compiler.Types;

/// <summary>
/// What the running kernel is and has. Each feature is taken from the version where the mainline one has it, and otherwise
/// probed, because distributions backport.
/// </summary>
public sealed record KernelFeatures
{
    /// <summary>Major and minor version, and patch level.</summary>
    public required Version Version { get; init; }

    /// <summary>The release as <c>uname -r</c> prints it.</summary>
    public required string Release { get; init; }

    /// <summary>The hardware as <c>uname -m</c> prints it (<c>x86_64</c>, <c>aarch64</c>).</summary>
    public required string Machine { get; init; }

    /// <summary>CPUs that can ever be there: the number of slots in a per-CPU value.</summary>
    public required int PossibleCpus { get; init; }

    /// <summary>Whether <c>/sys/kernel/btf/vmlinux</c> is there (CONFIG_DEBUG_INFO_BTF).</summary>
    public required bool Btf { get; init; }

    /// <summary>Where cgroup2 is mounted, or null.</summary>
    public required string? Cgroup2 { get; init; }

    /// <summary>bpf_get_current_task_btf, since 5.11.</summary>
    public required bool CurrentTaskBtf { get; init; }

    /// <summary>64-bit atomic add with fetch, exchange and compare-exchange, since 5.12 and where the JIT of the architecture has them.</summary>
    public required bool AtomicFetch { get; init; }

    /// <summary>bpf_task_pt_regs, since 5.15.</summary>
    public bool TaskRegisters => Version >= new Version(5, 15);

    /// <summary>Cookies on perf-attached programs, since 5.15.</summary>
    public required bool PerfCookies { get; init; }

    /// <summary>bpf_for_each_map_elem and functions that the kernel calls back, since 5.13.</summary>
    public bool MapIteration => Version >= new Version(5, 13);

    /// <summary>bpf_loop, since 5.17.</summary>
    public required bool BpfLoop { get; init; }

    /// <summary>bpf_override_return, with CONFIG_BPF_KPROBE_OVERRIDE.</summary>
    public bool OverrideReturn { get; init; }

    /// <summary>kprobe.multi links, since 5.18 with CONFIG_FPROBE.</summary>
    public required bool KprobeMulti { get; init; }

    /// <summary>Open-coded iterators (bpf_iter_num_*), since 6.4.</summary>
    public required bool NumberIterators { get; init; }

    /// <summary>uprobe.multi links, since 6.6.</summary>
    public required bool UprobeMulti { get; init; }

    /// <summary>The may_goto instruction, since 6.9.</summary>
    public required bool MayGoto { get; init; }

    /// <summary>Cookies on raw tracepoints, since 6.10.</summary>
    public required bool RawTracepointCookies { get; init; }
}
