using System.Collections.Immutable;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>
/// The events that one compiled program serves, as its code sees them: what the names of language §8 mean there, their types,
/// and how to read them. One handler makes a site for each group of events that share a layout.
/// </summary>
public abstract class ProbeSite(Target target)
{
    /// <summary>The target.</summary>
    public Target Target => target;

    /// <summary>The ELF section of a program that serves it: it tells libbpf the program's type.</summary>
    public abstract string Section { get; }

    /// <summary>What messages call the events: <c>syscalls:sys_enter_open</c>, or a glob.</summary>
    public abstract string Description { get; }

    /// <summary>The names that <c>probename</c> can have.</summary>
    public abstract NameSet ProbeNames { get; }

    /// <summary>The group (<c>probegroup</c>), where all events share one.</summary>
    public abstract NameSet ProbeGroups { get; }

    /// <summary>How to attach the program: one or more places.</summary>
    public abstract ImmutableArray<AttachPoint> AttachPoints { get; }

    /// <summary>What runs before the filter: ends the program for hits that are none of these events (another system call).</summary>
    public abstract void EmitPrologue(IrBuilder ir);

    /// <summary>The index in <see cref="ProbeNames"/> of the event that was hit.</summary>
    public abstract IrOperand EmitProbeName(IrBuilder ir);

    /// <summary>The index in <see cref="ProbeGroups"/>.</summary>
    public abstract IrOperand EmitProbeGroup(IrBuilder ir);

    /// <summary>A field by name; null where none of the events has it.</summary>
    public abstract ProbeField? Field(string name);

    /// <summary><c>argN</c>, from 0; null where none of the events has it.</summary>
    public abstract ProbeField? Argument(int number);

    /// <summary>The names of the fields, for "did you mean" and for warnings about declarations that hide one.</summary>
    public abstract IReadOnlyList<string> FieldNames { get; }

    /// <summary>The event as text, or null where the probe kind has none.</summary>
    public abstract ProbeField? EventText { get; }

    /// <summary>Whether it is the entry of a system call (<c>e.sc_is_enter</c>); null where it is none.</summary>
    public abstract bool? IsSyscallEnter { get; }
}

/// <summary>A field of an event: its type, and the code that reads it (into buffers from the second argument where it is a string).</summary>
public sealed record ProbeField(string Name, KtapType Type, Func<IrBuilder, Func<int, string, VReg>, IrValue> Emit);

/// <summary>Where a program attaches.</summary>
public abstract record AttachPoint
{
    /// <summary>A raw tracepoint, with a cookie that tells it from others of the same program where the kernel has them.</summary>
    public sealed record RawTracepoint(string Name, ulong Cookie) : AttachPoint;

    /// <summary>A tracepoint through its perf event, so that the program gets the formatted record.</summary>
    public sealed record Tracepoint(string Group, string Name) : AttachPoint;

    /// <summary>A perf event on every CPU that is traced: type and config as <c>perf_event_open</c> takes them, a period in events (nanoseconds for clocks) or a frequency.</summary>
    public sealed record PerfEvent(uint Type, ulong Config, ulong PeriodOrFrequency, bool IsFrequency) : AttachPoint;
}
