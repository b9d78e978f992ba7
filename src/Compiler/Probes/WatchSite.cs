using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>
/// A watchpoint: a debug register of each processor holds the address. The program runs behind the access, with the registers that the accessing
/// instruction left; where the processor is to execute the address, before the instruction.
/// </summary>
/// <param name="target">The target.</param>
/// <param name="description">What messages call it.</param>
/// <param name="point">Where to attach.</param>
/// <param name="process">The only process whose memory it is in, or null.</param>
/// <param name="options">The options.</param>
public sealed class WatchSite(Target target, string description, AttachPoint.PerfEvent point, int? process, ProbeOptions options) : PerfEventSite(target, options)
{
    /// <inheritdoc/>
    public override string Description => description;

    /// <inheritdoc/>
    public override ImmutableArray<AttachPoint> AttachPoints => [point];

    /// <inheritdoc/>
    public override NameSet ProbeNames { get; } = new([description]);

    /// <inheritdoc/>
    public override ImmutableArray<string> ProbeGroups => ["mem"];

    /// <inheritdoc/>
    protected override ImmutableArray<ProbeField> Fields => IsExecuted ? [Place, Instruction] : [Place, Value, Instruction];

    /// <inheritdoc/>
    public override ProbeField? Argument(int number) => number >= 0 && number < Fields.Length ? Fields[number] : null;

    /// <inheritdoc/>
    public override IrOperand EmitPrologue(KernelEmitter emitter, IrBlock reject)
    {
        if (process is not { } pid) return 0;
        var (ir, inside) = (emitter.Ir, emitter.Ir.NewBlock());
        var current = ir.Binary(IrBinary.ShrU, ir.Call(BpfHelper.GetCurrentPidTgid, CallEffect.PerRun), 32);
        ir.Branch(IrCondition.Ne, current, pid, reject, inside);
        ir.Start(inside);
        return 0;
    }

    private bool IsExecuted => point.BreakpointType == WatchSpec.Execute;

    private bool IsUser => point.Place is not null || (long)point.Config1 >= 0;

    private CType Watched => new CType.Integer("", (int)point.Config2, IsSigned: true);

    private ProbeField Place => Address(new KtapType.PointerType(IsExecuted ? new CType.Void() : Watched, IsUser));

    // What stands there after the access.
    private ProbeField Value => new("value", KtapType.Int.OrNil, e => MemoryReader.Of(this).At(e, Place.Emit(e), Watched, IsUser, 0));
}
