using System.Globalization;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>What a spec names in a file: the places, each with the name that its events have, and how many functions of a glob can't be probed.</summary>
public sealed record UserFunctionSearch(IReadOnlyList<UserFunctionSearch.Place> Places, int LeftOut)
{
    /// <summary>A place by its offset in the file, and the name that its events have.</summary>
    public sealed record Place(string Name, ulong Offset);

    private static readonly UserFunctionSearch Nothing = new([], 0);

    /// <summary>Whether the name is that of a function which is chosen when the program starts.</summary>
    public bool IsIndirect { get; private init; }

    /// <summary>The function that an offset of the spec is too large for, or null.</summary>
    public UserFunction? TooShort { get; private init; }

    /// <summary>The function in which no instruction begins at the offset of the spec, or null.</summary>
    public UserFunction? BetweenInstructions { get; private init; }

    /// <summary>
    /// Looks for <c>sym</c>, <c>sym@VERSION</c>, <c>sym+0x10</c>, <c>0xOFFSET</c> (in the file), a glob, or a C++ name with its parameters or without. A name of
    /// several functions (overloads, static functions, versions of a symbol) means all of them.
    /// </summary>
    public static UserFunctionSearch In(UserFile file, string where)
    {
        if (where.StartsWith("0x", StringComparison.Ordinal) && Number(where) is { } offset)
            return file.Functions.FirstOrDefault(f => offset >= f.Offset && offset - f.Offset < f.Size) is { } around && file.HasInstruction(around, offset - around.Offset) == false
                ? Nothing with { BetweenInstructions = around } : new([new(where, offset)], 0);
        var found = Named(file, where);
        if (found.Places.Count > 0 || found.IsIndirect) return found;
        if (where.LastIndexOf('+') is > 0 and var plus && Number(where[(plus + 1)..]) is { } distance) return Inside(file, where, where[..plus], distance);
        return Glob.IsPattern(where) ? Matching(file, where) : Nothing;
    }

    /// <summary>The names of a file's functions as people write them, for "did you mean".</summary>
    public static IEnumerable<string> Names(UserFile file) => file.Functions.Where(f => f.Kind != FunctionKind.Label).Select(f => Title(file, f));

    private static UserFunctionSearch Named(UserFile file, string where)
    {
        var all = file.Functions.Where(f => IsNamed(f, where)).ToList();
        if (all.Count == 0 && IsCpp(where)) all = [.. file.Functions.Where(f => file.Demangle(f.Name) is { } title && (title == where || WithoutParameters(title) == where))];
        // Labels have names of functions too; they count where nothing better does. Where what programs are linked to today is chosen as they start, older versions aren't it.
        if (all.Any(f => f.Kind == FunctionKind.Function)) all.RemoveAll(f => f.Kind == FunctionKind.Label);
        if (all.Any(f => f is { Kind: FunctionKind.Indirect, Version: null })) all.RemoveAll(f => f.Kind != FunctionKind.Indirect);
        var places = all.Where(f => f.Kind != FunctionKind.Indirect).Select(f => new Place(file.Demangle(f.Name) ?? f.Name, f.Offset)).DistinctBy(p => p.Offset).ToList();
        return new(places, 0) { IsIndirect = places.Count == 0 && all.Count > 0 };
    }

    private static bool IsNamed(UserFunction function, string where)
    {
        if (!where.StartsWith(function.Name, StringComparison.Ordinal)) return false;
        if (where.Length == function.Name.Length) return true;
        var version = where.AsSpan(function.Name.Length);
        return function.Version is { } older ? version is ['@', .. var name] && name.SequenceEqual(older) : version.StartsWith("@@");
    }

    private static UserFunctionSearch Inside(UserFile file, string where, string name, ulong distance)
    {
        var found = Named(file, name);
        var functions = file.Functions.Where(f => found.Places.Any(p => p.Offset == f.Offset)).ToList();
        if (functions.FirstOrDefault(f => f.Size != 0 && distance >= f.Size) is { } small) return Nothing with { TooShort = small };
        if (functions.FirstOrDefault(f => file.HasInstruction(f, distance) == false) is { } between) return Nothing with { BetweenInstructions = between };
        return new([.. found.Places.Select(p => new Place(where, p.Offset + distance))], 0) { IsIndirect = found.IsIndirect };
    }

    // Each address once, under the best of its names that match.
    private static UserFunctionSearch Matching(UserFile file, string pattern)
    {
        var (places, seen, indirect) = (new List<Place>(), new HashSet<ulong>(), file.Functions.Where(f => f.Kind == FunctionKind.Indirect).Select(f => f.Name).ToHashSet());
        // What chooses has names of its own too.
        var (choosing, leftOut) = (file.Functions.Where(f => f.Kind == FunctionKind.Indirect).Select(f => f.Offset).ToHashSet(), new HashSet<ulong>());
        var cpp = IsCpp(pattern);
        foreach (var function in file.Functions)
        {
            if (function.Kind == FunctionKind.Label || IsPart(function.Name)) continue;
            if (!Glob.Matches(pattern, function.Name) && !(cpp && file.Demangle(function.Name) is { } title && Glob.Matches(pattern, title))) continue;
            if (indirect.Contains(function.Name) || choosing.Contains(function.Offset)) leftOut.Add(function.Offset);
            else if (seen.Add(function.Offset)) places.Add(new(Title(file, function), function.Offset));
        }
        leftOut.ExceptWith(seen);
        return new(places, leftOut.Count) { IsIndirect = places.Count == 0 && leftOut.Count > 0 };
    }

    private static string Title(UserFile file, UserFunction function) => file.Demangle(function.Name) ?? function.Name;

    // What compilers cut off a function, because it hardly ever runs, is jumped to in its middle.
    private static bool IsPart(string name) => name.EndsWith(".cold", StringComparison.Ordinal) || name.Contains(".cold.", StringComparison.Ordinal);

    private static bool IsCpp(string text) => text.Contains("::", StringComparison.Ordinal) || text.Contains('(') || text.Contains('~') || Glob.IsPattern(text) || text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private static string WithoutParameters(string title)
    {
        var end = title.EndsWith(" const", StringComparison.Ordinal) ? title.Length - " const".Length : title.Length;
        if (end == 0 || title[end - 1] != ')') return title;
        var depth = 0;
        for (var i = end - 1; i >= 0; i--)
        {
            if (title[i] == ')') depth++;
            if (title[i] == '(' && --depth == 0) return title[..i];
        }
        return title;
    }

    private static ulong? Number(string text) =>
        text.StartsWith("0x", StringComparison.Ordinal)
            ? ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex) ? hex : null
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}
