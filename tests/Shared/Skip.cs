using System.Diagnostics.CodeAnalysis;
using Xunit.Sdk;

namespace Ktap.Tests;

/// <summary>
/// Skips the running test for a reason found out while it runs: a missing privilege or kernel feature, nothing else.
/// <c>make test</c> prints the reasons and counts the skips.
/// </summary>
public static class Skip
{
    /// <summary>Skips the test unless the condition holds.</summary>
    public static void Unless([DoesNotReturnIf(false)] bool condition, string reason)
    {
        if (!condition) Because(reason);
    }

    /// <summary>Skips the test.</summary>
    [DoesNotReturn]
    public static void Because(string reason) => throw SkipException.ForSkip(reason);
}
