using System.Collections.Immutable;
using Ktap.Runtime;

namespace Ktap.Cli;

/// <summary>Where a script comes from.</summary>
internal abstract record ScriptSource
{
    /// <summary>A file; <c>-</c> is standard input.</summary>
    public sealed record File(string Path) : ScriptSource;

    /// <summary>The command line itself.</summary>
    public sealed record Text(string Name, string Script) : ScriptSource;
}

/// <summary>What to list.</summary>
internal abstract record Listed
{
    /// <summary>Everything that has a name.</summary>
    public sealed record All : Listed;

    /// <summary>What specs mean, separated by commas.</summary>
    public sealed record Specs(string Text) : Listed;

    /// <summary>The functions or markers of a program or library; <paramref name="Kind"/> is what their specs begin with.</summary>
    public sealed record File(string Kind, string Name) : Listed;
}

/// <summary>What the command line asks for.</summary>
internal abstract record Request
{
    /// <summary>Print the help.</summary>
    public sealed record Help : Request;

    /// <summary>Print the version.</summary>
    public sealed record Version : Request;

    /// <summary>List events, their arguments too where <paramref name="Details"/> are wanted; libraries as the processes have them, where any are given.</summary>
    public sealed record List(Listed What, bool Details, ImmutableArray<int> Pids) : Request;

    /// <summary>Run, build or dump a script; <paramref name="Configure"/> fills in the options.</summary>
    public sealed record Run(ScriptSource Script, Func<SessionOptions, SessionOptions> Configure) : Request;
}
