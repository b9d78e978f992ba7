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

/// <summary>What the command line asks for.</summary>
internal abstract record Request
{
    /// <summary>Print the help.</summary>
    public sealed record Help : Request;

    /// <summary>Print the version.</summary>
    public sealed record Version : Request;

    /// <summary>List events.</summary>
    public sealed record List(string Glob) : Request;

    /// <summary>Run, build or dump a script; <paramref name="Configure"/> fills in the options.</summary>
    public sealed record Run(ScriptSource Script, Func<SessionOptions, SessionOptions> Configure) : Request;
}
