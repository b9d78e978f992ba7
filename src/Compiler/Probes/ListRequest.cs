using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>An event in a listing: its name as <c>trace</c> takes it, and what its arguments are, which is asked for where it is shown.</summary>
public sealed record ListedEvent(string Name, Func<string> Details);

/// <summary>What a listing asks each kind of probe for.</summary>
/// <param name="Pattern">The spec, most often with globs: those names that match are listed.</param>
/// <param name="Target">The kernel.</param>
/// <param name="Options">The options: the C types, and the process (<c>-p</c>) whose libraries are meant.</param>
public sealed record ListRequest(string Pattern, Target Target, ProbeOptions Options)
{
    /// <summary>Whether a name is asked for.</summary>
    public bool Wants(string name) => Pattern == name || Glob.Matches(Pattern, name);

    /// <summary>The file that a spec of user space names; null where there is none.</summary>
    internal UserFile? FindFile(string name) => (Target.FindUserFile(name, Options.Processes.FirstOrDefault()) as UserFileSearch.Found)?.File;
}
