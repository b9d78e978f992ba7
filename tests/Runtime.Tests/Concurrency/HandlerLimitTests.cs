using System.Text;

namespace Ktap.Runtime.Tests.Concurrency;

/// <summary>What handlers can't do is said at the line where they do it.</summary>
[Collection("kernel")]
public class HandlerLimitTests
{
    private const string Probe = "trace syscalls:sys_enter_getpgid ";

    [Fact]
    public void AFunctionThatAHandlersOwnVariableGetsOnceIsCalled()
    {
        var run = LiveScript.Rounds(1, 1, 3, "function twice(x) { return x + x }\n" + Probe + """
            {
                g = upper
                n[g("abc")] += 1
                if (arg1 == 0) { h = twice } else { h = twice }
                n["h"] = h(4)
                f = function (x) { return twice(x) + 1 }
                n["f"] = f(4)
            }
            trace_end { print(n["ABC"], n["h"], n["f"]) }
            """);
        Assert.Equal("6\t8\t9\n", run.Output);
    }

    [Theory]
    [InlineData("if (arg1 == 0) { g = upper } else { g = lower } print(g(\"x\"))", "KT0355")]
    [InlineData("g = 1 n += g g = upper print(g(\"x\"))", "KT0360")]
    [InlineData("var g if (arg1 == 0) { g = upper } n += 1", "KT0360")]
    [InlineData("if (arg1 == 0) { g = upper } n = g", "KT0360")]
    public void AnotherIsAnError(string body, string code)
    {
        var run = LiveScript.Check(Probe + "{ " + body + " }");
        Assert.Contains($"error {code}:", run.Messages, StringComparison.Ordinal);
        Assert.Equal(1, run.Status);
    }

    [Fact]
    public void TooManyWaysForTheVerifierAreAnErrorAtTheHandler()
    {
        // Each sum adds a different power of two or nothing, so that no two ways leave the same; what it is used for depends on all of them.
        var body = new StringBuilder("var x = 0\n");
        for (var i = 0; i < 20; i++) body.Append($"if ((arg1 & {1 << i}) != 0) {{ x += {1 << i} }}\n");
        var run = LiveScript.Check("t = {}\n\n" + Probe + "{\n" + body + "if (x == 5) { t[x] = substr(\"abc\", x & 1, 1) }\n}\n");
        Assert.Contains("3:34: error KT0405: there are too many ways through the handler of syscalls:sys_enter_getpgid", run.Messages, StringComparison.Ordinal);
        Assert.Equal(1, run.Status);
    }
}
