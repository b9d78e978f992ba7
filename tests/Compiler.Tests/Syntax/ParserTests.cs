using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Tests.Syntax;

/// <summary>Places, byte handling and limits.</summary>
public sealed class ParserTests
{
    [Fact]
    public void AnEmptyScriptIsAnEmptyTree()
    {
        foreach (var text in new[] { "", "\n\n", "# nothing", ";;", "\uFEFF" })
        {
            var (script, diagnostics) = Parse(text);
            Assert.Empty(diagnostics);
            Assert.Empty(script.Statements);
        }
    }

    [Fact]
    public void SpansAreBytesOfTheScript()
    {
        var (script, _) = Parse("# é\nvar x = t[1, 2].a + f(\"é\")\ntrace a:b, c:d x=%di /p == 1/ { }\ntick-5s { }");
        var value = (BinaryExpression)((VarStatement)script.Statements[0]).Values[0];
        Assert.Equal("t[1, 2].a + f(\"é\")", Text(value));
        Assert.Equal("t[1, 2].a", Text(value.Left));
        Assert.Equal("+", script.Source.TextOf(value.OperatorSpan));
        Assert.Equal("f(\"é\")", Text(value.Right));
        Assert.Equal("x", Text(((VarStatement)script.Statements[0]).Names[0]));
        var trace = (TraceStatement)script.Statements[1];
        Assert.Equal("trace a:b, c:d x=%di /p == 1/ { }", Text(trace));
        Assert.Equal("a:b", Text(trace.Events[0]));
        Assert.Equal("c:d x=%di", Text(trace.Events[1]));
        Assert.Equal("p == 1", Text(trace.Filter!));
        Assert.Equal("{ }", Text(trace.Handler));
        var tick = (TickStatement)script.Statements[2];
        Assert.Equal("tick-5s { }", Text(tick));
        Assert.Equal("5s", Text(tick.Interval));

        string Text(Node node) => script.Source.TextOf(node.Span);
    }

    [Fact]
    public void AByteOrderMarkShiftsNothing()
    {
        var (script, _) = Parse("\uFEFFx = 1");
        Assert.Equal("x = 1", script.Source.TextOf(Assert.Single(script.Statements).Span));
    }

    [Fact]
    public void StringsKeepTheirBytes()
    {
        var diagnostics = new DiagnosticBag();
        var script = Parser.Parse(new SourceText("-e", [.. "x = \""u8, 0xFF, 0xC3, .. "\""u8]), diagnostics);
        Assert.Empty(diagnostics);
        Assert.Equal<byte>([0xFF, 0xC3], ((StringExpression)((AssignStatement)script.Statements[0]).Values[0]).Value.ToArray());
    }

    [Theory]
    [InlineData(new byte[] { 0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0 }, "KT0003: this is not a script: it holds the byte 0x7f")]
    [InlineData(new byte[] { 0x78, 0x3D, 0x31, 0 }, "KT0003: this is not a script: it holds the byte 0x00")]
    public void ABinaryFileIsOneError(byte[] bytes, string expected)
    {
        var diagnostics = new DiagnosticBag();
        Parser.Parse(new SourceText("a.out", bytes), diagnostics);
        var only = Assert.Single(diagnostics);
        Assert.Equal(expected, $"{only.Code}: {only.Message}");
    }

    public static TheoryData<string, string> Deep() => new()
    {
        { "x = " + Times("(", 5000) + "1" + Times(")", 5000), "KT0005" },
        { "x = " + Times("(", 50_000), "KT0005" },
        { "x = " + Times("{", 50_000), "KT0005" },
        { "x = " + Times("t[", 50_000), "KT0005" },
        { "x = " + Times("f(", 50_000), "KT0005" },
        { "x = " + Times("- ", 50_000) + "1", "KT0005" },
        { "x = " + Times("not ", 50_000) + "1", "KT0005" },
        { "x = " + Times("a ? ", 50_000) + "1", "KT0005" },
        { "x = " + Times("a ? b : ", 50_000) + "1", "KT0005" },
        { Times("if (x) ", 50_000) + "y()", "KT0005" },
        { Times("if (x) {", 50_000), "KT0005" },
        { Times("{", 50_000), "KT0005" },
        { Times("while (x) ", 50_000) + "y()", "KT0005" },
        { Times("if (x) y() else { ", 50_000), "KT0005" },
        { "f = " + Times("function () { return ", 50_000), "KT0005" },
        { Times("trace a:b { ", 50_000), "KT0005" },
        { Times("trace a:b < ", 50_000), "KT0005" },
        { Times("trace a:b function () { ", 50_000), "KT0005" },
        { "trace a:b /" + Times("(", 50_000), "KT0005" },
        { "x = 1" + Times(" .. 1", 50_000), "KT0022" },
        { "x = 1" + Times(" + 1", 50_000), "KT0022" },
        { "x = a" + Times(".b", 50_000), "KT0022" },
        { "x = f" + Times("()", 50_000), "KT0022" },
        { "x = f" + Times("\"\"", 50_000), "KT0022" },
    };

    [Theory]
    [MemberData(nameof(Deep))]
    public void WhatIsTooDeepIsOneError(string script, string code) => Assert.Equal(code, OnSmallStack(script).Diagnostics.Single().Code);

    public static TheoryData<string> NotTooDeep() =>
    [
        "x = " + Times("(", 60) + "1" + Times(")", 60),
        "x = 1" + Times(" + 1", 900),
        "if (x) y()" + Times(" else if (x) y()", 50_000),
        "x = {" + Times("1, ", 50_000) + "}",
        Times("x = 1\n", 50_000),
        "trace " + Times("a:b, ", 50_000) + "c:d { }",
    ];

    [Theory]
    [MemberData(nameof(NotTooDeep))]
    public void WhatIsLongIsFine(string script) => Assert.Empty(OnSmallStack(script).Diagnostics);

    [Fact]
    public void AScriptOverTheLimitIsOneError()
    {
        var (script, diagnostics) = Parse(Times("x = 1\n", (10 << 20) / 6));
        Assert.Equal("KT0004", Assert.Single(diagnostics).Code);
        Assert.Empty(script.Statements);
    }

    [Fact]
    public void ErrorsEnd()
    {
        var (_, diagnostics) = Parse(Times("x = = 1\n", 10_000));
        Assert.Equal(26, diagnostics.Count);
        Assert.Equal("KT0006", diagnostics.Last().Code);
    }

    [Theory]
    [InlineData(TimerUnit.Seconds, 5, 5_000_000_000)]
    [InlineData(TimerUnit.Minutes, 1, 60_000_000_000)]
    [InlineData(TimerUnit.Nanoseconds, 7, 7)]
    [InlineData(TimerUnit.Hertz, 97, 10_309_278)]
    [InlineData(TimerUnit.Hertz, 5_000_000_000, 1)]
    [InlineData(TimerUnit.Milliseconds, long.MaxValue, long.MaxValue)]
    public void Periods(TimerUnit unit, long count, long nanoseconds) => Assert.Equal(nanoseconds, unit.Period(count));

    private static string Times(string text, int count) => string.Concat(Enumerable.Repeat(text, count));

    private static (Script Script, DiagnosticBag Diagnostics) Parse(string text)
    {
        var diagnostics = new DiagnosticBag();
        return (Parser.Parse(SourceText.From(text), diagnostics), diagnostics);
    }

    // A parse must never need more than the smallest stack that a thread gets anywhere.
    private static (Script Script, DiagnosticBag Diagnostics) OnSmallStack(string text)
    {
        (Script, DiagnosticBag) result = default;
        var thread = new Thread(() => result = Parse(text), 1 << 20);
        thread.Start();
        thread.Join();
        return result;
    }
}
