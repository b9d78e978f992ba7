using Ktap.Cli.Tests.FirstLight;

namespace Ktap.Cli.Tests.Handlers;

/// <summary>Loops, functions and values of mixed kinds in handlers: each script runs its handler once and prints what it left.</summary>
public class ControlFlowTests
{
    /// <summary>What a handler's body leaves in the global r, run once in the kernel.</summary>
    private static string Run(string body, string before = "") => KtapProcess.WithScript(
        $$"""
        r = {}
        {{before}}
        trace syscalls:sys_enter_getppid {
            {{body}}
            exit()
        }
        trace_end { print(r[1], r[2], r[3], r["k"]) }
        """,
        file =>
        {
            var run = KtapProcess.Run("run", "-q", file, "--", "perl", "-e", "getppid()");
            Assert.Equal(0, run.Status);
            return run.Output.TrimEnd('\n') + (run.Messages.Contains("ktap:") ? "|" + run.Messages.Trim() : "");
        });

    [Theory]
    [InlineData("for (i = 1, 10) { r[1] += i }", "55")]
    [InlineData("for (i = 10, 1, -3) { r[1] += i }", "22")]
    [InlineData("for (i = 5, 4) { r[1] += i }", "nil")]
    [InlineData("var s = 3 s -= 1 for (i = 1, 9, s) { r[1] += i }", "25")]
    [InlineData("for (i = 0x7ffffffffffffffe, 0x7fffffffffffffff) { r[1] += 1 }", "2")]
    [InlineData("for (i = 1, 4) { r[1] += i i = 100 }", "10")]
    [InlineData("for (i = 1, 100) { if (i % 2 == 0) { continue } if (i > 20) { break } r[1] += i }", "100")]
    [InlineData("for (var i = 0; i < 1000000; i += 1) { n += 1 } r[1] = n", "1000000")]
    [InlineData("var i = 0 while (i * i < 500) { i += 1 } r[1] = i", "23")]
    [InlineData("var i = 0 do { i += 7 } while (i < 50) r[1] = i", "56")]
    [InlineData("var i = 0 repeat { var j = i i += 7 } until (j > 50) r[1] = i", "63")]
    [InlineData("for (i = 1, 3) { for (j = 1, 4) { if (j == 3) { break } r[1] += i * j } r[1] += 100 }", "318")]
    [InlineData("while (true) { r[1] += 1 if (r[1] == 12) { break } }", "12")]
    public void LoopsGoRoundAsOftenAsTheySay(string body, string expected) => Assert.Equal(expected, Run(body).Split('\t')[0]);

    [Fact]
    public void ALoopThatReachesItsBoundEndsTheHandlerAndIsReported()
    {
        var run = KtapProcess.Run("-q", "--max-loop", "1000", "-e",
            "n = 0 trace syscalls:sys_enter_getppid { while (true) { n += 1 } n = 0 } trace_end { print(n) }", "--", "perl", "-e", "getppid()");
        Assert.Equal("1000\n", run.Output);
        Assert.Contains("a loop went round too often: once", run.Messages);
        var strict = KtapProcess.Run("-q", "--strict", "-e", "n = 0 trace syscalls:sys_enter_getppid { while (true) { n += 1 } }", "--", "perl", "-e", "getppid()");
        Assert.Equal(1, strict.Status);
    }

    [Theory]
    [InlineData("function two(a) { return a, a * 2 }", "var p, q, z = two(21) r[1] = p r[2] = q r[3] = z", "21\t42\tnil\tnil")]
    [InlineData("function two(a) { return a, a * 2 } function three(a) { return 1, two(a) }", "r[1], r[2], r[3] = three(5)", "1\t5\t10\tnil")]
    [InlineData("function two(a) { return a, a * 2 } function sum(a, b) { return a + b }", "r[1] = sum(two(4)) r[2] = sum((two(4)), 1)", "12\t5\tnil\tnil")]
    [InlineData("function maybe(a) { if (a > 1) { return a, 7 } return }", "r[1], r[2] = maybe(3) r[3], r[\"k\"] = maybe(1)", "3\t7\tnil\tnil")]
    [InlineData("function fact(n, acc) { if (n <= 1) { return acc } return fact(n - 1, acc * n) }", "r[1] = fact(10, 1)", "3628800\tnil\tnil\tnil")]
    [InlineData("function gcd(a, b) { if (b == 0) { return a } return gcd(b, a % b) }", "r[1] = gcd(1071, 462) + gcd(17, 5)", "22\tnil\tnil\tnil")]
    [InlineData("function twice(f, x) { return f(f(x)) }", "r[1] = twice(function (x) { return x * 3 }, 7)", "63\tnil\tnil\tnil")]
    [InlineData("ops = { add = function (a, b) { return a + b }, mul = function (a, b) { return a * b } }", "r[1] = ops.add(3, 4) r[2] = ops.mul(3, 4)", "7\t12\tnil\tnil")]
    [InlineData("", "var n = 0 var bump = function (by) { n += by } for (i = 1, 5) { bump(i) } r[1] = n", "15\tnil\tnil\tnil")]
    public void FunctionsAnswerAsInUserSpace(string before, string body, string expected) => Assert.Equal(expected, Run(body, before));

    [Theory]
    [InlineData("r[1] = \"one\" r[2] = 2 r[3] = true r[\"k\"] = r[2] + 3", "one\t2\ttrue\t5")]
    [InlineData("r[1] = 5 r[1] += 6 r[2] = \"x\" r[3] = r[2] == \"x\" r[\"k\"] = r[1] == \"11\"", "11\tx\ttrue\tfalse")]
    [InlineData("var v = \"abc\" if (pid == 0) { v = 3 } r[1] = v v = 4 v += 1 r[2] = v r[3] = v ? \"yes\" : \"no\"", "abc\t5\tyes\tnil")]
    [InlineData("var v = false r[1] = v ? 1 : 2 r[2] = v or \"s\" r[3] = v == false", "2\ts\ttrue\tnil")]
    public void KindsMix(string body, string expected) => Assert.Equal(expected, Run(body));

    [Theory]
    [InlineData("for (k, v in pairs(s)) { r[1] += v }", "321\tnil\tnil\tnil")]
    [InlineData("for (k, v in pairs(s)) { if (v == 20) { continue } r[1] += v if (k == \"ccc\") { r[2] = v } }", "301\t300\tnil\tnil")]
    [InlineData("r[1] = len(s) s.d = 4 r[2] = len(s) delete(s.a) delete(s.bb) r[3] = len(s) r[\"k\"] = len(u)", "3\t4\t2\t0")]
    [InlineData("for (k in pairs(s)) { r[1] += 1 break }", "1\tnil\tnil\tnil")]
    [InlineData("for (k, v in pairs(s)) { for (i = 1, v) { if (i == 10) { break } r[1] += 1 } }", "19\tnil\tnil\tnil")]
    [InlineData("r[1] = find(s, 20) r[2] = find(s, 21)", "bb\tnone\tnil\tnil")]
    [InlineData("for (k, v in pairs(s)) { if (v > 0) { r[1] = 1 exit() return } } r[2] = 1", "1\tnil\tnil\tnil")]
    [InlineData("u[1, \"x\"] = 5 u[2, \"y\"] = 6 for (k, v in pairs(u)) { r[k[1]] = k[2] r[3] += v }", "x\ty\t11\tnil")]
    public void PairsGoesOverEverySlot(string body, string expected) => Assert.Equal(expected, Run(body, """
        s = { a = 1, bb = 20, ccc = 300 } u = {}
        function find(t, want) { for (k, v in pairs(t)) { if (v == want) { return k } } return "none" }
        """));

    [Fact]
    public void ArithmeticOnTheWrongKindEndsTheHandlerAndIsReported()
    {
        var run = Run("r[1] = \"a\" r[2] = 1 r[3] = r[1] + r[2] r[\"k\"] = 9");
        Assert.StartsWith("a\t1\tnil\tnil|", run);
        Assert.Contains("of the wrong kind: once", run);
    }
}
