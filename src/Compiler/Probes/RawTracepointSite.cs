using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>
/// Tracepoints of which nothing but the name is used, attached as raw tracepoints: one program for all of them where the kernel has
/// cookies (6.10), else one for each. Raw tracepoints detach in microseconds where perf takes 60 ms each.
/// </summary>
public sealed class RawTracepointSite(Target target, string description, ImmutableArray<(string Group, string Name)> events, ProbeOptions options) : ProbeSite(target, options)
{
    /// <inheritdoc/>
    public override bool NeverInterruptsItself => RawTracepointsNeverInterruptThemselves;

    /// <inheritdoc/>
    public override string Section => "raw_tp";

    /// <inheritdoc/>
    public override bool IsTracepoint => true;

    /// <inheritdoc/>
    public override int TracingFrames => RawTracepointFrames;

    /// <inheritdoc/>
    public override string Description => description;

    /// <inheritdoc/>
    public override ImmutableArray<AttachPoint> AttachPoints =>
        [.. events.Select((e, i) => new AttachPoint.RawTracepoint(e.Name, events.Length > 1 ? (ulong)i + 1 : 0))];

    /// <summary>The full names <c>group:name</c> where two groups have the same name would be ambiguous, so names are kept apart by group there.</summary>
    public override NameSet ProbeNames { get; } = new(events.Select(e =>
        events.Count(o => o.Name == e.Name) > 1 ? $"{e.Group}:{e.Name}" : e.Name));

    /// <inheritdoc/>
    public override ImmutableArray<string> ProbeGroups => [.. events.Select(e => e.Group)];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FieldNames => [];

    /// <inheritdoc/>
    public override EventText? Text => null;

    /// <inheritdoc/>
    public override IrOperand EmitPrologue(KernelEmitter emitter, IrBlock reject)
    {
        if (events.Length == 1) return 0;
        var ir = emitter.Ir;
        return ir.Binary(IrBinary.Sub, ir.Call(BpfHelper.GetAttachCookie, CallEffect.PerRun, ir.Context()), 1);
    }

    /// <inheritdoc/>
    public override ProbeField? Field(string name) => null;

    /// <inheritdoc/>
    public override ProbeField? Argument(int number) => null;
}
