using Ktap.Compiler.Btf;

namespace Ktap.Compiler.Types;

/// <summary>
/// What one kernel is, as data: all that the compiler may know of the machine it compiles for. The running kernel is one (filled on
/// demand from tracefs, BTF and kallsyms); a frozen one makes tests the same everywhere.
/// </summary>
public abstract class Target
{
    /// <summary>The processor, as data: registers, word size, byte order, system calls.</summary>
    public abstract Architecture Architecture { get; }

    /// <summary>The number of possible CPUs.</summary>
    public abstract int NumCpus { get; }

    /// <summary>The kernel's version, for what depends on it.</summary>
    public abstract KernelVersion Kernel { get; }

    /// <summary>The constructs that this kernel has.</summary>
    public abstract KernelFeatures Features { get; }

    /// <summary>The kernel's BTF, or null where it was built without.</summary>
    public abstract BtfReader? Btf { get; }

    /// <summary>Every tracepoint that exists, as <c>group:name</c>, in tracefs's order.</summary>
    public abstract IReadOnlyList<string> Tracepoints { get; }

    /// <summary>One tracepoint's record format; null where there is no such event.</summary>
    public abstract TracepointFormat? Format(string group, string name);

    /// <summary>The address of a kernel symbol, or null.</summary>
    public abstract ulong? SymbolAddress(string name);

    /// <summary>What ktap itself is there: the process id whose events handlers that print leave out, or 0.</summary>
    public abstract int OwnPid { get; }
}

/// <summary>A kernel version.</summary>
public readonly record struct KernelVersion(int Major, int Minor, int Patch)
{
    /// <summary>Whether it is at least <paramref name="major"/>.<paramref name="minor"/>.</summary>
    public bool AtLeast(int major, int minor) => Major > major || (Major == major && Minor >= minor);

    /// <inheritdoc/>
    public override string ToString() => $"{Major}.{Minor}.{Patch}";
}

/// <summary>Which newer constructs a kernel has; each has a fallback.</summary>
/// <param name="RawTracepointCookies">One program for many raw tracepoints, told apart by <c>bpf_get_attach_cookie</c> (6.10).</param>
/// <param name="AtomicFetch">Atomic operations that return the old value, exchange and compare-exchange (5.12).</param>
/// <param name="CurrentTaskBtf"><c>bpf_get_current_task_btf</c> (5.11).</param>
/// <param name="BpfLoop"><c>bpf_loop</c> (5.17).</param>
/// <param name="MayGoto"><c>may_goto</c> (6.9).</param>
public sealed record KernelFeatures(bool RawTracepointCookies, bool AtomicFetch, bool CurrentTaskBtf, bool BpfLoop, bool MayGoto);
