using System.Collections.Immutable;
using System.Text;
using Ktap.Compiler.Btf;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>Tracepoints with what the kernel's code gives them instead of a record: <c>rawtp:sched_switch</c>, with patterns.</summary>
internal sealed class RawTracepointKind : ProbeKind
{
    private const string Prefix = "rawtp:";

    /// <inheritdoc/>
    public override bool Claims(LiteralEventSpec spec, Target target) => spec.Text.StartsWith(Prefix, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override IEnumerable<string> Forms => ["rawtp:TRACEPOINT"];

    /// <inheritdoc/>
    public override IEnumerable<ListedEvent> List(ListRequest request)
    {
        if (!request.Pattern.StartsWith(Prefix, StringComparison.Ordinal)) return [];
        return Matching(request.Pattern[Prefix.Length..], request.Target).Order(StringComparer.Ordinal).Select(name => new ListedEvent(Prefix + name, () => Describe(name, request.Target.Btf)));
    }

    // The first parameter is the tracepoint's own.
    private static string Describe(string name, BtfReader? btf) =>
        btf is not null && btf.FindRawTracepoint(name) is var prototype and not 0 ? FunctionPrototypes.Parameters(btf, btf.Parameters(prototype).Skip(1)) : "";

    /// <inheritdoc/>
    public override IEnumerable<ProbeSite> Resolve(ImmutableArray<LiteralEventSpec> specs, ProbeRequest request)
    {
        var (target, source, diagnostics) = (request.Target, request.Source, request.Diagnostics);
        var names = new List<string>();
        foreach (var spec in specs)
        {
            if (spec.FetchArguments.Length > 0)
            {
                diagnostics.Add(Errors.NoRegisters(source, spec.Span, "rawtp"));
                continue;
            }
            var pattern = spec.Text[Prefix.Length..];
            var found = Matching(pattern, target);
            if (found.Count == 0) diagnostics.Add(Errors.NoSuchRawTracepoint(source, spec.Span, pattern, Errors.Nearest(pattern.Replace("*", ""), Matching("*", target), 3)));
            names.AddRange(found.Where(n => !names.Contains(n)));
        }
        // Events share a program where the arguments that are used have the same types; arguments that an event doesn't have can't be read.
        var events = names.Select(n => (Name: n, Arguments: request.Options.Types.RawTracepoint(n))).ToArray();
        var used = request.Use.Arguments.Select(n => n - (request.Options.ArgumentBase ?? 1)).Where(n => n >= 0).ToArray();
        var groups = events.GroupBy(e => string.Join(";", used.Select(n => e.Arguments is { } known ? known.ElementAtOrDefault(n)?.ToString() ?? "-" : "?")));
        var description = string.Join(", ", specs.Select(s => s.Text));
        return target.Features.RawTracepointCookies
            ? groups.Select(g => new RawArgumentsSite(target, g.Count() == 1 ? Prefix + g.First().Name : description, [.. g.Select(e => e.Name)], g.First().Arguments, request.Options))
            : events.Select(e => new RawArgumentsSite(target, Prefix + e.Name, [e.Name], e.Arguments, request.Options));
    }

    // BTF has all; a kernel without tells at least those that are events.
    private static IReadOnlyList<string> Matching(string pattern, Target target)
    {
        const string Typedef = BtfReader.RawTracepointPrefix;
        if (target.Btf is not { } btf) return [.. target.Tracepoints.Select(t => t[(t.IndexOf(':') + 1)..]).Where(n => Glob.Matches(pattern, n)).Distinct()];
        if (!Glob.IsPattern(pattern)) return btf.FindRawTracepoint(pattern) != 0 ? [pattern] : [];
        return [.. btf.FindAll(BtfKind.Typedef, name => name.StartsWith(Encoding.ASCII.GetBytes(Typedef))).Select(id => btf.Name(id)[Typedef.Length..]).Where(n => Glob.Matches(pattern, n)).Distinct()];
    }
}
