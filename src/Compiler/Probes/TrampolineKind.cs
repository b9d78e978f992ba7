using System.Collections.Immutable;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>Functions of the kernel by trampolines: <c>fentry:f</c> and <c>fexit:f</c>, with patterns; a program for each function.</summary>
internal sealed class TrampolineKind : ProbeKind
{
    private const string Entry = "fentry", Return = "fexit";

    /// <inheritdoc/>
    public override bool Claims(LiteralEventSpec spec, Target target) => KindOf(spec) is Entry or Return;

    /// <inheritdoc/>
    public override IEnumerable<string> Forms => ["fentry:FUNCTION", "fexit:FUNCTION"];

    /// <inheritdoc/>
    public override IEnumerable<ListedEvent> List(ListRequest request) => KernelFunctionKind.ListFunctions(request, Return, Entry, Return);

    /// <inheritdoc/>
    public override IEnumerable<ProbeSite> Resolve(ImmutableArray<LiteralEventSpec> specs, ProbeRequest request)
    {
        var (target, source, diagnostics) = (request.Target, request.Source, request.Diagnostics);
        var (sites, seen) = (new List<ProbeSite>(), new HashSet<string>());
        foreach (var spec in specs)
        {
            var kind = KindOf(spec);
            if (spec.FetchArguments.Length > 0)
            {
                diagnostics.Add(Errors.NoRegisters(source, spec.Span, kind));
                continue;
            }
            if (FunctionSpec.Read(spec, kind == Return, request) is not { } read) continue;
            if (read.Offset > 0)
            {
                diagnostics.Add(Errors.OffsetNotHere(source, spec.Span, $"'{kind}:'"));
                continue;
            }
            var found = read.Find(request).Functions.DistinctBy(f => f.Name)
                .Select(f => (Function: f, Signature: FunctionSignature.Of(f.Name, target, request.Options))).ToArray();
            // What the type information doesn't have is no function to a trampoline, so a pattern doesn't match it.
            if (found.Length > 0 && found.All(f => f.Signature is null)) diagnostics.Add(Errors.NoFunctionType(source, spec.Span, kind, read.Name, target.Btf is not null));
            foreach (var (function, signature) in found)
                if (signature is not null && seen.Add($"{function.Name}{read.IsReturn}")) sites.Add(new TrampolineSite(target, function, signature, read.IsReturn, request.Options));
        }
        return sites;
    }

    private static string KindOf(LiteralEventSpec spec) => spec.Text.IndexOf(':') is > 0 and var colon ? spec.Text[..colon] : "";
}
