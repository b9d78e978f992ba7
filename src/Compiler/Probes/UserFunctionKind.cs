using System.Collections.Immutable;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>Functions of programs and libraries: <c>probe:FILE:FUNCTION</c>, <c>uprobe:</c>, <c>uretprobe:</c>, their returns, globs and offsets (language §7).</summary>
public sealed class UserFunctionKind : ProbeKind
{
    private const string Form = "probe:FILE:FUNCTION";

    /// <inheritdoc/>
    public override bool Claims(LiteralEventSpec spec, Target target) => UserSpec.Parse(spec.Text) switch
    {
        { Kind: "uprobe" or "uretprobe" } => true,
        // Without a file it is a function of the kernel.
        { Kind: "probe" } user => user.File.Contains('/') || user.Where.Length > 0,
        _ => false,
    };

    /// <inheritdoc/>
    public override IEnumerable<ProbeSite> Resolve(ImmutableArray<LiteralEventSpec> specs, ProbeRequest request) =>
        specs.GroupBy(s => (UserSpec.Parse(s.Text)!.IsReturn, s.FetchArguments)).SelectMany(g => Sites([.. g], g.Key.IsReturn, request));

    /// <inheritdoc/>
    public override IEnumerable<string> Forms => ["probe:FILE:FUNCTION[+OFFSET][%return]", "probe:FILE:0xOFFSET"];

    /// <inheritdoc/>
    public override IEnumerable<ListedEvent> List(ListRequest request)
    {
        if (UserSpec.Parse(request.Pattern) is not { File.Length: > 0, Where.Length: > 0 } user || request.FindFile(user.File) is not { } file) yield break;
        foreach (var (name, offset) in UserFunctionSearch.In(file, user.Where).Places)
            yield return new ListedEvent($"{user.Kind}:{user.File}:{name}{(user is { IsReturn: true, Kind: "probe" } ? "%return" : "")}", () => $"  at 0x{offset:x} of {file.Path}");
    }

    private static IEnumerable<ProbeSite> Sites(ImmutableArray<LiteralEventSpec> specs, bool isReturn, ProbeRequest request)
    {
        var target = request.Target;
        var places = specs.SelectMany(s => Places(s, request)).DistinctBy(p => (p.File.Place, p.Offset)).ToImmutableArray();
        if (places.IsEmpty) return [];
        var context = new FetchContext(target.Architecture.Registers, target.Architecture.WordSize, isReturn, IsUser: true, _ => null);
        var fetch = FetchArguments.Parse(specs[0], context, request.Source, request.Diagnostics);
        return target.Features.UprobeMulti || target.Features.PerfCookies
            ? [Site(string.Join(", ", specs.Select(s => s.Text)), places)]
            : places.Select(p => Site($"{p.File.ShortName}:{p.Name}", [p]));

        UserFunctionSite Site(string description, ImmutableArray<UserProbePlace> some) => new(target, description, some, isReturn, fetch, request.Options);
    }

    private static IEnumerable<UserProbePlace> Places(LiteralEventSpec spec, ProbeRequest request)
    {
        var (source, diagnostics, user) = (request.Source, request.Diagnostics, UserSpec.Parse(spec.Text)!);
        if (user.File.Length == 0 || user.Where.Length == 0) return Fail(Errors.MalformedUserSpec(source, spec.Span, spec.Text, Form));
        if (request.FindFile(spec, user.File) is not { } file) return [];
        var found = UserFunctionSearch.In(file, user.Where);
        if (found.TooShort is { } function) return Fail(Errors.OffsetTooLarge(source, spec.Span, function.Name, function.Size));
        if (found.BetweenInstructions is { } between) return Fail(Errors.BetweenInstructions(source, spec.Span, user.Where, between.Name));
        if (found.IsIndirect) return Fail(Errors.IndirectFunction(source, spec.Span, file.Path, user.Where));
        if (found.Places.Count == 0)
        {
            var names = UserFunctionSearch.Names(file).ToHashSet();
            return Fail(Errors.NoUserFunction(source, spec.Span, file.Path, user.Where, file.IsStripped, names.Count, Errors.Nearest(user.Where.Replace("*", ""), names, 3)));
        }
        if (user.IsReturn && found.Places is [var only] && only.Name == user.Where && only.Name.Contains('+') && file.Functions.All(f => f.Offset != only.Offset))
            return Fail(Errors.ReturnInside(source, spec.Span, user.Where));
        if (found.LeftOut > 0) diagnostics.Add(Errors.IndirectLeftOut(source, spec.Span, file.Path, found.LeftOut));
        return found.Places.Select(p => new UserProbePlace(file, p.Offset, 0, p.Name, file.ShortName));

        UserProbePlace[] Fail(Diagnostic error)
        {
            diagnostics.Add(error);
            return [];
        }
    }
}

/// <summary>A place that a probe of user space is put at: the file, the offset in it, where the semaphore is (0: none), the event's name and group.</summary>
internal sealed record UserProbePlace(UserFile File, ulong Offset, ulong Semaphore, string Name, string Group);
