using System.Collections.Immutable;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Builtins;

/// <summary>A builtin's body in handlers.</summary>
/// <param name="Type">The type of its result for an event and arguments of these types (kinds and number are checked already); a <see cref="BuiltinException"/> says what doesn't fit.</param>
/// <param name="Emit">Emits its code; the result has the type that <paramref name="Type"/> gave.</param>
public sealed record KernelBody(
    Func<ProbeSite, ImmutableArray<KtapType>, KtapType> Type,
    Func<KernelContext, ImmutableArray<IrValue>, IrValue> Emit);

/// <summary>What a kernel body emits with.</summary>
/// <param name="Emitter">The function being built.</param>
/// <param name="Site">The event that the code serves.</param>
/// <param name="ProbeName">The index in <see cref="ProbeSite.ProbeNames"/> of the event that was hit.</param>
/// <param name="RequestExit">Emits what <c>exit</c> does: sets the stop flag, with a code, and ends the handler.</param>
/// <param name="CaptureStack">Emits the capture of the kernel's stack, or of the traced process's, with at most so many frames (negative: all) after so many that are left out.</param>
public sealed record KernelContext(
    KernelEmitter Emitter, ProbeSite Site, IrOperand ProbeName, Action<IrOperand> RequestExit, Func<bool, IrOperand, IrOperand, IrValue> CaptureStack)
{
    /// <summary>The function being built.</summary>
    public IrBuilder Ir => Emitter.Ir;
}
