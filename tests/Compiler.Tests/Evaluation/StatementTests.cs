namespace Ktap.Compiler.Tests.Evaluation;

public class StatementTests
{
    [Theory]
    // Assignment.
    [InlineData("var a, b = 1, 2 a, b = b, a print(a, b)", "2\t1")]
    [InlineData("var a, b = 1 print(a, b)", "1\tnil")]
    [InlineData("var a = 1, 2 print(a)", "1")]
    [InlineData("var t = {} var i = 1 i, t[i] = i + 1, 20 print(i, t)", "2\t{[1] = 20}")]
    [InlineData("x = 1 var x = x + 1 print(x)", "2")]
    [InlineData("var x = 1 { var x = 2 print(x) } print(x)", "2\n1")]
    [InlineData("var x = 1 var f = function() { return x } var x = 2 print(f(), x)", "1\t2")]
    [InlineData("max = 3 print(max)", "3")]
    // Updates: an unset variable or slot counts as 0, nil changes nothing.
    [InlineData("x += 5 x -= 2 x *= 4 x /= 3 x %= 3 print(x)", "1")]
    [InlineData("x = 6 x &= 3 x |= 8 x ^= 1 x <<= 4 x >>= 1 print(x)", "88")]
    [InlineData("n++ n++ n-- print(n)", "1")]
    [InlineData("var n n = n + 2 n = n - 1 print(n)", "1")]
    [InlineData("var n = 3 n += nil print(n)", "3")]
    [InlineData("s[1] += 2 s[1] += 3 s[2]-- s.x++ s[3] += nil print(s)", "{[1] = 5, [2] = -1, [x] = 1}")]
    [InlineData("var t = {} t.a = t.a + 1 t[1, 2] = t[1, 2] - 4 print(t)", "{[a] = 1, [1, 2] = -4}")]
    [InlineData("var t = {a = 1} var n = 0 function k() { n++ return \"a\" } t[k()] = t[k()] + 1 print(t, n)", "{[a] = 2}\t2")]
    [InlineData("var n = 0 var t = {} function k() { n++ return \"a\" } t[k()] += 1 print(t, n)", "{[a] = 1}\t1")]
    // Tables.
    [InlineData("t.a.b.c = 1 t[1][2] += 3 print(t)", "{[a] = {[b] = {[c] = 1}}, [1] = {[2] = 3}}")]
    [InlineData("var t = {} print(t[1][2], t.a.b)", "nil\tnil")]
    [InlineData("var t = {a = 1, b = 2} t.a = nil print(t, len(t))", "{[b] = 2}\t1")]
    [InlineData("var t = {a = 1, b = 2} delete(t[\"a\"]) print(t) delete(t.b) print(t) t[1, 2] = 3 delete(t[1, 2]) print(len(t))", "{[b] = 2}\n{}\n0")]
    [InlineData("var t = {1, 2} delete(t) print(t)", "{}")]
    [InlineData("t[1, \"x\"] = 5 for (k, v in pairs(t)) { print(k, k[1], k[2], k[3], v, len(k)) } print(t[1, \"x\"], t[\"x\", 1])", "1, x\t1\tx\tnil\t5\t2\n5\tnil")]
    [InlineData("function f() { return t } t[1] = 0 f()[2] = 3 print(t)", "{[1] = 0, [2] = 3}")]
    [InlineData("var t = {} function t.f(x) { return x * 2 } print(t.f(4), t[\"f\"](5))", "8\t10")]
    // if.
    [InlineData("if (nil) print(1) elseif (0) print(2) else print(3)", "2")]
    [InlineData("if (false) { print(1) } else if (nil) { print(2) } else { print(3) }", "3")]
    [InlineData("if (1 > 2) { print(1) }", "")]
    // Loops.
    [InlineData("var i = 0 while (i < 3) { i++ if (i == 2) continue print(i) }", "1\n3")]
    [InlineData("var i = 0 while (true) { i++ if (i == 3) break } print(i)", "3")]
    [InlineData("var i = 0 do { i++ } while (i < 3) print(i)", "3")]
    [InlineData("var i = 5 do { i++ continue } while (i < 3) print(i)", "6")]
    [InlineData("var i = 0 repeat { var j = i i++ } until (j >= 2) print(i)", "3")]
    [InlineData("for (i = 1, 3) print(i)", "1\n2\n3")]
    [InlineData("for (i = 3, 1, -1) { if (i == 2) continue print(i) }", "3\n1")]
    [InlineData("for (i = 1, 0) print(i)", "")]
    [InlineData("for (i = 1, 10, 4) { print(i) i = 100 }", "1\n5\n9")]
    [InlineData("for (i = 0x7ffffffffffffffe, 0x7fffffffffffffff) print(i)", "9223372036854775806\n9223372036854775807")]
    [InlineData("for (i = -0x7fffffffffffffff, -0x7fffffffffffffff - 1, -1) print(i)", "-9223372036854775807\n-9223372036854775808")]
    [InlineData("var i = 9 for (i = 1, 2) {} print(i)", "9")]
    [InlineData("for (i = 0; i < 3; i++) { if (i == 1) continue print(i) }", "0\n2")]
    [InlineData("for (;;) { break } print(1)", "1")]
    [InlineData("for (k, v in pairs({10, x = 20})) print(k, v)", "1\t10\nx\t20")]
    [InlineData("for (k in pairs({10, 20})) { if (k == 1) continue print(k) }", "2")]
    [InlineData("var t = {1, 2, 3} for (k, v in pairs(t)) { t[k] = nil t[k + 10] = v } print(len(t))", "3")]
    [InlineData("for (k, v in sort_pairs({a = 2, b = 3, c = 2, d = 1})) print(k, v)", "b\t3\na\t2\nc\t2\nd\t1")]
    [InlineData("for (k, v in sort_pairs({a = 2, b = 3, c = 2}, function(x, y) { return x < y })) print(k, v)", "a\t2\nc\t2\nb\t3")]
    [InlineData("for (k, v in sort_pairs({3, 1, 2, 5, 4}, function(x, y) { return true })) { v = v } print(\"ended\")", "ended")]
    // Every round has variables of its own.
    [InlineData("var f = {} for (i = 1, 3) { f[i] = function() { i++ return i } } print(f[1](), f[1](), f[2]())", "2\t3\t3")]
    [InlineData("var f = {} for (i = 0; i < 3; i++) { f[i] = function() { return i } } print(f[0](), f[1](), f[2]())", "0\t1\t2")]
    [InlineData("var f = {} for (k, v in pairs({5, 6})) { f[k] = function() { return k * v } } print(f[1](), f[2]())", "5\t12")]
    [InlineData("var f = {} var i = 0 while (i < 2) { var j = i f[j] = function() { j += 10 return j } i++ } print(f[0](), f[0](), f[1]())", "10\t20\t11")]
    [InlineData("var f = nil repeat { var j = 5 f = function() { return j } } until (j == 5) print(f())", "5")]
    // A return ends the loops that it stands in.
    [InlineData("function f() { for (i = 1, 9) { while (true) { for (k in pairs({1})) { do { return i } while (true) } } } } print(f())", "1")]
    // ; is never needed.
    [InlineData("var a = 1; var b = 2;; print(a + b);", "3")]
    public void Prints(string script, string expected) => Assert.Equal(expected.Length == 0 ? "" : expected + "\n", Scripts.Run(script));

    [Theory]
    [InlineData("while (true) {}", "1:1 KT0603 loop execute count exceed max limit")]
    [InlineData("do {} while (1)", "1:1 KT0603 loop execute count exceed max limit")]
    [InlineData("var n = 0\nfor (;;) n++", "2:1 KT0603 loop execute count exceed max limit")]
    [InlineData("for (i = 1, 1001) {}", "1:1 KT0603 loop execute count exceed max limit")]
    [InlineData("for (i = 1, 1000) {} print(1)", "1\n")]
    [InlineData("for (i = 1, 2, 0) {}", "1:16 KT0618 the loop's step is 0")]
    [InlineData("for (i = \"a\", 2) {}", "1:10 KT0617 the loop's first value is a string, not an integer")]
    [InlineData("for (i = 1, nil) {}", "1:13 KT0617 the loop's last value is nil, not an integer")]
    [InlineData("for (i = 1, 2, {}) {}", "1:16 KT0617 the loop's step is a table, not an integer")]
    [InlineData("print(1) exit() print(2)", "1\nexit 0")]
    [InlineData("function f() { exit(259) } f()", "exit 3")]
    [InlineData("print(1) return print(2)", "1\n2\n")]
    public void Ends(string script, string expected) => Assert.Equal(expected, Scripts.Run(script, maxLoop: 1000));

    [Fact]
    public void AskedToStopALoopIsBrokenOff()
    {
        var world = new FakeWorld { StopRequested = true };
        Assert.Throws<Compiler.Evaluation.InterruptedException>(() => Scripts.Evaluator("while (true) {}", world, long.MaxValue).RunMain());
        Assert.Throws<Compiler.Evaluation.InterruptedException>(() => Scripts.Evaluator("function f() { return f() } f()", world).RunMain());
    }
}
