using System.Collections.Immutable;
using Ktap.Compiler.Btf;

namespace Ktap.Compiler.Types;

/// <summary>
/// What one kernel is, as data: all that the compiler may know of the machine it compiles for. The running kernel is one (filled on
/// demand from tracefs, BTF and kallsyms); a frozen one makes tests the same everywhere.
/// </summary>
public abstract class Target
{
    /// <summary>The processor, as data: registers, word size, byte order.</summary>
    public abstract Architecture Architecture { get; }

    /// <summary>The system calls by number, named as their events are (<c>newfstat</c>).</summary>
    public abstract IReadOnlyDictionary<int, string> Syscalls { get; }

    /// <summary>The kernel's version, its number of CPUs, and the constructs that it has.</summary>
    public abstract KernelFeatures Features { get; }

    /// <summary>The kernel's BTF, or null where it was built without.</summary>
    public abstract BtfReader? Btf { get; }

    /// <summary>Every tracepoint that exists, as <c>group:name</c>, in tracefs's order.</summary>
    public abstract IReadOnlyList<string> Tracepoints { get; }

    /// <summary>Whether a tracepoint <c>group:name</c> exists; cheaper than all of them.</summary>
    public virtual bool HasTracepoint(string name) => Tracepoints.Contains(name);

    /// <summary>The number of the system call whose events end in this name (<c>newfstat</c>), or null; cheaper than all of them.</summary>
    public virtual int? SyscallOfEvent(string name)
    {
        foreach (var (number, other) in Syscalls)
            if (other == name) return number;
        return null;
    }

    /// <summary>One tracepoint's record format; null where there is no such event.</summary>
    public abstract TracepointFormat? Format(string group, string name);

    /// <summary>
    /// The kernel's functions that stand in a stack between a tracepoint and what is attached to it, as ascending ranges of addresses that don't touch; empty where they aren't known.
    /// </summary>
    public virtual ImmutableArray<(ulong Start, ulong End)> TracingCode => [];

    /// <summary>The events that <c>perf probe</c> or somebody else made in tracefs, by <c>group:name</c>; they are among <see cref="Tracepoints"/> too.</summary>
    public virtual IReadOnlyDictionary<string, MadeEvent> MadeEvents => ImmutableDictionary<string, MadeEvent>.Empty;

    /// <summary>The bytes of memory that the machine has to give; null where that isn't known.</summary>
    public virtual long? FreeMemory => null;

    /// <summary>The kernel's functions of a name.</summary>
    public virtual ImmutableArray<KernelFunction> Functions(string name) => SymbolAddress(name) is { } address ? [new KernelFunction(name, address, "")] : [];

    /// <summary>The kernel's functions whose names match a glob, in the order of their addresses; those that can't be probed say why.</summary>
    public virtual IReadOnlyList<KernelFunction> FunctionsMatching(string glob) => [];

    /// <summary>Whether the kernel lets a function be replaced by a return value (ALLOW_ERROR_INJECTION).</summary>
    public virtual bool AllowsErrors(string function) => false;

    /// <summary>
    /// A program or library: by its path, or by a short name (<c>libc</c>) as the dynamic loader and $PATH would find it; of a process's own, where
    /// <paramref name="pid"/> isn't 0.
    /// </summary>
    public virtual UserFileSearch FindUserFile(string name, int pid) => new UserFileSearch.Failed("there are no programs or libraries to be looked into", null);

    /// <summary>The names of the performance monitoring units.</summary>
    public virtual IReadOnlyList<string> Pmus => [];

    /// <summary>A performance monitoring unit by name, or null.</summary>
    public virtual Pmu? Pmu(string name) => null;

    /// <summary>Whether the machine can count an event and interrupt for it (perf_event_open(2)'s type and configuration).</summary>
    public virtual bool CanCount(uint type, ulong config, ulong period) => true;

    /// <summary>How often a second perf may interrupt a processor (<c>kernel.perf_event_max_sample_rate</c>); null where that isn't known.</summary>
    public virtual long? MaxSampleRate => null;

    /// <summary>Where a variable of the kernel is, or null; many kernels tell the addresses of functions alone.</summary>
    public virtual MemoryPlace? KernelData(string name) => null;

    /// <summary>The variables and functions of a program by name, with the addresses that its file has; null where it is no ELF file, or can't be read.</summary>
    public virtual IReadOnlyDictionary<string, MemoryPlace>? ProgramSymbols(string file) => null;

    /// <summary>The address of a kernel symbol, or null.</summary>
    public abstract ulong? SymbolAddress(string name);
}
