using System.Globalization;
using Ktap.Cli.Tests.FirstLight;
using Ktap.Tests;

namespace Ktap.Cli.Tests;

/// <summary>
/// The examples of the documents do what they say. A block <c>```ktap</c> that a block <c>```text</c> follows is run and prints exactly that; one that
/// stands alone compiles and loads. What follows <c>ktap</c> on the line of the fence is the command line behind the script: <c>```ktap -- perl -e getppid</c>.
/// </summary>
public class DocumentTests
{
    /// <summary>One example: where it is, its command line, its text, and what it prints (null: nothing is said about that).</summary>
    public sealed record Example(string Place, string Arguments, string Script, string? Output)
    {
        public override string ToString() => Place;
    }

    public static TheoryData<string> Places => [.. Examples.Keys];

    private static readonly Dictionary<string, Example> Examples = Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md")
        .Append(Path.Combine(Repository.Root, "README.md")).Order(StringComparer.Ordinal).SelectMany(Read).ToDictionary(e => e.Place);

    [Theory]
    [MemberData(nameof(Places))]
    public void AnExampleDoesWhatItSays(string place)
    {
        var example = Examples[place];
        var run = KtapProcess.WithScript(example.Script, file => KtapProcess.Run(
            example.Output is null ? ["-d", file] : ["run", "-q", file, .. Words(example.Arguments)]));
        Assert.True(run.Status == 0, $"{place}: status {run.Status}\n{run.Messages}");
        if (example.Output is { } output) Assert.Equal(output, run.Output.TrimEnd('\n') + "\n");
    }

    [Fact]
    public void TheLanguageHasExamples() => Assert.True(Examples.Values.Count(e => e.Place.StartsWith("language.md", StringComparison.Ordinal)) >= 14);

    private static IEnumerable<Example> Read(string file)
    {
        var lines = File.ReadAllLines(file);
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith("```ktap", StringComparison.Ordinal)) continue;
            var (start, arguments) = (i, lines[i]["```ktap".Length..].Trim());
            var script = Block(lines, ref i);
            var next = i + 1;
            while (next < lines.Length && lines[next].Length == 0) next++;
            string? output = null;
            if (next < lines.Length && lines[next] == "```text")
            {
                i = next;
                output = Block(lines, ref i);
            }
            yield return new Example(string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(file)}:{start + 1}"), arguments, script, output);
        }
    }

    // The lines between the fence at 'i' and the one that closes it, where 'i' is then.
    private static string Block(string[] lines, ref int i)
    {
        var first = i + 1;
        while (lines[++i] != "```") ;
        return string.Concat(lines[first..i].Select(l => l + "\n"));
    }

    // As a shell takes them, with '…' and "…".
    private static List<string> Words(string text)
    {
        var words = new List<string>();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == ' ') continue;
            var quote = text[i] is '\'' or '"' ? text[i++] : ' ';
            var end = text.IndexOf(quote, i);
            words.Add(text[i..(end < 0 ? text.Length : end)]);
            i = end < 0 ? text.Length : end;
        }
        return words;
    }
}
