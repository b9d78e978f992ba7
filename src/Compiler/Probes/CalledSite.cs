using System.Collections.Immutable;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>No event: user space runs the program when it wants to (BPF_PROG_TEST_RUN, for raw tracepoints since 5.10).</summary>
public sealed class CalledSite(Target target, ProbeOptions options) : ProbeSite(target, options)
{
    /// <inheritdoc/>
    public override string Section => "raw_tp";

    /// <inheritdoc/>
    public override string Description => "user space";

    /// <inheritdoc/>
    public override ImmutableArray<AttachPoint> AttachPoints => [];

    /// <inheritdoc/>
    public override NameSet ProbeNames { get; } = new(["user space"]);

    /// <inheritdoc/>
    public override ImmutableArray<string> ProbeGroups => ["ktap"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FieldNames => [];

    /// <inheritdoc/>
    public override EventText? Text => null;

    /// <inheritdoc/>
    public override bool IsCalled => true;

    /// <inheritdoc/>
    public override IrOperand EmitPrologue(KernelEmitter emitter, IrBlock reject) => 0;

    /// <inheritdoc/>
    public override ProbeField? Field(string name) => null;

    /// <inheritdoc/>
    public override ProbeField? Argument(int number) => null;
}
