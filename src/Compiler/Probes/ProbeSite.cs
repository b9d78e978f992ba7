using System.Collections.Immutable;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>
/// The events that one compiled program serves, as its code sees them: what the names of language §8 mean there, their types,
/// and how to read them. One handler makes a site for each group of events that share a layout.
/// </summary>
public abstract class ProbeSite(Target target, ProbeOptions options)
{
    /// <summary>The target.</summary>
    public Target Target => target;

    /// <summary>The options.</summary>
    public ProbeOptions Options => options;

    /// <summary>The ELF section of a program that serves it: it tells libbpf the program's type.</summary>
    public abstract string Section { get; }

    /// <summary>What messages call the events: <c>syscalls:sys_enter_open</c>, or a glob.</summary>
    public abstract string Description { get; }

    /// <summary>How to attach the program: one or more places.</summary>
    public abstract ImmutableArray<AttachPoint> AttachPoints { get; }

    /// <summary>The names that <c>probename</c> can have here.</summary>
    public abstract NameSet ProbeNames { get; }

    /// <summary>The groups of the names in <see cref="ProbeNames"/>, one for each, in the same order.</summary>
    public abstract ImmutableArray<string> ProbeGroups { get; }

    /// <summary>
    /// What runs first: goes to <paramref name="reject"/> for hits that are none of these events (another system call). Gives the index in
    /// <see cref="ProbeNames"/> of the event that was hit.
    /// </summary>
    public abstract IrOperand EmitPrologue(KernelEmitter emitter, IrBlock reject);

    /// <summary>A field by name; null where the events don't have it.</summary>
    public abstract ProbeField? Field(string name);

    /// <summary><c>argN</c>, from 0; null where the events don't have it.</summary>
    public abstract ProbeField? Argument(int number);

    /// <summary>The names of the fields, for "did you mean" and for warnings about declarations that hide one.</summary>
    public abstract IReadOnlyList<string> FieldNames { get; }

    /// <summary>The event as text, or null where the probe kind has none.</summary>
    public abstract EventText? Text { get; }

    /// <summary>What the spec matches and can't be probed: it is left out, and counted.</summary>
    public virtual ImmutableArray<KernelFunction> LeftOut => [];

    /// <summary>Why <c>override_return</c> can't be used here; null where it can.</summary>
    public virtual string? OverrideRefusal => "only the entry of a kernel function can be given a return value";

    /// <summary>What stands at the top of a stack taken in a raw tracepoint's program: the program, and <c>bpf_trace_run</c>, which called it.</summary>
    protected const int RawTracepointFrames = 2;

    /// <summary>Whether the events are tracepoints, so that functions of <see cref="Target.TracingCode"/> may stand in their kernel stacks.</summary>
    public virtual bool IsTracepoint => false;

    /// <summary>The innermost frames of a kernel stack that belong to the program itself; they are left out.</summary>
    public virtual int TracingFrames => 0;

    /// <summary>Whether the program is run by user space, at any time, and not by events: then nothing is asked before its body.</summary>
    public virtual bool IsCalled => false;

    /// <summary>Whether the kernel runs the program at most once at a time on each processor: what would interrupt it by running it again is left out.</summary>
    public virtual bool NeverInterruptsItself => false;

    /// <summary>Of raw tracepoints: since 6.1 each program counts that it runs (05b24ff9b2cf).</summary>
    protected bool RawTracepointsNeverInterruptThemselves => target.Features.Version >= new Version(6, 1);

    /// <summary>Whether it is the entry of a system call (<c>e.sc_is_enter</c>); false also for events that are none.</summary>
    public virtual bool IsSyscallEnter => false;
}

/// <summary>A field of an event: its type, and the code that reads it.</summary>
public sealed record ProbeField(string Name, KtapType Type, Func<KernelEmitter, IrValue> Emit)
{
    /// <summary>What its integers are always below, from 0; null where they can be any.</summary>
    public int? Limit { get; init; }
}

/// <summary>
/// The event as text: user space makes it from bytes that the program copies. <paramref name="Capacity"/> bytes at most, a multiple
/// of 8; <paramref name="Emit"/> writes them at an address and gives their number; <paramref name="Format"/> says how they are read.
/// </summary>
public sealed record EventText(EventTextFormat Format, int Capacity, Func<KernelEmitter, VReg, IrOperand> Emit);

/// <summary>How the bytes of an event's text are read.</summary>
public abstract record EventTextFormat
{
    /// <summary>The record of a tracepoint, as its format says.</summary>
    public sealed record Record(TracepointFormat Event) : EventTextFormat;

    /// <summary>A function's event, as <see cref="FunctionText"/> copies it.</summary>
    public sealed record Function(NameSet Names, bool IsReturn, ulong Offset, ImmutableArray<TextField> Fields) : EventTextFormat;

    /// <summary>A system call's entry: its number, then six arguments, a word each.</summary>
    public sealed record SyscallEnter : EventTextFormat;

    /// <summary>A system call's return: its number, then the value, a word each.</summary>
    public sealed record SyscallExit : EventTextFormat;

    /// <summary>Words with names: <c>period=1 addr=0x7f…</c>.</summary>
    public sealed record Words(ImmutableArray<(string Name, IntFormat? Format)> Names) : EventTextFormat;
}

/// <summary>A field in a function's text; <paramref name="IsHex"/> where it prints as hexadecimal whatever its type.</summary>
public sealed record TextField(string Name, KtapType Type, bool IsHex);
