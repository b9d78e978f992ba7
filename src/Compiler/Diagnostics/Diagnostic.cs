using Ktap.Compiler.Text;

namespace Ktap.Compiler.Diagnostics;

/// <summary>How bad a diagnostic is: only errors stop the next stage.</summary>
public enum Severity
{
    /// <summary>Something worth knowing; nothing is wrong.</summary>
    Note,

    /// <summary>Probably not what was meant; the script runs.</summary>
    Warning,

    /// <summary>The script can't go on.</summary>
    Error,
}

/// <summary>
/// One thing said about a script: a code (<c>KT0101</c>), the place, what is wrong (lower case, no full stop) and, where there is
/// one, a hint: what to do. Made only by the methods of <see cref="Errors"/>.
/// </summary>
public sealed record Diagnostic(string Code, Severity Severity, SourceText Source, TextSpan Span, string Message, string? Hint = null)
{
    /// <summary>The place and message on one line, as compilers print it: <c>name:line:col: error KT0001: message</c>.</summary>
    public override string ToString()
    {
        var at = Source.PositionOf(Span.Start);
        return $"{Source.Name}:{at.Line}:{at.Column}: {Severity.ToString().ToLowerInvariant()} {Code}: {Message}";
    }
}
