using System.Collections.Immutable;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>
/// One kind of events (a row of language §7): which specs are of it, and the sites that they stand for. <see cref="All"/> is the list; the first kind
/// that claims a spec has it.
/// </summary>
public abstract class ProbeKind
{
    /// <summary>Every kind, in the order in which they are asked; tracepoints, which are written without a prefix, come last.</summary>
    public static ImmutableArray<ProbeKind> All { get; } =
    [
        new UserFunctionKind(),
        new UserMarkerKind(),
        new KernelFunctionKind(),
        new TrampolineKind(),
        new RawTracepointKind(),
        new FunctionTracerKind(),
        new CounterKind(),
        new WatchKind(),
        new TracepointKind(),
    ];

    /// <summary>Whether the spec is of this kind, as far as its text and what exists on the target tell.</summary>
    public abstract bool Claims(LiteralEventSpec spec, Target target);

    /// <summary>The sites for a handler's specs of this kind, in order; what matches nothing is reported to the request's diagnostics.</summary>
    public abstract IEnumerable<ProbeSite> Resolve(ImmutableArray<LiteralEventSpec> specs, ProbeRequest request);

    /// <summary>How the events of this kind are written, for a listing, where they have no names that could be listed all.</summary>
    public virtual IEnumerable<string> Forms => [];

    /// <summary>The events of this kind that a listing asks for, in order, one by one as they are found.</summary>
    public virtual IEnumerable<ListedEvent> List(ListRequest request) => [];
}

/// <summary>What a handler's sites are made for.</summary>
/// <param name="Target">The kernel that is compiled for.</param>
/// <param name="Options">The options.</param>
/// <param name="Use">What the handler uses of its events.</param>
/// <param name="Source">The script that the specs stand in.</param>
/// <param name="Diagnostics">Where errors go.</param>
public sealed record ProbeRequest(Target Target, ProbeOptions Options, EventUse Use, SourceText Source, DiagnosticBag Diagnostics)
{
    /// <summary>The sites of a handler's specs, kind by kind; empty where nothing matched (and an error was reported).</summary>
    public ImmutableArray<ProbeSite> Resolve(ImmutableArray<LiteralEventSpec> specs) =>
        [.. specs.GroupBy(s => ProbeKind.All.First(k => k.Claims(s, Target))).SelectMany(g => g.Key.Resolve([.. g], this))];

    /// <summary>The program or library that a spec names; null, and an error, where there is none.</summary>
    internal UserFile? FindFile(LiteralEventSpec spec, string name)
    {
        var search = Target.FindUserFile(name, Options.Processes.FirstOrDefault());
        if (search is UserFileSearch.Failed failed) Diagnostics.Add(Errors.NoUserFile(Source, spec.Span, failed.Why, failed.Hint));
        return (search as UserFileSearch.Found)?.File;
    }
}
