using System.Text;

namespace Ktap.Runtime.Tests.Concurrency;

/// <summary>Handlers through which there are more ways than the verifier would follow, if it knew on each what the others don't: all load, and count right.</summary>
[Collection("kernel")]
public class ManyWaysTests
{
    private const string Probe = "trace syscalls:sys_enter_getpgid ";
    private const int Keys = 16, Calls = 2 * Keys * 3;

    [Theory]
    [InlineData(20)]
    [InlineData(400)]
    public void SumsOfDifferentNumbers(int ifs)
    {
        var body = new StringBuilder("var x = 0\n");
        for (var i = 0; i < ifs; i++) body.Append($"if ((arg1 & {1 << i % 16}) != 0) {{ x += {1 << i % 16} }}\n");
        Holds(body + $"if (x == {ifs / 16} * arg1 + (arg1 & {(1 << ifs % 16) - 1})) {{ right += 1 }}");
    }

    [Fact]
    public void NumbersThatAreKeptAndLookedAtLater()
    {
        var body = new StringBuilder();
        for (var i = 0; i < 24; i++) body.Append($"var v{i} = 0 if ((arg1 & {1 << i}) != 0) {{ v{i} = {i + 1} }}\n");
        body.Append("var x = 0\n");
        for (var i = 0; i < 24; i++) body.Append($"if (v{i} == {i + 1}) {{ x += {1 << i} }}\n");
        Holds(body + "if (x == arg1) { right += 1 }");
    }

    [Fact]
    public void ComparisonsThatAreKept()
    {
        var body = new StringBuilder();
        for (var i = 0; i < 24; i++) body.Append($"var b{i} = arg1 >= {i}\n");
        body.Append("var x = 0\n");
        for (var i = 0; i < 24; i++) body.Append($"if (b{i}) {{ x += 1 }}\n");
        Holds(body + "if (x == arg1 + 1) { right += 1 }");
    }

    [Fact]
    public void ValuesThatMayBeNil()
    {
        var body = new StringBuilder();
        for (var i = 0; i < 24; i++) body.Append($"var v{i} = t[arg1 + {i}]\n");
        body.Append("var x = 0\n");
        for (var i = 0; i < 24; i++) body.Append($"if (v{i} != nil) {{ x += v{i} }}\n");
        // Of the keys 0 to 15 the even ones are there.
        Holds(body + "var n = (16 - arg1) / 2 if (x == n) { right += 1 }", "t = {} for (var i = 0, 15, 2) { t[i] = 1 }\n");
    }

    [Theory]
    [InlineData(30)]
    [InlineData(100)]
    public void SumsInALoopWithMoreValuesThanRegisters(int ifs)
    {
        var body = new StringBuilder("var x = 0\nfor (var j = 1, 5) {\nvar y = arg1 * j\n");
        for (var i = 0; i < ifs; i++) body.Append($"if ((y & {1L << i % 20}) != 0) {{ x += {1L << i % 20} }}\n");
        Holds(body + $"}}\nvar sum = 0 for (var j = 1, 5) {{ sum += {ifs / 20} * arg1 * j + (arg1 * j & {(1L << ifs % 20) - 1}) }} if (x == sum) {{ right += 1 }}");
    }

    [Fact]
    public void AnAddressThatIsComputed()
    {
        var body = new StringBuilder("var x = 0\n");
        for (var i = 0; i < 20; i++) body.Append($"if ((arg1 & {1 << i}) != 0) {{ x += {1 << i} }}\n");
        var run = LiveScript.Check("t = {}\n" + Probe + "{\n" + body + "if (x == 5) { t[x] = ffi.cast(\"int*\", x)[0] }\n}\n");
        Assert.Equal(("", 0), (run.Messages, run.Status));
    }

    private static void Holds(string body, string main = "")
    {
        var run = LiveScript.Rounds(1, Keys, 3, main + "right = 0\n" + Probe + "{\n" + body + "\n}\ntrace_end { print(right) }");
        Assert.Equal(("ktap: command exited with status 0\n", $"{Calls}\n"), (run.Messages, run.Output));
    }
}
