using System.Collections.Immutable;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Evaluation;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

using Target = Ktap.Compiler.Types.Target;

namespace Ktap.Compiler.Typing;

/// <summary>
/// From what the main stage registered to typed handlers: each is specialised against the values that main left behind and the
/// layout of each group of events that it serves.
/// </summary>
public static class HandlerTyping
{
    // Each round some type grows, and the lattice is a few steps high; a program that needs more rounds is our bug.
    private const int MaxRounds = 1000;

    /// <summary>Types every handler of a script; after errors the result is not to be used.</summary>
    public static TypedProgram Run(MainResult main, Target target, ProbeOptions options, DiagnosticBag diagnostics)
    {
        var handlers = main.Registrations.SelectMany(r => Prepare(r, main, target, options, diagnostics)).ToArray();
        var kept = new HashSet<Table>();
        TypingState state;
        do
        {
            state = new TypingState(main, diagnostics, kept);
            Settle(state, handlers);
        }
        while (diagnostics.IsClean && state.FindKeptAsOne());

        state.Begin(last: true);
        var typed = ImmutableArray.CreateBuilder<TypedHandler>();
        foreach (var registration in handlers.GroupBy(h => h.Registration))
        {
            var names = new HandlerNames();
            foreach (var handler in registration) typed.Add(handler.Type(state, names));
            ReportUnknown(names, [.. registration.Select(h => h.Site)], diagnostics);
        }
        ReportAliases(state, main, diagnostics);
        var userSide = new UserSideScan(main, state.Outputs);
        foreach (var table in state.Tables) table.UserSide = userSide.Of(table.Table);
        foreach (var cell in state.Cells) (cell.IsReset, cell.IsUpdated) = (userSide.Assigns(cell.Cell), cell.IsUpdated || userSide.Updates(cell.Cell));
        var endsReading = typed.SelectMany(h => DeferredDeletes.Check(h, diagnostics)).ToHashSet();
        return new TypedProgram(typed.ToImmutable(), state.Tables, state.Cells, [.. state.Outputs.Select(o => o with { EndsReading = endsReading.Contains(o.Id) })]);
    }

    private static void Settle(TypingState state, Handler[] handlers)
    {
        foreach (var handler in handlers) handler.Begin();
        var round = 0;
        do
        {
            if (++round > MaxRounds) throw new InvalidOperationException("the types of the handlers do not settle");
            state.Begin(last: false);
            foreach (var handler in handlers) handler.Type(state, new HandlerNames());
        }
        while (state.Changed);
    }

    private static IEnumerable<Handler> Prepare(Registration registration, MainResult main, Target target, ProbeOptions options, DiagnosticBag diagnostics)
    {
        ImmutableArray<ProbeSite> sites;
        KFunction function;
        Closure? filter = null;
        switch (registration)
        {
            case Registration.Probe probe:
                function = probe.Handler;
                filter = probe.Filter;
                var use = UseScan.Of(filter, function, main.Globals);
                sites = new ProbeRequest(target, options, use, probe.Source, diagnostics).Resolve(probe.Events);
                break;
            case Registration.Profile profile:
                function = profile.Handler;
                filter = profile.Filter;
                var sampling = profile.Hertz is { } hertz ? Sampling.Hertz((ulong)hertz) : Sampling.Every((ulong)profile.PeriodNanoseconds);
                var name = profile.Hertz is { } hz ? $"profile-{hz}hz" : $"profile-{profile.PeriodNanoseconds / 1000}us";
                var timer = new ProfileSite(target, name, sampling, options);
                if (SamplingLimits.Wrong(timer.Point, target, profile.Source, profile.Span) is { } wrong) diagnostics.Add(wrong);
                sites = [timer];
                break;
            default:
                return [];
        }
        if (function is Closure closure) return sites.Select(site => new Handler(registration, site, closure, filter));
        diagnostics.Add(Errors.NotInHandlers(registration.Source, registration.Span, function.Name));
        return [];
    }

    // Two ways to one table inside another would be two tables in the kernel.
    private static void ReportAliases(TypingState state, MainResult main, DiagnosticBag diagnostics)
    {
        var others = new HashSet<Table>(state.Tables.Select(t => t.Table).Concat(main.Globals.Where(g => g.Value.Kind == ValueKind.Table).Select(g => g.Value.AsTable)));
        var ofTheirOwn = new HashSet<Table>(state.Tables.Select(t => t.Table));
        foreach (var nested in state.Tables.Where(t => t.IsNested))
            foreach (var inner in NestedStore.Inner(nested.Table.Store))
                if (!others.Add(inner)) diagnostics.Add(Errors.NestedAlias(main.Script.Source, main.Registrations[0].Span, nested.Name, inner.Name, ofTheirOwn.Contains(inner)));
    }

    private static void ReportUnknown(HandlerNames names, ImmutableArray<ProbeSite> sites, DiagnosticBag diagnostics)
    {
        var events = sites.Length == 1 ? sites[0].Description : string.Join(", ", sites.Select(s => s.Description).Distinct().Take(3));
        var fields = sites.SelectMany(s => s.FieldNames).Distinct().ToArray();
        foreach (var (source, span, name) in names.Unknown)
            diagnostics.Add(IsArgument(name)
                ? Errors.NoSuchArgument(source, span, name, events, fields)
                : Errors.UnknownField(source, span, name, events, fields));
    }

    private static bool IsArgument(string name) => name.StartsWith("arg", StringComparison.Ordinal) && name.Length > 3 && name.AsSpan(3).IndexOfAnyExceptInRange('0', '9') < 0;

    // One handler for one site, with the frames that keep the types of its variables from round to round.
    private sealed class Handler(Registration registration, ProbeSite site, Closure closure, Closure? filter)
    {
        private Frame _frame = new(closure, null);
        private Frame? _filter;

        public Registration Registration => registration;

        public ProbeSite Site => site;

        public void Begin() => (_frame, _filter) = (new Frame(closure, null), filter is null ? null : new Frame(filter, null));

        public TypedHandler Type(TypingState state, HandlerNames names)
        {
            var typer = new Typer(state, site, names);
            foreach (var parameter in closure.Function.Parameters)
                _frame.Constants[parameter] = parameter == closure.Function.Parameters[0]
                    ? new TypedEvent(closure.Function.Span)
                    : new TypedConstant(closure.Function.Span, KtapType.Nil, Value.Nil);
            var condition = _filter is null ? null : typer.Filter(_filter);
            return new TypedHandler(closure.Name, closure.Function.Source, closure.Function.Span, site, condition, typer.Body(_frame), _frame.IsLoop) 
            {
                Loops = typer.Loops,
                Iterates = typer.Iterates,
                IsOfGlob = registration is Registration.Probe probe && probe.Events.Any(e => Glob.IsPattern(e.Text)),
            };
        }
    }
}
