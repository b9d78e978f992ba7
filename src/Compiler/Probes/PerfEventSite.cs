using System.Collections.Immutable;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>
/// What all perf events have in common: a program that runs when so many of them have happened, in place of a sample. Its context is
/// <c>struct bpf_perf_event_data</c>: the registers, the period, the address that the event is about.
/// </summary>
public abstract class PerfEventSite(Target target, ProbeOptions options) : ProbeSite(target, options)
{
    /// <summary>True: a processor runs one program of perf's events and tracepoints at a time (<c>bpf_prog_active</c>).</summary>
    public override bool NeverInterruptsItself => true;

    /// <inheritdoc/>
    public override string Section => "perf_event";

    /// <inheritdoc/>
    public override IReadOnlyList<string> FieldNames => [.. Fields.Select(f => f.Name)];

    /// <summary>What the text of the event shows.</summary>
    protected abstract ImmutableArray<ProbeField> Fields { get; }

    /// <summary>The address of the instruction that was interrupted; a kernel address prints as a symbol.</summary>
    protected ProbeField Instruction => Word("ip", new KtapType.IntType(IntFormat.Kernel), Target.Architecture.Registers[Target.Architecture.InstructionPointer]);

    /// <summary>How many events, or nanoseconds of a clock, this hit stands for.</summary>
    protected ProbeField Period => Word("period", new KtapType.IntType(IntFormat.UnsignedInt), Target.Architecture.RegistersSize);

    /// <summary>The address that was accessed, where the event is about one; else 0.</summary>
    protected ProbeField Address(KtapType type) => Word("addr", type, Target.Architecture.RegistersSize + 8);

    /// <inheritdoc/>
    public override ProbeField? Field(string name) => Fields.FirstOrDefault(f => f.Name == name);

    /// <inheritdoc/>
    public override EventText Text => new(
        new EventTextFormat.Words(Fields.Select(f => (f.Name, FormatOf(f.Type.NotNil))).ToImmutableArray()), Fields.Length * 8, EmitText);

    private static IntFormat? FormatOf(KtapType type) => type switch
    {
        KtapType.IntType i => i.Format,
        KtapType.PointerType p => p.IsUser ? IntFormat.User : IntFormat.Kernel,
        _ => null,
    };

    private static ProbeField Word(string name, KtapType type, int offset) => new(name, type, e => IrValue.OfWord(type, e.Ir.Load(e.Ir.Context(), offset)));

    private IrOperand EmitText(KernelEmitter e, VReg to)
    {
        for (var i = 0; i < Fields.Length; i++) e.Ir.Store(to, i * 8, Fields[i].Emit(e).Word);
        return Fields.Length * 8;
    }
}
