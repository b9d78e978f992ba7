using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>Counters of the hardware and of the kernel: one program for those of a handler that are alike, which cookies (Linux 5.15) tell apart.</summary>
public sealed class CounterSite(Target target, string description, ImmutableArray<CounterSpec> counters, ProbeOptions options) : PerfEventSite(target, options)
{
    /// <inheritdoc/>
    public override string Description => description;

    /// <inheritdoc/>
    public override ImmutableArray<AttachPoint> AttachPoints =>
        [.. counters.Select((c, i) => c.Point with { Cpu = Options.Cpu, Cookie = counters.Length > 1 ? (ulong)i + 1 : 0 })];

    /// <inheritdoc/>
    public override NameSet ProbeNames { get; } = new(counters.Select(c => c.Name));

    /// <inheritdoc/>
    public override ImmutableArray<string> ProbeGroups => [.. counters.Select(c => c.Event.Group)];

    /// <inheritdoc/>
    protected override ImmutableArray<ProbeField> Fields => counters[0].HasAddress
        ? [Period, Instruction, Address(new KtapType.IntType(IntFormat.User))]
        : [Period, Instruction];

    /// <inheritdoc/>
    public override IrOperand EmitPrologue(KernelEmitter emitter, IrBlock reject) => counters.Length == 1
        ? 0
        : emitter.Ir.Binary(IrBinary.Sub, emitter.Ir.Call(BpfHelper.GetAttachCookie, CallEffect.PerRun, emitter.Ir.Context()), 1);

    /// <inheritdoc/>
    public override ProbeField? Argument(int number) => number > 0 && number <= Fields.Length ? Fields[number - 1] : null;
}
