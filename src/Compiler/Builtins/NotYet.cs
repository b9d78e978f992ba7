using System.Collections.Frozen;

namespace Ktap.Compiler.Builtins;

/// <summary>Names of the language's library that this release lacks: calling one says so, where otherwise it would be an unknown name or a field.</summary>
public static class NotYet
{
    private static readonly FrozenSet<string> Names = FrozenSet.Create(
        "override_return");

    /// <summary>Whether a name is one of them.</summary>
    public static bool Contains(string name) => Names.Contains(name);
}
