using System.Collections.Immutable;

namespace Ktap.Compiler.Builtins;

/// <summary>A group of builtins on the reference page.</summary>
public sealed record BuiltinFamily(string Title, ImmutableArray<Builtin> Rows);

/// <summary>All builtins.</summary>
public static class BuiltinTable
{
    /// <summary>The families, in the order of the reference page.</summary>
    public static ImmutableArray<BuiltinFamily> Families { get; } =
    [
        Output.Family, Tables.Family, Strings.Family, Integers.Family, Aggregates.Family, EventNames.Family, TaskFacts.Family, Stacks.Family, Memory.Family, CData.Family, Time.Family,
        SystemFacts.Family, Network.Family, Terminal.Family,
    ];

    /// <summary>Every row.</summary>
    public static ImmutableArray<Builtin> All { get; } = [.. Families.SelectMany(f => f.Rows)];

    private static readonly Dictionary<string, Builtin> ByName = All.ToDictionary(b => b.Name);

    private static readonly Dictionary<string, ImmutableArray<string>> Libraries = All.Select(b => b.Name.Split('.'))
        .Where(n => n.Length == 2).GroupBy(n => n[0]).ToDictionary(g => g.Key, g => g.Select(n => n[1]).ToImmutableArray());

    /// <summary>The row of a name, which may have a dot in it (<c>net.format_ip_addr</c>); null where there is none.</summary>
    public static Builtin? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>Whether a name is the part before the dot of any builtin.</summary>
    public static bool IsLibrary(string name) => Libraries.ContainsKey(name);

    /// <summary>What stands behind the dot in the builtins of a library.</summary>
    public static ImmutableArray<string> MembersOf(string library) => Libraries.GetValueOrDefault(library, []);
}
