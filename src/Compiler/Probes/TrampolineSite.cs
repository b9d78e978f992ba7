using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>
/// A kernel function's entry or return by a trampoline (fentry, fexit; Linux 5.5): the program's context is the function's parameters, a word each, and behind
/// them on return its result.
/// </summary>
internal sealed class TrampolineSite(Target target, KernelFunction function, FunctionSignature signature, bool isReturn, ProbeOptions options) : ProbeSite(target, options)
{
    private static readonly KtapType Address = new KtapType.IntType(IntFormat.Kernel);

    private readonly string _kind = isReturn ? "fexit" : "fentry";

    /// <inheritdoc/>
    public override string Section => $"{_kind}/{function.Name}";

    /// <inheritdoc/>
    public override string Description => $"{_kind}:{function.Name}";

    /// <inheritdoc/>
    public override ImmutableArray<AttachPoint> AttachPoints => [new AttachPoint.Trampoline(function.Name, isReturn)];

    /// <inheritdoc/>
    public override NameSet ProbeNames { get; } = new([function.Name]);

    /// <inheritdoc/>
    public override ImmutableArray<string> ProbeGroups => [_kind];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FieldNames => [.. signature.Parameters.Select(p => p.Name).Where(n => n.Length > 0), .. isReturn ? ["retval"] : (string[])[]];

    /// <inheritdoc/>
    public override EventText Text => FunctionText.Of(ProbeNames, isReturn, 0, _ => 0L,
        signature.Parameters.Select(OfParameter).Append(isReturn ? Field("ret") : null).OfType<ProbeField>().Select(f => (f, false)).ToImmutableArray());

    /// <summary>The program, and the trampoline that called it, which Linux 5.10's unwinder finds twice.</summary>
    public override int TracingFrames => Target.Features.Version < new Version(5, 11) ? 3 : 2;

    /// <inheritdoc/>
    public override IrOperand EmitPrologue(KernelEmitter emitter, IrBlock reject) => 0;

    /// <inheritdoc/>
    public override ProbeField? Field(string name) =>
        isReturn && name == "ret" ? Value("ret", signature.Result, signature.Words, 1)
        : signature.Parameters.FirstOrDefault(p => p.Name.Length > 0 && p.Name == name) is { } parameter ? OfParameter(parameter) : null;

    /// <summary>The parameters from 1, on return too, where the result is behind them; 0 is the function's address.</summary>
    public override ProbeField? Argument(int number)
    {
        number -= Options.ArgumentBase ?? 0;
        if (number == 0) return new ProbeField("ip", Address, e => IrValue.OfWord(Address, (long)function.Address));
        if (number >= 1 && number <= signature.Parameters.Length) return OfParameter(signature.Parameters[number - 1]);
        return isReturn && number == signature.Parameters.Length + 1 ? Field("ret") : null;
    }

    private ProbeField? OfParameter(FunctionParameter parameter) => Value(parameter.Name, parameter.Type, parameter.Slot, parameter.Words);

    private ProbeField? Value(string name, CType type, int slot, int words)
    {
        if (words != 1 || signature.TypeOf(type) is not { } known) return null;
        return new ProbeField(name, known, e =>
        {
            var word = known is KtapType.PointerType ? Untyped(e, slot) : e.Ir.Load(e.Ir.Context(), slot * 8);
            return signature.Value(e.Ir, type, word);
        });
    }

    // The verifier knows what such a pointer leads to, and lets nothing but constants be added to it, and nothing else be done with it. Copied out, it is a number.
    private static VReg Untyped(KernelEmitter e, int slot)
    {
        var buffer = e.Buffer(8, "parameter");
        e.Ir.CallVoid(BpfHelper.ProbeReadKernel, buffer, 8, slot == 0 ? e.Ir.Context() : e.Ir.Binary(IrBinary.Add, e.Ir.Context(), slot * 8));
        return e.Ir.Load(buffer, 0);
    }
}
