using Ktap.Compiler.Diagnostics;

namespace Ktap.Runtime.Machine;

/// <summary>
/// The kernel refused to load an object. <paramref name="programName"/> is the program it refused, or null when it never came to
/// one; <paramref name="verifierLog"/> is the verifier's text about it, empty where there is none.
/// </summary>
public sealed class LoadException(string operation, int errno, string? hint, string? programName, string verifierLog, string libraryLog)
    : KtapException(operation, errno, hint)
{
    /// <summary>The function's name of the refused program, or null.</summary>
    public string? ProgramName { get; } = programName;

    /// <summary>What the verifier said about the program; instruction lines carry the source lines of the object's line info.</summary>
    public string VerifierLog { get; } = verifierLog;

    /// <summary>Whether the verifier gave up: it has followed a million instructions, or has too many branches that it still has to follow.</summary>
    public bool IsTooComplex => VerifierLog.Contains("is too large. Processed", StringComparison.Ordinal) || VerifierLog.Contains("jumps is too complex", StringComparison.Ordinal);

    /// <summary>Everything libbpf said while loading.</summary>
    public string LibraryLog { get; } = libraryLog;
}
