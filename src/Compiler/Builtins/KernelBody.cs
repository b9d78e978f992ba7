using System.Collections.Immutable;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Builtins;

/// <summary>An argument of a call in a handler, as typing knows it: its type, and its value where that is known when compiling.</summary>
public sealed record KernelArgument(KtapType Type, Value? Constant);

/// <summary>A builtin's body in handlers.</summary>
public sealed class KernelBody
{
    private KernelBody(Func<ProbeSite, ImmutableArray<KernelArgument>, KtapType> type, Func<KernelContext, ImmutableArray<IrValue>, IrValue> emit) => (Type, Emit) = (type, emit);

    /// <summary>A body whose result's type depends on the types of the arguments alone.</summary>
    public KernelBody(Func<ProbeSite, ImmutableArray<KtapType>, KtapType> type, Func<KernelContext, ImmutableArray<IrValue>, IrValue> emit)
        : this((site, arguments) => type(site, [.. arguments.Select(a => a.Type)]), emit)
    {
    }

    /// <summary>A body that looks at values that are known when compiling.</summary>
    public static KernelBody Seeing(Func<ProbeSite, ImmutableArray<KernelArgument>, KtapType> type, Func<KernelContext, ImmutableArray<IrValue>, IrValue> emit) => new(type, emit);

    /// <summary>The type of its result for an event and such arguments (kinds and number are checked already); a <see cref="BuiltinException"/> says what doesn't fit.</summary>
    public Func<ProbeSite, ImmutableArray<KernelArgument>, KtapType> Type { get; }

    /// <summary>
    /// Emits its code; the result has the type that <see cref="Type"/> gave. What may be nil and the parameter doesn't take (<see cref="Parameter.Accepts"/>) ended
    /// the handler before; optional and <see cref="ArgumentKind.Any"/> parameters, and all with <see cref="TakesNil"/>, can be nil here.
    /// </summary>
    public Func<KernelContext, ImmutableArray<IrValue>, IrValue> Emit { get; }

    /// <summary>The same body, to which nil as an argument is no error.</summary>
    public KernelBody ThatTakesNil => new(Type, Emit) { TakesNil = true };

    /// <summary>Whether nil as an argument is no error (an address that is nil: what is read there is nil).</summary>
    public bool TakesNil { get; init; }

    /// <summary>What its integers are always below on a target, from 0; null where they can be any.</summary>
    public Func<Target, int>? Limit { get; init; }

    /// <summary>What is worth knowing about a call with so many arguments for an event, or null; not given where there never is anything.</summary>
    public Func<ProbeSite, int, string?>? Note { get; init; }
}

/// <summary>What a kernel body emits with.</summary>
/// <param name="Emitter">The function being built.</param>
/// <param name="Site">The event that the code serves.</param>
/// <param name="ProbeName">The index in <see cref="ProbeSite.ProbeNames"/> of the event that was hit.</param>
/// <param name="RequestExit">Emits what <c>exit</c> does: sets the stop flag, with a code, and ends the handler.</param>
/// <param name="CaptureStack">Emits the capture of the kernel's stack, or of the traced process's, with at most so many frames (negative: all) after so many that are left out.</param>
/// <param name="AsText">A string with its bytes at an address (<see cref="IrValue.Address"/>): literals and names of events have none by themselves.</param>
public sealed record KernelContext(
    KernelEmitter Emitter, ProbeSite Site, IrOperand ProbeName, Action<IrOperand> RequestExit, Func<bool, IrOperand, IrOperand, IrValue> CaptureStack, Func<IrValue, IrValue> AsText)
{
    /// <summary>The function being built.</summary>
    public IrBuilder Ir => Emitter.Ir;
}
