using System.Text;
using Ktap.Compiler.Text;

namespace Ktap.Runtime.Tests.Agreement;

/// <summary>A program as text; the names that are its own begin with the prefix.</summary>
internal sealed record ProgramText(string Prefix, string Text);

/// <summary>Programs in one script, and so in one object.</summary>
internal sealed class Batch
{
    private static int _saved;

    private readonly int[] _lastLines;

    private Batch(IReadOnlyList<ProgramText> programs)
    {
        Programs = programs;
        _lastLines = new int[programs.Count];
        var (text, line) = (new StringBuilder(), 0);
        for (var i = 0; i < programs.Count; i++)
        {
            text.Append(programs[i].Text);
            _lastLines[i] = line += programs[i].Text.Count(c => c == '\n');
        }
        Source = SourceText.From(text.ToString(), "agreement.kp");
    }

    /// <summary>The whole script.</summary>
    public SourceText Source { get; }

    /// <summary>The programs, in their order in the script; each has one handler.</summary>
    public IReadOnlyList<ProgramText> Programs { get; }

    /// <summary>Generated programs as one script.</summary>
    public static Batch Of(IReadOnlyList<Code> programs) => new([.. programs.Select((p, i) => TextOf(p, programs.Count == 1 ? "" : $"p{i}_"))]);

    /// <summary>A script with one handler.</summary>
    public static Batch Of(string text) => new([new ProgramText("", text)]);

    /// <summary>The index of the program that a line, from 1, belongs to.</summary>
    public int ProgramAt(int line) => Math.Max(0, Array.FindIndex(_lastLines, last => line <= last));

    /// <summary>The same without some programs.</summary>
    public Batch Without(IReadOnlySet<int> left) => new([.. Programs.Where((_, i) => !left.Contains(i))]);

    /// <summary>Writes the script to a file of a folder, for other kernels (tests/vm); the first line has the options that it is meant for.</summary>
    public void Save(string folder, string options) =>
        File.WriteAllText(Path.Combine(folder, $"agreement-{Interlocked.Increment(ref _saved)}.kp"), $"# options: {options}\n{Source.TextOf(new TextSpan(0, Source.Length))}");

    private static ProgramText TextOf(Code program, string prefix) => new(prefix, program.Print(prefix));
}
