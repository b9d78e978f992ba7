using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Builtins;

/// <summary>A builtin's body in handlers.</summary>
/// <param name="Type">The type of its result for an event and arguments of these types (kinds and number are checked already).</param>
/// <param name="Emit">Emits its code; the result has the type that <paramref name="Type"/> gave.</param>
public sealed record KernelBody(
    Func<ProbeSite, ImmutableArray<KtapType>, KtapType> Type,
    Func<KernelContext, ImmutableArray<IrValue>, IrValue> Emit);

/// <summary>What a kernel body emits into.</summary>
/// <param name="Ir">The function being built.</param>
/// <param name="Site">The event that the code serves.</param>
/// <param name="Buffer">A buffer of so many bytes (a multiple of 8) for a value made at run time, in the stack frame or in per-CPU scratch memory.</param>
/// <param name="CountError">Emits the counting of a run-time error of this kind at the current place; the code goes on.</param>
public sealed record KernelContext(IrBuilder Ir, ProbeSite Site, Func<int, string, VReg> Buffer, Action<HandlerError> CountError)
{
    /// <summary>The target.</summary>
    public Target Target => Site.Target;
}

/// <summary>The run-time errors of handlers: each is counted by kind and place, and reported at the end (language §1, §3).</summary>
public enum HandlerError
{
    /// <summary>Division or modulo by zero; the handler ended.</summary>
    DivideByZero,
    /// <summary>A read of kernel or user memory that faulted; it gave nil.</summary>
    Fault,
    /// <summary>A string was longer than its buffer and was cut.</summary>
    StringCut,
    /// <summary>A table had no room for a new key.</summary>
    TableFull,
    /// <summary>The kernel refused an update for another reason (busy, no memory).</summary>
    UpdateRefused,
    /// <summary>The ring buffer had no room for output.</summary>
    OutputLost,
    /// <summary>A sample was nil.</summary>
    BadSample,
}
