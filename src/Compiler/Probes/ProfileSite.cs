using System.Collections.Immutable;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>A sampling timer on every CPU: the software clock of perf (<c>PERF_TYPE_SOFTWARE</c>, <c>PERF_COUNT_SW_CPU_CLOCK</c>).</summary>
public sealed class ProfileSite(Target target, string description, Sampling sampling, ProbeOptions options) : ProbeSite(target, options)
{
    private const uint SoftwareType = 1;
    private const ulong CpuClock = 0;

    /// <inheritdoc/>
    public override string Section => "perf_event";

    /// <inheritdoc/>
    public override string Description => description;

    /// <inheritdoc/>
    public override ImmutableArray<AttachPoint> AttachPoints => [new AttachPoint.PerfEvent(SoftwareType, CpuClock, sampling) { Name = description }];

    /// <inheritdoc/>
    public override NameSet ProbeNames { get; } = new([description]);

    /// <inheritdoc/>
    public override ImmutableArray<string> ProbeGroups => ["profile"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FieldNames => [];

    /// <inheritdoc/>
    public override EventText? Text => null;

    /// <inheritdoc/>
    public override IrOperand EmitPrologue(KernelEmitter emitter, IrBlock reject) => 0;

    /// <inheritdoc/>
    public override ProbeField? Field(string name) => null;

    /// <inheritdoc/>
    public override ProbeField? Argument(int number) => null;
}
