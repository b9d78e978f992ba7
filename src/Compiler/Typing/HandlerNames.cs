using Ktap.Compiler.Text;

namespace Ktap.Compiler.Typing;

/// <summary>
/// The fields and arguments that a handler names, over all of its sites: one that only some of the events have is nil in the
/// others, one that none has is an error.
/// </summary>
internal sealed class HandlerNames
{
    private readonly Dictionary<(SourceText, TextSpan, string), bool> _found = [];

    /// <summary>A name was looked up at a site, and was there or not.</summary>
    public void Add(SourceText source, TextSpan span, string name, bool found) =>
        _found[(source, span, name)] = found || _found.GetValueOrDefault((source, span, name));

    /// <summary>The names that no site has.</summary>
    public IEnumerable<(SourceText Source, TextSpan Span, string Name)> Unknown => _found.Where(p => !p.Value).Select(p => p.Key);
}
