using System.Collections.Immutable;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>Static markers of programs and libraries: <c>sdt:FILE:NAME</c>, <c>sdt:FILE:PROVIDER:NAME</c>, with globs; <c>usdt:</c> is the same.</summary>
public sealed class UserMarkerKind : ProbeKind
{
    private const string Form = "sdt:FILE:MARKER";

    private sealed record Found(UserProbePlace Place, ImmutableArray<MarkerOperand> Operands);

    private sealed record Refused(UserMarker Marker, int Number, string Text, string Why);

    /// <inheritdoc/>
    public override bool Claims(LiteralEventSpec spec, Target target) => UserSpec.Parse(spec.Text) is { Kind: "sdt" or "usdt" };

    // Places that have the arguments which the handler uses in the same registers and memory share a site.
    /// <inheritdoc/>
    public override IEnumerable<ProbeSite> Resolve(ImmutableArray<LiteralEventSpec> specs, ProbeRequest request)
    {
        var target = request.Target;
        var found = specs.SelectMany(s => Markers(s, request)).DistinctBy(m => (m.Place.File.Place, m.Place.Offset, m.Place.Name)).ToArray();
        var description = string.Join(", ", specs.Select(s => s.Text));
        var shared = target.Features.UprobeMulti || target.Features.PerfCookies;
        return found.GroupBy(m => (Layout(m, request.Use), shared ? 0 : m.Place.Offset)).Select(g =>
            new UserMarkerSite(target, description, [.. g.Select(m => m.Place)], g.First().Operands, request.Options));
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Forms => ["sdt:FILE:[PROVIDER:]MARKER"];

    /// <inheritdoc/>
    public override IEnumerable<ListedEvent> List(ListRequest request)
    {
        if (UserSpec.Parse(request.Pattern) is not { File.Length: > 0, Where.Length: > 0 } user || request.FindFile(user.File) is not { } file) return [];
        var (provider, name) = Parts(user);
        return file.Markers.Where(m => Glob.Matches(provider, m.Provider) && Glob.Matches(name, m.Name)).GroupBy(m => (m.Provider, m.Name))
            .Select(g => new ListedEvent($"{user.Kind}:{user.File}:{g.Key.Provider}:{g.Key.Name}", () => Describe(g.First(), g.Count(), request.Target)));
    }

    // C's types by the size and sign of an argument, as the note says them.
    private static string Describe(UserMarker marker, int places, Target target)
    {
        var operands = MarkerSyntax.For(target.Architecture.Name) is { } syntax ? MarkerOperands.Parse(marker.Arguments, syntax).Select(o => o.Operand) : [];
        var arguments = operands.Select((o, i) => $"{(o.IsSigned ? "s" : "u")}{o.Size * 8} arg{i + 1}");
        return $"({string.Join(", ", arguments)}){(places > 1 ? $"  at {places} places" : "")}";
    }

    private static (string Provider, string Name) Parts(UserSpec user) => user.Where.IndexOf(':') is >= 0 and var colon ? (user.Where[..colon], user.Where[(colon + 1)..]) : ("*", user.Where);

    private static string Layout(Found marker, EventUse use) => use.Text
        ? string.Join(';', marker.Operands)
        : string.Join(';', use.Arguments.Where(a => a > 0).Select(a => a <= marker.Operands.Length ? marker.Operands[a - 1].ToString() : ""));

    private static IEnumerable<Found> Markers(LiteralEventSpec spec, ProbeRequest request)
    {
        var (source, diagnostics, user) = (request.Source, request.Diagnostics, UserSpec.Parse(spec.Text)!);
        if (user.File.Length == 0 || user.Where.Length == 0) return Fail(Errors.MalformedUserSpec(source, spec.Span, spec.Text, Form));
        if (spec.FetchArguments.Length > 0) return Fail(Errors.NoFetchArguments(source, spec.Span, spec.Text));
        if (request.FindFile(spec, user.File) is not { } file) return [];
        if (file.Markers.Count == 0) return Fail(Errors.NoMarkers(source, spec.Span, file.Path));
        var (provider, name) = Parts(user);
        var markers = file.Markers.Where(m => Glob.Matches(provider, m.Provider) && Glob.Matches(name, m.Name)).ToArray();
        if (markers.Length == 0) return Fail(Errors.NoSuchMarker(source, spec.Span, file.Path, user.Where, Errors.Nearest(name.Replace("*", ""), file.Markers.Select(m => m.Name), 3)));
        foreach (var (marker, number, text, why) in markers.SelectMany(m => Unreadable(m, file, request)).DistinctBy(u => (u.Marker.Name, u.Number)))
            diagnostics.Add(Errors.MarkerOperand(source, spec.Span, $"{marker.Provider}:{marker.Name}", number, text, why, isOne: !Glob.IsPattern(name)));
        return markers.Select(m => new Found(new UserProbePlace(file, m.Offset, m.Semaphore, m.Name, m.Provider), Operands(m, file, request.Target).Select(o => o.Operand).ToImmutableArray()));

        Found[] Fail(Diagnostic error)
        {
            diagnostics.Add(error);
            return [];
        }
    }

    private static IEnumerable<Refused> Unreadable(UserMarker marker, UserFile file, ProbeRequest request) =>
        Operands(marker, file, request.Target).Select((o, i) => (o.Text, o.Operand, Number: i + 1))
            .Where(o => request.Use.Arguments.Contains(o.Number) && o.Operand.Place is MarkerPlace.Unreadable)
            .Select(o => new Refused(marker, o.Number, o.Text, ((MarkerPlace.Unreadable)o.Operand.Place).Why));

    // A symbol is as far from the marker in memory as it is in the file.
    private static IEnumerable<(string Text, MarkerOperand Operand)> Operands(UserMarker marker, UserFile file, Target target)
    {
        if (MarkerSyntax.For(target.Architecture.Name) is not { } syntax) return [];
        return MarkerOperands.Parse(marker.Arguments, syntax).Select(o => (o.Text, o.Operand.Place is MarkerPlace.Memory { Symbol: { } symbol } memory
            ? o.Operand with { Place = Beside(memory, symbol) } : o.Operand));

        MarkerPlace Beside(MarkerPlace.Memory memory, string symbol)
        {
            var pointer = new MarkerPlace.Register(target.Architecture.InstructionPointer, target.Architecture.WordSize);
            if (memory.Base is { } other && other.Name != pointer.Name) return new MarkerPlace.Unreadable("it is an element of an array that is found by its symbol");
            return file.SymbolAddress(symbol) is { } address
                ? memory with { Base = pointer, Symbol = null, Offset = memory.Offset + (long)(address - marker.Address) }
                : new MarkerPlace.Unreadable($"the file's symbol '{symbol}' was taken out");
        }
    }
}
