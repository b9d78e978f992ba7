using System.Collections.Immutable;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>A sampling timer on every CPU: the software clock of perf.</summary>
public sealed class ProfileSite(Target target, string description, Sampling sampling, ProbeOptions options) : PerfEventSite(target, options)
{
    /// <inheritdoc/>
    public override string Description => description;

    /// <inheritdoc/>
    public override ImmutableArray<AttachPoint> AttachPoints => [Point];

    /// <summary>The clock.</summary>
    public AttachPoint.PerfEvent Point { get; } = new(CounterEvents.SoftwareType, CounterEvents.CpuClock, sampling) { Name = description, Cpu = options.Cpu };

    /// <inheritdoc/>
    public override NameSet ProbeNames { get; } = new([description]);

    /// <inheritdoc/>
    public override ImmutableArray<string> ProbeGroups => ["profile"];

    /// <inheritdoc/>
    protected override ImmutableArray<ProbeField> Fields => [Period, Instruction];

    /// <inheritdoc/>
    public override IrOperand EmitPrologue(KernelEmitter emitter, IrBlock reject) => 0;

    /// <inheritdoc/>
    public override ProbeField? Argument(int number) => number > 0 && number <= Fields.Length ? Fields[number - 1] : null;
}
