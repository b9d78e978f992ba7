using System.Collections.Immutable;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Builtins;

/// <summary>A parameter of a builtin.</summary>
/// <param name="Name">As the reference page shows it.</param>
/// <param name="Accepts">Which kinds fit; <see cref="ArgumentKind.Any"/> for all.</param>
/// <param name="IsOptional">May be left out.</param>
/// <param name="IsRest">Takes any number of arguments from here on.</param>
public sealed record Parameter(string Name, ArgumentKind Accepts, bool IsOptional = false, bool IsRest = false);

/// <summary>Which values an argument may be.</summary>
public enum ArgumentKind
{
    /// <summary>Every value.</summary>
    Any,
    /// <summary>An integer.</summary>
    Int,
    /// <summary>A string.</summary>
    String,
    /// <summary>A table.</summary>
    Table,
    /// <summary>A function.</summary>
    Function,
}

/// <summary>What a user-space body gets besides its arguments.</summary>
/// <param name="World">The world.</param>
/// <param name="Call">Calls a function of the script: its first result.</param>
/// <param name="Types">The C types that the script can name.</param>
public sealed record UserContext(IWorld World, Func<KFunction, Value[], Value> Call, CTypes Types);

/// <summary>What a builtin of C types does in a handler.</summary>
public enum TypeOperator
{
    /// <summary>It is none.</summary>
    None,

    /// <summary><c>cast("struct x", p)</c>.</summary>
    Cast,

    /// <summary><c>sizeof("struct x")</c>.</summary>
    SizeOf,

    /// <summary><c>ffi.new("struct x")</c>.</summary>
    New,

    /// <summary>The kernel's functions, called as members: <c>ffi.C.f(x)</c>.</summary>
    Functions,

    /// <summary><c>curr_taskinfo(offset, bytes)</c>.</summary>
    TaskBytes,
}

/// <summary>
/// What <c>t[k] = f(e)</c> in a handler makes of the slot, where <c>f</c> has so many arguments: the sample, then the bounds and the step of
/// a linear distribution. With other numbers of arguments it is an ordinary call.
/// </summary>
public sealed record AggregateMaker(AggregateView View, AggregateParts Parts, int Arguments);

/// <summary>
/// One builtin: a row. Where it may run is which bodies it has. Name lookup, "did you mean", arity and type checks, the
/// reference page and a test that each is exercised all come from the rows; no other place compares a builtin's name.
/// </summary>
public sealed class Builtin(string name, ImmutableArray<Parameter> parameters, string doc) : KFunction
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <summary>Its parameters.</summary>
    public ImmutableArray<Parameter> Parameters => parameters;

    /// <summary>One sentence for the reference page.</summary>
    public string Doc => doc;

    /// <summary>Whether the bare name already is the value (<c>pid</c>); called with no arguments it gives the same.</summary>
    public bool IsValue { get; init; }

    /// <summary>The body in user space, or null.</summary>
    public Func<UserContext, Value[], Value>? User { get; init; }

    /// <summary>What <c>for (k, v in …)</c> goes over, or null where it doesn't iterate.</summary>
    public Func<UserContext, Value[], IEnumerable<KeyValuePair<Value, Value>>>? Iterate { get; init; }

    /// <summary>Whether a handler's call of it on a shared table gives the number of slots.</summary>
    public bool CountsSlots { get; init; }

    /// <summary>Whether a handler can iterate by it as well, over a shared table.</summary>
    public bool KernelIterates { get; init; }

    /// <summary>Whether a handler may defer a call to the user-space body through the ring buffer.</summary>
    public bool Deferred { get; init; }

    /// <summary>Whether it changes the system that is traced, so that it needs <c>--unsafe</c>.</summary>
    public bool IsUnsafe { get; init; }

    /// <summary>Whether its first argument is a format of C for the others.</summary>
    public bool IsFormatted { get; init; }

    /// <summary>Whether calling it puts something on the screen, so that tables are not printed by themselves at the end.</summary>
    public bool Prints { get; init; }

    /// <summary>What it makes of a slot or variable that it is assigned to in a handler; null for nothing.</summary>
    public AggregateMaker? Makes { get; init; }

    /// <summary>What it reads of aggregates among its arguments, or in tables there; null where that may be anything.</summary>
    public AggregateParts? Reads { get; init; }

    /// <summary>Whether the three arguments behind the first are the bounds and step of a linear distribution.</summary>
    public bool TakesSteps { get; init; }

    /// <summary>Whether calling it on a slot (<c>delete(t[k])</c>), as a statement, removes that slot instead of passing the value in it.</summary>
    public bool RemovesSlot { get; init; }

    /// <summary>What of the event it uses in a handler; null for nothing.</summary>
    public EventUse? Event { get; init; }

    /// <summary>For a row that is a field of the event under a name of its own (<c>arg1</c>): the field, null where the event has none.</summary>
    public Func<ProbeSite, ProbeField?>? Field { get; init; }

    /// <summary>For a row that has one value for all of a run (<c>arch</c>): that value, which handlers are compiled with.</summary>
    public Func<ProbeSite, Value>? Constant { get; init; }

    /// <summary>The body in handlers, or null.</summary>
    public KernelBody? Kernel { get; init; }

    /// <summary>What it does with C types in a handler; such a row has no <see cref="Kernel"/> body: typing knows what it does.</summary>
    public TypeOperator OfType { get; init; }

    /// <summary>Whether only handlers know it: it has neither a body in user space nor anything to iterate over there.</summary>
    public bool IsHandlerOnly => User is null && Iterate is null;

    /// <summary>The least number of arguments.</summary>
    public int MinArguments { get; } = parameters.Count(p => !p.IsOptional && !p.IsRest);

    /// <summary>The largest number of arguments.</summary>
    public int MaxArguments { get; } = parameters.Any(p => p.IsRest) ? int.MaxValue : parameters.Length;

    /// <summary>The number of arguments before the rest: user-space bodies get at least so many, nil for those left out.</summary>
    public int FixedArguments { get; } = parameters.Count(p => !p.IsRest);
}
