using System.Buffers;
using System.Collections.Immutable;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>
/// What perf counts: <c>hw:cycles:100000</c>, <c>sw:page-faults</c>, <c>cache:LLC-load-misses</c>, with globs; the same names without a group, raw codes
/// (<c>r01c2</c>) and the events of a PMU (<c>cpu/event=0x3c/</c>).
/// </summary>
public sealed class CounterKind : ProbeKind
{
    private static readonly string[] Groups = ["hw", "sw", "cache"];

    /// <inheritdoc/>
    public override bool Claims(LiteralEventSpec spec, Target target) =>
        Groups.Contains(GroupOf(spec.Text)) || OfPmu(spec.Text) is not null || Named(spec.Text.Split(':')[0]) is not null;

    /// <inheritdoc/>
    public override IEnumerable<ProbeSite> Resolve(ImmutableArray<LiteralEventSpec> specs, ProbeRequest request)
    {
        var counters = specs.SelectMany(s => Match(s, request)).ToImmutableArray();
        if (counters.IsEmpty) return [];
        var name = string.Join(", ", specs.Select(s => s.Text));
        return counters.Length == 1 || request.Target.Features.PerfCookies
            ? counters.GroupBy(c => c.HasAddress).Select(g => new CounterSite(request.Target, name, [.. g], request.Options))
            : counters.Select(c => new CounterSite(request.Target, c.Point.Name, [c], request.Options));
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Forms => ["rCODE[:MODIFIERS][:PERIOD]", "PMU/TERM=N,.../[MODIFIERS][:PERIOD]"];

    /// <inheritdoc/>
    public override IEnumerable<ListedEvent> List(ListRequest request)
    {
        // What follows a name says how it is counted.
        var parts = request.Pattern.Split(':');
        var named = CounterEvents.Find(Groups.Contains(parts[0]) ? parts[0] : null, Groups.Contains(parts[0]) && parts.Length > 1 ? parts[1] : parts[0]);
        foreach (var counter in CounterEvents.All)
            if ((counter == named || counter.Names.Any(n => request.Wants($"{counter.Group}:{n}"))) && request.Target.CanCount(counter.Type, counter.Config, counter.Period))
                yield return new ListedEvent($"{counter.Group}:{counter.Name}", () => Describe(counter));
        foreach (var name in request.Target.Pmus)
        {
            if (request.Target.Pmu(name) is not { } pmu) continue;
            foreach (var (own, terms) in pmu.Events.Where(e => request.Wants($"{name}/{e.Key}/")).OrderBy(e => e.Key, StringComparer.Ordinal))
            {
                var config = new ulong[3];
                if (pmu.Apply(own, config) is null && request.Target.CanCount(pmu.Type, config[0], CounterEvents.OfPmu(name, own, pmu.Type, config).Period))
                    yield return new ListedEvent($"{name}/{own}/", () => $"({terms})");
            }
        }
    }

    private static string Describe(CounterEvent counter)
    {
        var every = counter.IsClock ? $"every {counter.Period} ns" : counter.Period == 1 ? "each" : $"every {counter.Period}";
        var aliases = counter.Aliases.IsEmpty ? "" : $", also {string.Join(", ", counter.Aliases)}";
        return $"(u64 period, u64 ip{(counter.HasAddress ? ", u64 addr" : "")})  {every}{aliases}";
    }

    private static IEnumerable<CounterSpec> Match(LiteralEventSpec spec, ProbeRequest request)
    {
        if (spec.FetchArguments.Length > 0)
        {
            request.Diagnostics.Add(Errors.NoFetchArguments(request.Source, spec.Span, spec.Text));
            return [];
        }
        if (OfPmu(spec.Text) is { } written) return PmuEvent(spec, written, request);
        var parts = spec.Text.Split(':');
        var group = Groups.Contains(parts[0]) ? parts[0] : null;
        if (group is not null) parts = parts[1..];
        if (parts.Length == 0 || parts[0].Length == 0)
        {
            request.Diagnostics.Add(Errors.NoSuchEvent(request.Source, spec.Span, spec.Text, []));
            return [];
        }
        if (!Glob.IsPattern(parts[0]))
        {
            if ((group is null ? Named(parts[0]) : CounterEvents.Find(group, parts[0])) is { } one) return Make(spec, parts[0], one, parts[1..], request);
            var near = Errors.Nearest(parts[0], CounterEvents.All.Where(e => e.Group == group).SelectMany(e => e.Names), 3);
            request.Diagnostics.Add(Errors.NoSuchEvent(request.Source, spec.Span, spec.Text, [.. near.Select(n => $"{group}:{n}")]));
            return [];
        }
        var found = CounterEvents.All.Where(e => e.Group == group && Glob.Matches(parts[0], e.Name)).ToArray();
        if (found.Length == 0) request.Diagnostics.Add(Errors.NoSuchEvent(request.Source, spec.Span, spec.Text, []));
        return found.SelectMany(e => Make(spec, e.Name, e, parts[1..], request));
    }

    // A glob names its events one by one in messages.
    private static IEnumerable<CounterSpec> Make(LiteralEventSpec spec, string name, CounterEvent counter, IEnumerable<string> parts, ProbeRequest request) =>
        CounterSpec.Make(spec, name, counter, parts, request) is not { } made ? []
        : Glob.IsPattern(spec.Text) ? [made with { Point = made.Point with { Name = $"{counter.Group}:{counter.Name}" } }] : [made];

    private static IEnumerable<CounterSpec> PmuEvent(LiteralEventSpec spec, (string Pmu, string Terms, string Parts) written, ProbeRequest request)
    {
        var (name, terms, _) = written;
        if (request.Target.Pmu(name) is not { } pmu)
        {
            request.Diagnostics.Add(Errors.NoSuchPmu(request.Source, spec.Span, name, request.Target.Pmus));
            return [];
        }
        Span<ulong> config = stackalloc ulong[3];
        if (pmu.Apply(terms, config) is { } wrong)
        {
            request.Diagnostics.Add(Errors.NoSuchPmuTerm(request.Source, spec.Span, wrong, pmu.Name, [.. pmu.Events.Keys, .. pmu.Formats.Keys.Select(f => f + "=N")]));
            return [];
        }
        var parts = written.Parts.Split(':', StringSplitOptions.RemoveEmptyEntries);
        return Make(spec, $"{name}/{terms}/", CounterEvents.OfPmu(pmu.Name, terms, pmu.Type, config), parts, request);
    }

    private static CounterEvent? Named(string name) => CounterEvents.Find(null, name) ?? CounterEvents.Raw(name);

    private static string GroupOf(string text) => text.IndexOf(':') is > 0 and var at ? text[..at] : "";

    // Modifiers may follow the second stroke right away, as perf writes them.
    private static (string Pmu, string Terms, string Parts)? OfPmu(string text) =>
        text.Split('/') is [{ Length: > 0 } pmu, var terms, var parts] && !pmu.AsSpan().ContainsAnyExcept(OfNames) && !parts.AsSpan().ContainsAnyExcept(OfModifiers)
            ? (pmu, terms, parts)
            : null;

    private const string Alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private static readonly SearchValues<char> OfNames = SearchValues.Create(Alphanumeric + "_.-"), OfModifiers = SearchValues.Create(Alphanumeric + ":");
}
