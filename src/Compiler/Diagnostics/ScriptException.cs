namespace Ktap.Compiler.Diagnostics;

/// <summary>A run-time error of the user's script in user space (KT06xx): it ends the script and carries the diagnostic to show.</summary>
public sealed class ScriptException(Diagnostic diagnostic) : Exception(diagnostic.Message)
{
    /// <summary>What to show: code, place, message, hint.</summary>
    public Diagnostic Diagnostic { get; } = diagnostic;
}

/// <summary>
/// The machine said no: an operation (<c>"attach raw tracepoint sys_enter"</c>), its errno (0 where there is none) and what the
/// user can do about it. Never a fault of the script, and never ours. Ends with exit status 3.
/// </summary>
public class KtapException(string operation, int errno, string? hint) : Exception(operation)
{
    /// <summary>What was being done, as a phrase that follows "can't", with the reason where there is one: "load x: permission denied".</summary>
    public string Operation { get; } = operation;

    /// <summary>The positive errno, or 0.</summary>
    public int Errno { get; } = errno;

    /// <summary>What to do about it, or null.</summary>
    public string? Hint { get; } = hint;
}
