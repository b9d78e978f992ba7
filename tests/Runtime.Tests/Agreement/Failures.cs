using FsCheck;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;

namespace Ktap.Runtime.Tests.Agreement;

/// <summary>The programs that showed a difference, of which the smallest counts; and the end of the run.</summary>
internal sealed class Failures : IRunner
{
    private static readonly TimeSpan MostShrinking = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private readonly System.Diagnostics.Stopwatch _shrinking = new();

    /// <summary>Whether it is time to stop making the program smaller.</summary>
    public bool IsSmallEnough => _shrinking.Elapsed > MostShrinking;

    /// <summary>The smallest program and what it showed.</summary>
    public (string Program, string Difference)? Smallest { get; private set; }

    /// <summary>Whether the run came to its end and passed.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>What the run ended with.</summary>
    public string Report { get; private set; } = "the run did not end";

    /// <summary>Notes a difference.</summary>
    public void Add(IReadOnlyList<Code> batch, string difference)
    {
        var text = Batch.Of(batch).Source;
        var program = text.TextOf(new Ktap.Compiler.Text.TextSpan(0, text.Length));
        _shrinking.Start();
        lock (_lock)
            if (Smallest is not { } smallest || program.Length < smallest.Program.Length) Smallest = (program, difference);
    }

    public void OnStartFixture(Type value) { }

    public void OnArguments(int number, FSharpList<object> arguments, FSharpFunc<int, FSharpFunc<FSharpList<object>, string>> show) { }

    public void OnShrink(FSharpList<object> arguments, FSharpFunc<FSharpList<object>, string> show) { }

    public void OnFinished(string name, TestResult result) => (IsFinished, Report) = (result.IsPassed, result.ToString());
}
