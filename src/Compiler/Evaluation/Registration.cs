using System.Collections.Immutable;
using Ktap.Compiler.Binding;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Evaluation;

/// <summary>A function of the script with the cells that it captured. The cells are the instances of variables that handlers are specialised against.</summary>
public sealed class Closure(BoundFunction function, ImmutableArray<Cell> captures) : KFunction
{
    /// <summary>The code.</summary>
    public BoundFunction Function => function;

    // The code made ready to run, where the evaluator made this closure.
    internal FunctionCode? Code { get; init; }

    /// <summary>One cell for each of <see cref="BoundFunction.Captures"/>.</summary>
    public ImmutableArray<Cell> Captures => captures;

    /// <inheritdoc/>
    public override string Name => function.Name;
}

/// <summary>Something that the main stage registered, with the place of the statement.</summary>
public abstract record Registration(SourceText Source, TextSpan Span)
{
    /// <summary>A <c>trace</c>: events as text (a computed spec has been parsed into these), a filter, a handler.</summary>
    public sealed record Probe(SourceText Source, TextSpan Span, ImmutableArray<LiteralEventSpec> Events, Closure? Filter, KFunction Handler) : Registration(Source, Span);

    /// <summary>A <c>profile</c>: its period in nanoseconds, or its frequency in hertz where the script gave one; a filter, a handler.</summary>
    public sealed record Profile(SourceText Source, TextSpan Span, long PeriodNanoseconds, long? Hertz, Closure? Filter, KFunction Handler) : Registration(Source, Span);

    /// <summary>A <c>tick</c>, in user space.</summary>
    public sealed record Tick(SourceText Source, TextSpan Span, long PeriodNanoseconds, KFunction Handler) : Registration(Source, Span);

    /// <summary>A <c>trace_end</c>.</summary>
    public sealed record TraceEnd(SourceText Source, TextSpan Span, KFunction Handler) : Registration(Source, Span);
}

/// <summary>What the main stage left behind.</summary>
/// <param name="Script">The script.</param>
/// <param name="Globals">One cell for each of <see cref="BoundScript.Globals"/>.</param>
/// <param name="Registrations">In the order in which they were reached.</param>
/// <param name="Types">The C types that there are, the script's own among them.</param>
public sealed record MainResult(BoundScript Script, ImmutableArray<Cell> Globals, ImmutableArray<Registration> Registrations, CTypes Types);
