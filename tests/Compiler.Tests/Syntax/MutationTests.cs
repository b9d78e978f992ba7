using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Tests.Syntax;

/// <summary>Whatever stands in a script, parsing it ends, throws nothing, and every place is inside the script.</summary>
public sealed class MutationTests
{
    private const int Rounds = 20_000;

    private static readonly string[] Pieces =
    [
        "(", ")", "[", "]", "{", "}", "<", ">", "/", "\"", "'", "[[", "]]", "`", "#", "\n", " ", ",", ";", ":", ".", "..", "=", "==", "~", "<<<", ">>=", "?",
        "++", "--", "trace ", "trace_end ", "tick-5s ", "profile-97hz ", "function ", "if ", "else ", "for ", "in ", "while ", "do ", "repeat ", "until ",
        "return ", "var ", "kdebug.probe(", "timer.s(", "inplace_inc(", "a:b ", "probe:f x=%di ", "/x == y*/", "mutex*", "0x", "99999999999999999999",
        "\\", "\0", "\x80", "é", "@", "$", "not ", "and ", "nil ",
    ];

    [Fact]
    public void MutatedScriptsEndInDiagnostics()
    {
        var random = new Random(20130521);
        var clean = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var script = Mutated(random);
            var source = new SourceText("mutated.kp", script);
            var diagnostics = new DiagnosticBag();
            var tree = Parser.Parse(source, diagnostics);
            AstPrinter.Print(tree);
            if (diagnostics.IsClean) clean++;
            foreach (var diagnostic in diagnostics)
                Assert.InRange(diagnostic.Span.End, diagnostic.Span.Start, source.Length);
        }
        // Mutations that leave nothing parsable, or change nothing, would test nothing.
        Assert.InRange(clean, Rounds / 50, Rounds / 2);
    }

    private static byte[] Mutated(Random random)
    {
        var scripts = GoldenScripts.All;
        List<byte> bytes = [.. Part(random, scripts[random.Next(scripts.Count)])];
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            var at = random.Next(bytes.Count + 1);
            var length = Math.Min(random.Next(1, 8), bytes.Count - at);
            switch (random.Next(5))
            {
                case 0: bytes.RemoveRange(at, length); break;
                case 1: bytes.InsertRange(at, System.Text.Encoding.Latin1.GetBytes(Pieces[random.Next(Pieces.Length)])); break;
                case 2: bytes.InsertRange(at, Part(random, scripts[random.Next(scripts.Count)])); break;
                case 3: bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, length)); break;
                case 4 when length > 0: bytes[at] = (byte)random.Next(256); break;
            }
        }
        return [.. bytes];
    }

    private static ReadOnlySpan<byte> Part(Random random, byte[] script)
    {
        var start = random.Next(script.Length + 1);
        return script.AsSpan(start, Math.Min(random.Next(300), script.Length - start));
    }
}
