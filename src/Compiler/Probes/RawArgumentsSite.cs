using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>Tracepoints whose program gets the arguments of the kernel's own code, a word each: <paramref name="arguments"/> are their types, null where they aren't known.</summary>
internal sealed class RawArgumentsSite(Target target, string description, ImmutableArray<string> names, ImmutableArray<CType>? arguments, ProbeOptions options) : ProbeSite(target, options)
{
    // The most arguments of a tracepoint (bpf_trace_run12).
    private const int Most = 12;

    private readonly MemoryReader _memory = new(options.Types, options.StringLength, target.Architecture.IsBigEndian);

    /// <inheritdoc/>
    public override string Section => "raw_tp";

    /// <inheritdoc/>
    public override string Description => description;

    /// <inheritdoc/>
    public override bool IsTracepoint => true;

    /// <inheritdoc/>
    public override int TracingFrames => RawTracepointFrames;

    /// <inheritdoc/>
    public override ImmutableArray<AttachPoint> AttachPoints => [.. names.Select((n, i) => new AttachPoint.RawTracepoint(n, names.Length > 1 ? (ulong)i + 1 : 0))];

    /// <inheritdoc/>
    public override NameSet ProbeNames { get; } = new(names);

    /// <inheritdoc/>
    public override ImmutableArray<string> ProbeGroups => [.. names.Select(_ => "rawtp")];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FieldNames => [];

    /// <inheritdoc/>
    public override EventText? Text => null;

    /// <inheritdoc/>
    public override IrOperand EmitPrologue(KernelEmitter emitter, IrBlock reject) =>
        names.Length == 1 ? 0L : emitter.Ir.Binary(IrBinary.Sub, emitter.Ir.Call(BpfHelper.GetAttachCookie, CallEffect.PerRun, emitter.Ir.Context()), 1);

    /// <inheritdoc/>
    public override ProbeField? Field(string name) => null;

    /// <inheritdoc/>
    public override ProbeField? Argument(int number)
    {
        var index = number - (Options.ArgumentBase ?? 1);
        if (index < 0 || index >= (arguments?.Length ?? Most)) return null;
        var type = arguments is { } known ? TypeOf(known[index]) : KtapType.Int;
        return type is null ? null : new ProbeField($"arg{number}", type, e => IrValue.OfWord(type, Cut(e.Ir, e.Ir.Load(e.Ir.Context(), index * 8), arguments?[index])));
    }

    private KtapType? TypeOf(CType type) => Options.Types.Resolve(type) is CType.Integer { Size: 1 or 2 or 4 or 8 } or CType.Enumeration or CType.Pointer
        ? _memory.TypeOf(type, isUser: false, mayBeNil: false)?.NotNil
        : null;

    // The kernel widens arguments to words, by the casts of its macros not always with their sign.
    private VReg Cut(IrBuilder ir, VReg word, CType? type)
    {
        var (size, isSigned) = type is null ? (8, true) : Options.Types.Resolve(type) switch
        {
            CType.Integer i => (i.Size, i.IsSigned),
            CType.Enumeration e => (e.Size, e.IsSigned),
            _ => (8, false),
        };
        if (size == 8) return word;
        var bits = 64 - size * 8;
        return ir.Binary(isSigned ? IrBinary.ShrS : IrBinary.ShrU, ir.Binary(IrBinary.Shl, word, bits), bits);
    }
}
