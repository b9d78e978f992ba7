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
    public void ANumberThatHelpersArePassedMayDifferOnManyWays()
    {
        var body = new StringBuilder("var x = 0\n");
        for (var i = 0; i < 20; i++) body.Append($"if ((arg1 & {1 << i}) != 0) {{ x += {1 << i} }}\n");
        var run = LiveScript.Check("\n\n" + Probe + "{\n" + body + "if (x == 5) { send_signal(x) }\n}\n", o => o with { Unsafe = true });
        Assert.Equal(("", 0), (run.Messages, run.Status));
    }

    [Theory]
    [InlineData(8190, 0)]
    [InlineData(8191, 1)]
    public void BranchesBeyondTheVerifiersLimitAreAnErrorAtTheFirst(int ifs, int status)
    {
        var body = new StringBuilder();
        for (var i = 0; i < ifs; i++) body.Append($"if (arg1 == {i}) {{ return }}\n");
        var run = LiveScript.Check(Probe + "{\n" + body + "n += 1\n}\n");
        Assert.Equal(status, run.Status);
        if (status == 1) Assert.StartsWith("8192:1: error KT0406:", run.Messages[(run.Messages.IndexOf(':', StringComparison.Ordinal) + 1)..], StringComparison.Ordinal);
    }

    [Fact]
    public void MapsThatTakeMoreMemoryThanTheMachineHasAreAnErrorAtTheTable()
    {
        // 2^27 slots of 4096 bytes and more: 550 GB.
        var run = LiveScript.Check("n = 0\n" + Probe + "{ n += 1 s[user_string(arg1)] = 1 }", o => o with { MaxEntries = 1 << 27, StringLength = 4096 });
        Assert.Contains("2:43: error KT0407: table 's' would take 560.", run.Messages, StringComparison.Ordinal);
        Assert.Equal(1, run.Status);
    }

    [Fact]
    public void StringsThatDoNotFitBesideTheStackAreAnErrorAtTheHandler()
    {
        var run = LiveScript.Check(Probe + "{ var f = user_string(arg1) .. user_string(arg1 + 1) if (f == \"x\") { n += 1 } print(f) }", o => o with { StringLength = 16_384 });
        Assert.Contains("1:34: error KT0408: the strings and keys of this handler need ", run.Messages, StringComparison.Ordinal);
        Assert.Contains("; the kernel gives a handler 32768 on each processor", run.Messages, StringComparison.Ordinal);
        Assert.Equal(1, run.Status);
    }
}
