using System.Collections.Immutable;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary><c>ftrace:function /ip == GLOB/</c>: the entries of all kernel functions whose names match what the filter wants.</summary>
internal sealed class FunctionTracerKind : ProbeKind
{
    /// <inheritdoc/>
    public override bool Claims(LiteralEventSpec spec, Target target) => spec.Text.StartsWith("ftrace:", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override IEnumerable<string> Forms => ["ftrace:function /ip == GLOB/"];

    /// <inheritdoc/>
    public override IEnumerable<ProbeSite> Resolve(ImmutableArray<LiteralEventSpec> specs, ProbeRequest request)
    {
        var (target, source, diagnostics) = (request.Target, request.Source, request.Diagnostics);
        var span = specs[0].Span;
        foreach (var spec in specs)
        {
            if (spec.Text == "ftrace:function" && spec.FetchArguments.Length == 0) continue;
            diagnostics.Add(spec.Text == "ftrace:function" ? Errors.NoRegisters(source, spec.Span, "ftrace") : Errors.NoSuchTracer(source, spec.Span, spec.Text));
            return [];
        }
        if (request.Use.Addresses.IsEmpty)
        {
            diagnostics.Add(Errors.FunctionsWanted(source, span));
            return [];
        }
        // Several patterns all have to match.
        var pattern = request.Use.Addresses[0];
        IReadOnlyList<KernelFunction> all = Glob.IsPattern(pattern) ? target.FunctionsMatching(pattern) : target.Functions(pattern);
        var matching = all.Where(f => request.Use.Addresses.All(p => Glob.Matches(p, f.Name))).ToArray();
        var functions = matching.Where(f => f.Refusal is null).ToImmutableArray();
        if (functions.IsEmpty)
        {
            diagnostics.Add(matching.Length > 0
                ? Errors.FunctionNotProbeable(source, span, $"none of the functions that match '{pattern}' can be traced", matching[0].Refusal!)
                : Errors.NoSuchFunction(source, span, pattern, Errors.Nearest(pattern.Replace("*", ""), target.FunctionsMatching("*").Select(f => f.Name), 3)));
            return [];
        }
        var group = new FunctionGroup("ftrace:function", [], false, 0, false, [], null) { IsTracer = true, LeftOut = [.. matching.Where(f => f.Refusal is not null)] };
        return FunctionGroups.Split(group, functions, f => target.Features.KprobeMulti && f.IsTraceable, request).Select(g => new KernelFunctionSite(target, g, request.Options));
    }
}
