using System.Text;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Text;
using Ktap.Runtime.Rendering;
using static Ktap.Runtime.Tests.Rendering.Rendered;

namespace Ktap.Runtime.Tests.Rendering;

public class DiagnosticRendererTests
{
    private static string Show(int width, string script, int start, int length, string? hint = null, bool colours = false) =>
        By(o => new DiagnosticRenderer(colours, width).Write(o,
            new Diagnostic("KT0101", Severity.Error, SourceText.From(script, "script.kp"), new TextSpan(start, length), "it is wrong", hint)));

    private static string Show(string script, string marked) => Show(0, script,
        Encoding.UTF8.GetByteCount(script[..script.IndexOf(marked, StringComparison.Ordinal)]), Encoding.UTF8.GetByteCount(marked));

    [Fact]
    public void APlaceTheLineAMarkAndAHint() => Assert.Equal("""
        script.kp:2:7: error KT0101: it is wrong
          2 | trace sched:x { n += 1 }
            |       ^~~~~~~
        hint: do better

        """, Show(0, "n = 0\ntrace sched:x { n += 1 }\n", 12, 7, "do better"));

    [Fact]
    public void TabsKeepTheMarkInItsPlace() => Assert.Equal("""
        script.kp:1:4: error KT0101: it is wrong
          1 |     a   bad(x)
            |         ^~~

        """, Show("\ta\tbad(x)\r\n", "bad"));

    [Fact]
    public void AMarkOverATabAndTheEndOfTheLine() => Assert.Equal("""
        script.kp:1:2: error KT0101: it is wrong
          1 | x   y
            |  ^~~~

        """, Show("x\ty\nz\n", "\ty\nz"));

    [Theory]
    [InlineData("", 0, "script.kp:1:1: error KT0101: it is wrong\n  1 |\n    | ^\n")]
    [InlineData("abc", 3, "script.kp:1:4: error KT0101: it is wrong\n  1 | abc\n    |    ^\n")]
    [InlineData("abc\n", 4, "script.kp:2:1: error KT0101: it is wrong\n  2 |\n    | ^\n")]
    [InlineData("abc\n", 3, "script.kp:1:4: error KT0101: it is wrong\n  1 | abc\n    |    ^\n")]
    public void TheEnd(string script, int at, string expected) => Assert.Equal(expected, Show(0, script, at, 0));

    [Fact]
    public void ControlBytesAndWhatIsNotUtf8AreVisible()
    {
        var source = new SourceText("a\x1b.kp", [(byte)'"', 0x1b, 0xff, 0, (byte)'"', (byte)'!']);
        Assert.Equal("a\\x1b.kp:1:6: warning KT0001: odd \\x07\n  1 | \"\\x1b\\xff\\x00\"!\n    |               ^\n",
            By(o => new DiagnosticRenderer(false).Write(o, new Diagnostic("KT0001", Severity.Warning, source, new TextSpan(5, 1), "odd \a"))));
        Assert.Equal("a\\x1b.kp:1:3: error KT0001: odd\n  1 | \"\\x1b\\xff\\x00\"!\n    |      ^~~~\n",
            By(o => new DiagnosticRenderer(false).Write(o, new Diagnostic("KT0001", Severity.Error, source, new TextSpan(2, 1), "odd"))));
    }

    [Fact]
    public void WideAndCombiningCharactersKeepTheMarkInItsPlace()
    {
        var marks = Show("\"漢字e\u0301😀\" bad", "bad").Split('\n')[2];
        Assert.Equal("    | " + new string(' ', 10) + "^~~", marks);
        Assert.Equal("    |  ^~~~", Show("\"漢字\"", "漢字").Split('\n')[2]);
    }

    [Fact]
    public void ALongLineIsAWindowAroundTheMark()
    {
        var script = string.Concat(Enumerable.Range(0, 50).Select(i => $"v{i:D3} + ")) + "bad + " + string.Concat(Enumerable.Range(50, 50).Select(i => $"v{i:D3} + "));
        var lines = Show(60, script, script.IndexOf("bad", StringComparison.Ordinal), 3).Split('\n');
        Assert.Equal("  1 | ... v047 + v048 + v049 + bad + v050 + v051 + v052 +...", lines[1]);
        Assert.Equal(lines[1].IndexOf("bad", StringComparison.Ordinal), lines[2].IndexOf("^~~", StringComparison.Ordinal));
        lines = Show(60, script, 0, 4).Split('\n');
        Assert.StartsWith("  1 | v000 + v001 + ", lines[1]);
        Assert.EndsWith("...", lines[1]);
        Assert.Equal("    | ^~~~", lines[2]);
        lines = Show(60, script, script.Length - 7, 4).Split('\n');
        Assert.StartsWith("  1 | ...", lines[1]);
        Assert.EndsWith("v098 + v099 +", lines[1]);
        Assert.Equal(lines[1].IndexOf("v099", StringComparison.Ordinal), lines[2].IndexOf("^~~~", StringComparison.Ordinal));
        lines = Show(60, script, 0, script.Length).Split('\n');
        Assert.All(lines[..3], l => Assert.InRange(l.Length, 0, 60));
        lines = Show(60, script, script.Length, 0).Split('\n');
        Assert.All(lines[..3], l => Assert.InRange(l.Length, 0, 60));
        Assert.EndsWith("^", lines[2]);
    }

    [Fact]
    public void SeveralAreCounted()
    {
        var source = SourceText.From("a\nb\n", "-e");
        Diagnostic At(Severity severity, int at) => new("KT0201", severity, source, new TextSpan(at, 1), "m");
        Assert.Equal("""
            -e:1:1: error KT0201: m
              1 | a
                | ^

            -e:2:1: warning KT0201: m
              2 | b
                | ^

            -e:2:1: error KT0201: m
              2 | b
                | ^

            2 errors, 1 warning

            """, By(o => new DiagnosticRenderer(false).Write(o, [At(Severity.Error, 0), At(Severity.Warning, 2), At(Severity.Error, 2)])));
        Assert.DoesNotContain("1 error", By(o => new DiagnosticRenderer(false).Write(o, [At(Severity.Error, 0)])));
        Assert.Equal("", By(o => new DiagnosticRenderer(false).Write(o, [])));
    }

    [Fact]
    public void ColoursOnlyIfAsked()
    {
        Assert.DoesNotContain("\x1b", Show(0, "x", 0, 1, "h"));
        Assert.Equal("\x1b[1mscript.kp:1:1:\x1b[0m \x1b[1;31merror KT0101:\x1b[0m \x1b[1mit is wrong\x1b[0m\n"
            + "  1 | x\n    | \x1b[1;31m^\x1b[0m\n\x1b[1mhint:\x1b[0m h\n", Show(0, "x", 0, 1, "h", colours: true));
    }

    [Fact]
    public void TheMachinesRefusals()
    {
        Assert.Equal("ktap: can't load a program: operation not permitted\nhint: run it as root\n",
            By(o => new DiagnosticRenderer(false).Write(o, new KtapException("load a program: operation not permitted", 1, "run it as root"))));
        Assert.Equal("ktap: can't find the kernel's BTF\n",
            By(o => new DiagnosticRenderer(false).Write(o, new KtapException("find the kernel's BTF", 0, null))));
    }
}
