using System.Collections.Immutable;

namespace Ktap.Compiler.Probes;

/// <summary>Where a program can be attached: a closed set, the forms of one kind of probe in a file.</summary>
public abstract partial record AttachPoint
{
    private AttachPoint()
    {
    }

    /// <summary>The point as error messages name it.</summary>
    public abstract string Description { get; }

    /// <summary>What a point of several places can be divided into, to find the one that the kernel refuses; empty where it can't be divided.</summary>
    public virtual ImmutableArray<AttachPoint> Parts => [];

    /// <summary>A raw tracepoint (or a <c>tp_btf</c> program's, whose point is in the object: the name is then only for messages). A cookie other than 0 needs Linux 6.10.</summary>
    public sealed record RawTracepoint(string Name, ulong Cookie = 0) : AttachPoint
    {
        /// <inheritdoc/>
        public override string Description => $"raw tracepoint {Name}";
    }

    /// <summary>A tracepoint through perf: the program sees the formatted record. A cookie other than 0 needs Linux 5.15.</summary>
    public sealed record Tracepoint(string Group, string Name, ulong Cookie = 0) : AttachPoint
    {
        /// <inheritdoc/>
        public override string Description => $"tracepoint {Group}:{Name}";
    }

    /// <summary>
    /// A perf event: <paramref name="Type"/> and <paramref name="Config"/> as in perf_event_open(2). <see cref="Cpu"/> null means
    /// every online CPU.
    /// </summary>
    public sealed record PerfEvent(uint Type, ulong Config, Sampling Sampling) : AttachPoint
    {
        /// <summary>The one CPU to count on, or null.</summary>
        public int? Cpu { get; init; }

        /// <summary>The handle of the cgroup whose tasks alone are counted, so that what others do doesn't shift the period; null for all.</summary>
        public int? Cgroup { get; init; }

        /// <summary>Leave user space out (<c>:k</c>).</summary>
        public bool ExcludeUser { get; init; }

        /// <summary>Leave the kernel out (<c>:u</c>).</summary>
        public bool ExcludeKernel { get; init; }

        /// <summary>Leave out what happens while a processor has nothing to do (<c>:I</c>).</summary>
        public bool ExcludeIdle { get; init; }

        /// <summary>How near to the event the registers have to be, from 0 (anywhere behind it) to 3 (<c>:p</c> to <c>:ppp</c>).</summary>
        public int Precision { get; init; }

        /// <summary>The second word of configuration; a watchpoint's address.</summary>
        public ulong Config1 { get; init; }

        /// <summary>The third word of configuration; a watchpoint's length in bytes.</summary>
        public ulong Config2 { get; init; }

        /// <summary>A watchpoint's kinds of access: 1 read, 2 write, 4 execute.</summary>
        public uint BreakpointType { get; init; }

        /// <summary>Where a watchpoint is in a process's program: it says the address when attaching, in place of <see cref="Config1"/>.</summary>
        public ProgramPlace? Place { get; init; }

        /// <summary>What the program reads as its cookie; needs Linux 5.15.</summary>
        public ulong Cookie { get; init; }

        /// <summary>What error messages call it (<c>hw:cycles</c>).</summary>
        public string Name { get; init; } = "";

        /// <inheritdoc/>
        public override string Description => Name.Length > 0 ? $"perf event {Name}" : $"perf event {Type}:{Config:x}";
    }
}

/// <summary>An address of a program's own, as its file has it; where that is in the memory of a process is known only when the process runs.</summary>
public sealed record ProgramPlace(int Pid, ulong Address);

/// <summary>When a perf event runs its program: every <paramref name="Value"/> events, or <paramref name="Value"/> times a second.</summary>
public readonly record struct Sampling(ulong Value, bool IsFrequency)
{
    /// <summary>Every that many events; for clocks, nanoseconds.</summary>
    public static Sampling Every(ulong events) => new(events, false);

    /// <summary>That many times a second.</summary>
    public static Sampling Hertz(ulong hertz) => new(hertz, true);
}
