namespace Ktap.Runtime.Tests.Concurrency;

/// <summary>A table after its deferred <c>delete</c> in the same handler: an error when compiling, and only there.</summary>
[Collection("kernel")]
public class DeferredDeleteTests
{
    private const string Probe = "trace syscalls:sys_enter_getpgid ";

    [Theory]
    [InlineData("delete(s) s[1] += 1", "56")]
    [InlineData("delete(s) n = s[1]", "60")]
    [InlineData("delete(s) print_hist(s)", "56")]
    [InlineData("delete(s) delete(s)", "56")]
    [InlineData("if (pid == 1) { delete(s) } s[1] = 1", "74")]
    [InlineData("for (i = 1, 3) { s[i] += 1 delete(s) }", "63")]
    [InlineData("f() s[1] = 1", "50")]
    public void IsRefused(string body, string column)
    {
        var run = LiveScript.Check(Probe + "{ s[0] += 1 " + body + " } function f() { delete(s) }");
        Assert.Contains($"-e:1:{column}: error KT0306: 's' is used after its 'delete'", run.Messages, StringComparison.Ordinal);
        Assert.Equal(1, run.Status);
    }

    [Theory]
    [InlineData("if (pid == 1) { delete(s) } else { s[1] = 1 }")]
    [InlineData("if (pid == 1) { delete(s) return } s[1] = 1")]
    [InlineData("for (i = 1, 3) { s[i] += 1 if (i == 2) { delete(s) break } }")]
    [InlineData("t[0] += 1 delete(s) t[1] += 1")]
    [InlineData("delete(s[0]) s[1] = 1")]
    public void MayStand(string body)
    {
        var run = LiveScript.Check(Probe + "{ s[0] += 1 " + body + " }");
        Assert.Equal((0, ""), (run.Status, run.Messages));
    }
}
