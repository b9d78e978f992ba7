using System.Collections.Immutable;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>Tracepoints, system calls among them: <c>group:name</c>, with globs (language §7). Claims every spec that no other kind does.</summary>
public sealed class TracepointKind : ProbeKind
{
    /// <inheritdoc/>
    public override bool Claims(LiteralEventSpec spec, Target target) => true;

    /// <inheritdoc/>
    public override IEnumerable<ProbeSite> Resolve(ImmutableArray<LiteralEventSpec> specs, ProbeRequest request)
    {
        var (events, made) = (new List<string>(), new List<ProbeSite>());
        var seen = new HashSet<string>();
        foreach (var spec in specs)
            foreach (var name in Match(spec, request))
                if (seen.Add(name))
                {
                    if (request.Target.MadeEvents.TryGetValue(name, out var definition)) made.AddRange(MadeEventSite.Make(definition, spec, request));
                    else events.Add(name);
                }
        if (events.Count == 0) return made;

        var description = string.Join(", ", specs.Select(s => s.Text));
        return
        [
            .. made,
            .. Syscalls(events, "syscalls:sys_enter_", true, description, request),
            .. Syscalls(events, "syscalls:sys_exit_", false, description, request),
            .. Tracepoints([.. events.Where(e => !e.StartsWith("syscalls:", StringComparison.Ordinal))], description, request),
        ];
    }

    /// <inheritdoc/>
    public override IEnumerable<ListedEvent> List(ListRequest request) => request.Target.Tracepoints
        .Where(name => !IsOwnRecord(name) && request.Wants(name))
        .Select(name => new ListedEvent(name, () => Describe(name, request.Target)));

    private static string Describe(string name, Target target)
    {
        var (group, own) = Split(name);
        var fields = target.Format(group, own)?.Fields.Where(f => !f.IsCommon && f.Name != "__syscall_nr") ?? [];
        return $"({string.Join(", ", fields.Select(Declare))})";
    }

    private static string Declare(TracepointField field)
    {
        var space = field.TypeText.EndsWith('*') ? "" : " ";
        return $"{field.TypeText}{space}{field.Name}{(field.IsArray ? $"[{field.ArrayLength}]" : "")}";
    }

    private static IEnumerable<string> Match(LiteralEventSpec spec, ProbeRequest request)
    {
        var (target, source, diagnostics) = (request.Target, request.Source, request.Diagnostics);
        var colon = spec.Text.IndexOf(':');
        if (colon <= 0 || colon == spec.Text.Length - 1)
        {
            var near = target.Tracepoints.Any(t => t.StartsWith(spec.Text + ":", StringComparison.Ordinal)) ? [spec.Text + ":*"]
                : Named(spec.Text, target) is { Count: > 0 } whole ? whole
                : Errors.Nearest(spec.Text, CounterEvents.All.SelectMany(e => e.Names), 3);
            diagnostics.Add(Errors.MalformedSpec(source, spec.Span, spec.Text, near));
            return [];
        }
        if (spec.FetchArguments.Length > 0)
        {
            diagnostics.Add(Errors.NoFetchArguments(source, spec.Span, spec.Text));
            return [];
        }
        if (!Glob.IsPattern(spec.Text) && !IsOwnRecord(spec.Text) && target.HasTracepoint(spec.Text)) return [spec.Text];
        var found = target.Tracepoints.Where(name => Glob.Matches(spec.Text, name) && !IsOwnRecord(name)).ToArray();
        if (found.Length == 0)
            diagnostics.Add(Errors.NoSuchEvent(source, spec.Span, spec.Text, 
                Named(spec.Text[(colon + 1)..], target) is { Count: > 0 } whole ? whole : Errors.Nearest(spec.Text.Replace("*", ""), target.Tracepoints, 3)));
        return found;
    }

    // The events of that name in any group, and the system call's.
    private static IReadOnlyList<string> Named(string name, Target target) =>
        [.. target.Tracepoints.Where(t => t.EndsWith(":" + name, StringComparison.Ordinal) || t == "syscalls:sys_enter_" + name || t == "syscalls:sys_exit_" + name).Order(StringComparer.Ordinal).Take(3)];

    // The events of group ftrace are records of other tracers (enable them and nothing fires), not tracepoints.
    private static bool IsOwnRecord(string name) => name.StartsWith("ftrace:", StringComparison.Ordinal);

    private static IEnumerable<ProbeSite> Tracepoints(ImmutableArray<string> names, string description, ProbeRequest request)
    {
        var (target, options) = (request.Target, request.Options);
        if (names.IsEmpty) return [];
        if (request.Use.NeedsRecord)
            return names.Select(Split).Select(e => target.Format(e.Group, e.Name)).OfType<TracepointFormat>().Select(f => new TracepointSite(target, f, options));
        var events = names.Select(Split).ToImmutableArray();
        return target.Features.RawTracepointCookies || events.Length == 1
            ? [new RawTracepointSite(target, events.Length == 1 ? names[0] : description, events, options)]
            : events.Select(e => new RawTracepointSite(target, $"{e.Group}:{e.Name}", [e], options));
    }

    private static (string Group, string Name) Split(string name) => name.IndexOf(':') is var at ? (name[..at], name[(at + 1)..]) : default;

    // Calls whose used fields are in the same places, with the same types, share a site.
    private static IEnumerable<ProbeSite> Syscalls(List<string> names, string prefix, bool isEnter, string description, ProbeRequest request)
    {
        var target = request.Target;
        var events = new List<SyscallEvent>();
        foreach (var name in names.Where(n => n.StartsWith(prefix, StringComparison.Ordinal)))
            if (target.SyscallOfEvent(name[prefix.Length..]) is { } number)
                events.Add(new SyscallEvent(number, name["syscalls:".Length..], Fields(name, isEnter, request)));
        return events.GroupBy(e => Signature(e, request)).Select(g =>
            new SyscallSite(target, isEnter, g.Count() == 1 ? "syscalls:" + g.First().Name : description, [.. g], request.Options));
    }

    private static ImmutableArray<TracepointField> Fields(string name, bool isEnter, ProbeRequest request)
    {
        if (!isEnter || (request.Use.Fields.IsEmpty && request.Use.Arguments.IsEmpty)) return [];
        return request.Target.Format("syscalls", Split(name).Name) is { } format ? [.. format.Fields.Where(f => !f.IsCommon)] : [];
    }

    private static string Signature(SyscallEvent e, ProbeRequest request)
    {
        var (use, options) = (request.Use, request.Options);
        var arguments = e.Fields.Where(f => f.Name != "__syscall_nr").ToArray();
        var used = arguments.Select((f, i) => (f, i)).Where(p =>
            use.Fields.Contains(p.f.Name) || use.Arguments.Contains(p.i + 1 + (options.ArgumentBase ?? 0)));
        return string.Join(";", used.Select(p =>
            $"{(use.Fields.Contains(p.f.Name) ? p.f.Name : "")}@{p.i}:{FieldTypes.Scalar(p.f.TypeText, true, options.Types)}{FieldTypes.OfArgument(p.f.TypeText)}"));
    }
}
