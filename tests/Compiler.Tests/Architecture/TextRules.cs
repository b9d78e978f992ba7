using System.Text.RegularExpressions;

namespace Ktap.Compiler.Tests.Architecture;

/// <summary>The rules that need only the text of a file. Each returns what breaks it, as <c>path:line: what</c>.</summary>
public static partial class TextRules
{
    private const int MostLines = 600;

    /// <summary>A file that is longer holds more than one concept.</summary>
    public static IEnumerable<string> FilesAreShort(SourceFile file)
    {
        var lines = file.Text.AsSpan().TrimEnd('\n').Count('\n') + 1;
        if (lines > MostLines) yield return $"{file.Path}:1: {lines} lines; split it, {MostLines} are the most";
    }

    /// <summary>What is there is finished.</summary>
    public static IEnumerable<string> NothingIsUnfinished(SourceFile file) =>
        from line in file.Text.Split('\n').Index()
        where Unfinished().IsMatch(line.Item)
        select $"{file.Path}:{line.Index + 1}: unfinished: {line.Item.Trim()}";

    // Written so that the pattern doesn't find itself.
    [GeneratedRegex(@"\b(TO[D]O|FIX[M]E|XX[X]|HA[C]K|NotImplemented[E]xception)\b")]
    private static partial Regex Unfinished();
}
