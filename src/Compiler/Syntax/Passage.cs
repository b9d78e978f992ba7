using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Syntax;

/// <summary>
/// What is lexed: a whole script, or the inside of a string in it. Places of a string's inside are exact where its bytes stand in the
/// script as they are (<paramref name="offset"/>); else everything has the place of the whole (<paramref name="whole"/>).
/// Messages call its end <paramref name="endName"/>.
/// </summary>
internal sealed class Passage(SourceText source, byte[] bytes, int offset, TextSpan? whole, string endName, DiagnosticBag diagnostics)
{
    /// <summary>How many errors are shown before parsing stops: more only scroll the first, the one that counts, away.</summary>
    public const int MostErrors = 25;

    private int _errors;
    private int _lastErrorAt = -1;

    /// <summary>The script that diagnostics point into.</summary>
    public SourceText Source => source;

    /// <summary>What messages call the end of the bytes.</summary>
    public string EndName => endName;

    /// <summary>The bytes to lex.</summary>
    public byte[] Bytes => bytes;

    /// <summary>The diagnostics, for warnings.</summary>
    public DiagnosticBag Diagnostics => diagnostics;

    /// <summary>Whether parsing has stopped, because of the number or the kind of errors.</summary>
    public bool Stopped { get; private set; }

    /// <summary>The place in the script of a range of these bytes.</summary>
    public TextSpan Map(int start, int end) => whole ?? TextSpan.FromBounds(start + offset, end + offset);

    /// <summary>Reports an error, unless one was reported at that very place; stops parsing after <see cref="MostErrors"/>.</summary>
    public void Report(Diagnostic error)
    {
        if (Stopped || (error.Span.Start == _lastErrorAt && whole is null)) return;
        _lastErrorAt = error.Span.Start;
        diagnostics.Add(error);
        if (++_errors < MostErrors) return;
        diagnostics.Add(Errors.TooManyErrors(source, error.Span));
        Stopped = true;
    }

    /// <summary>Reports an error after which nothing sensible can be said about the rest.</summary>
    public void Abort(Diagnostic error)
    {
        if (!Stopped) diagnostics.Add(error);
        Stopped = true;
    }
}
