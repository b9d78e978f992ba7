using System.Collections;

namespace Ktap.Compiler.Diagnostics;

/// <summary>The diagnostics of one compilation, in the order in which they were found; the same one is kept once.</summary>
public sealed class DiagnosticBag : IReadOnlyCollection<Diagnostic>
{
    private readonly List<Diagnostic> _items = [];
    private readonly HashSet<Diagnostic> _seen = [];

    /// <summary>Whether a stage may follow: true when nothing here is an error.</summary>
    public bool IsClean => !_items.Exists(d => d.Severity == Severity.Error);

    /// <inheritdoc/>
    public int Count => _items.Count;

    /// <summary>Adds one, unless it is there already.</summary>
    public void Add(Diagnostic diagnostic)
    {
        if (_seen.Add(diagnostic)) _items.Add(diagnostic);
    }

    /// <inheritdoc/>
    public IEnumerator<Diagnostic> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
