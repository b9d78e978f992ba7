namespace Ktap.Compiler.Tests.Evaluation;

public class ExpressionTests
{
    [Theory]
    // Integers: 64 bits, wrapping, C's truncation.
    [InlineData("1 + 2 * 3 - 4", "3")]
    [InlineData("7 / 2", "3")]
    [InlineData("-7 / 2", "-3")]
    [InlineData("-7 % 3", "-1")]
    [InlineData("7 % -3", "1")]
    [InlineData("0x7fffffffffffffff + 1", "-9223372036854775808")]
    [InlineData("-0x7fffffffffffffff - 2", "9223372036854775807")]
    [InlineData("(-0x7fffffffffffffff - 1) / -1", "-9223372036854775808")]
    [InlineData("(-0x7fffffffffffffff - 1) % -1", "0")]
    [InlineData("-(-0x7fffffffffffffff - 1)", "-9223372036854775808")]
    [InlineData("6 & 3", "2")]
    [InlineData("6 | 3", "7")]
    [InlineData("6 ^ 3", "5")]
    [InlineData("~0", "-1")]
    [InlineData("1 << 63", "-9223372036854775808")]
    [InlineData("1 << 64", "1")]
    [InlineData("1 << 65", "2")]
    [InlineData("-8 >> 1", "-4")]
    [InlineData("1 >> 64", "1")]
    // nil.
    [InlineData("nil + 1", "nil")]
    [InlineData("1 * nil", "nil")]
    [InlineData("-nil", "nil")]
    [InlineData("nil / 0", "nil")]
    [InlineData("nil < 1", "false")]
    [InlineData("1 >= nil", "false")]
    [InlineData("nil < \"a\"", "false")]
    [InlineData("nil == nil", "true")]
    [InlineData("nil == false", "false")]
    // Comparison.
    [InlineData("1 == \"1\"", "false")]
    [InlineData("1 != \"1\"", "true")]
    [InlineData("1 ~= 2", "true")]
    [InlineData("\"abc\" == \"abc\"", "true")]
    [InlineData("\"abc\" < \"abd\"", "true")]
    [InlineData("\"a\" < \"ab\"", "true")]
    [InlineData("\"b\" >= \"ab\"", "true")]
    [InlineData("-1 < 1", "true")]
    [InlineData("2 <= 2", "true")]
    [InlineData("3 > 3", "false")]
    // Truth: 0 and the empty string are true.
    [InlineData("0 ? \"yes\" : \"no\"", "yes")]
    [InlineData("\"\" ? \"yes\" : \"no\"", "yes")]
    [InlineData("nil ? \"yes\" : \"no\"", "no")]
    [InlineData("!0", "false")]
    [InlineData("not nil", "true")]
    // and, or: the value that decides.
    [InlineData("0 && 5", "5")]
    [InlineData("nil && f()", "nil")]
    [InlineData("false and f()", "false")]
    [InlineData("nil || 7", "7")]
    [InlineData("3 or f()", "3")]
    [InlineData("false || nil", "nil")]
    // Strings.
    [InlineData("\"a\" .. 1 .. -2", "a1-2")]
    [InlineData("1 .. 2", "12")]
    // Tables.
    [InlineData("len({1, 2, 3})", "3")]
    [InlineData("{1, 2, x = 3, [\"y\"] = 4, [5] = 6}", "{[1] = 1, [2] = 2, [x] = 3, [y] = 4, [5] = 6}")]
    [InlineData("{1, nil, 3}", "{[1] = 1, [3] = 3}")]
    [InlineData("({10, 20})[2]", "20")]
    [InlineData("({a = 5}).a", "5")]
    [InlineData("({})[nil]", "nil")]
    [InlineData("arg[0] .. arg[1]", "script.kp42")]
    [InlineData("print == print", "true")]
    [InlineData("{} == {}", "false")]
    [InlineData("`start` + 1", "4097")]
    public void Gives(string expression, string expected) => Assert.Equal(expected + "\n", Scripts.Run($"function f() {{ exit(9) }} print(({expression}))"));

    [Theory]
    [InlineData("print(1)\nprint(2 / 0)", "1\n2:7 KT0601 divide by zero")]
    [InlineData("var n = 0\nvar x = 5 % n", "2:9 KT0601 divide by zero")]
    [InlineData("var n = 7\n n /= 0", "2:2 KT0601 divide by zero")]
    [InlineData("print(1 < \"a\")", "1:7 KT0605 '<' can't compare an integer with a string")]
    [InlineData("print({} >= {})", "1:7 KT0605 '>=' can't compare two tables")]
    [InlineData("print(true < false)", "1:7 KT0605 '<' can't compare two booleans")]
    [InlineData("print(1 + \"a\")", "1:7 KT0604 '+' needs integers, not a string")]
    [InlineData("print({} - 1)", "1:7 KT0604 '-' needs integers, not a table")]
    [InlineData("print(-\"a\")", "1:7 KT0604 '-' needs integers, not a string")]
    [InlineData("print(~true)", "1:7 KT0604 '~' needs integers, not a boolean")]
    [InlineData("print(\"a\" .. nil)", "1:7 KT0606 '..' joins strings and integers, not nil")]
    [InlineData("print(true .. \"a\")", "1:7 KT0606 '..' joins strings and integers, not a boolean")]
    [InlineData("var f = 3\nprint(f(1))", "2:7 KT0607 'f' is an integer, not a function")]
    [InlineData("g(1)\nfunction g(x) {}", "1:1 KT0607 'g' is nil, not a function")]
    [InlineData("var t\nprint(t[1])", "2:7 KT0608 't' is nil, not a table")]
    [InlineData("var t\nt[1] = 2", "2:1 KT0608 't' is nil, not a table")]
    [InlineData("var t = 4\nprint(t.x)", "2:7 KT0608 't' is an integer, not a table")]
    [InlineData("var t = {}\nt[nil] = 1", "2:1 KT0609 nil can't be a key of a table")]
    [InlineData("print({[nil] = 1})", "1:7 KT0609 nil can't be a key of a table")]
    [InlineData("print(`nope`)", "1:7 KT0620 the kernel has no symbol 'nope'")]
    public void Fails(string script, string expected) => Assert.Equal(expected, Scripts.Run(script));

    [Fact]
    public void ADeepTreeNeedsNoMoreStackThanTheRuntimePromises()
    {
        var sum = string.Join(" + ", Enumerable.Repeat("1", 900));
        Assert.Equal("900\n", Scripts.Run($"print({sum})"));
        Assert.EndsWith("KT0602 stack overflow", Scripts.Run($"function f() {{ return f() + {sum} }} f()"));
    }
}
