using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Tests.Syntax;

/// <summary>What the main stage makes of a computed event.</summary>
public sealed class EventSpecTests
{
    [Theory]
    [InlineData("syscalls:sys_enter_open", "(event \"syscalls:sys_enter_open\")")]
    [InlineData(" a:b ,c:d ", "(event \"a:b\")(event \"c:d\")")]
    [InlineData("probe:f a=%di  b=+4($stack):u32", "(event \"probe:f\" fetch \"a=%di b=+4($stack):u32\")")]
    [InlineData("sched:sched_switch /prev_pid == 1/", "(event \"sched:sched_switch\")(filter (== prev_pid 1))")]
    [InlineData("a:b, c:d /comm ~ ba* && x == (y / 2)/", "(event \"a:b\")(event \"c:d\")(filter (&& (~ comm (word \"ba*\")) (== x (/ y 2))))")]
    [InlineData("tp:", "(event \"*:*\")")]
    [InlineData("tp:syscalls", "(event \"syscalls:*\")")]
    [InlineData("tp:sched:", "(event \"sched:*\")")]
    [InlineData("tp::sys_enter_open", "(event \"*:sys_enter_open\")")]
    [InlineData("tp::syscalls:sys_enter_open", "(event \"syscalls:sys_enter_open\")")]
    [InlineData("kprobe:f!", "(event \"kretprobe:f\")")]
    [InlineData("probe:/bin/x:std::map<int, int>::at(int, char)", "(event \"probe:/bin/x:std::map<int, int>::at(int, char)\")")]
    [InlineData("probe:/bin/x:\"operator<\", a:b", "(event \"probe:/bin/x:operator<\")(event \"a:b\")")]
    [InlineData("probe:/bin/x:f::{lambda(int)#1}::operator()", "(event \"probe:/bin/x:f::{lambda(int)#1}::operator()\")")]
    public void Specs(string text, string expected)
    {
        var diagnostics = new DiagnosticBag();
        var list = Parser.ParseEventSpecs(text, SourceText.From("trace x {}"), new TextSpan(6, 1), diagnostics);
        Assert.Empty(diagnostics);
        Assert.Equal(expected, AstPrinter.Print(list).Replace("\n", "").Replace("  ", ""));
        Assert.All(list.Specs, spec => Assert.Equal(new TextSpan(6, 1), spec.Span));
    }

    [Theory]
    [InlineData("", "KT0017: expected an event")]
    [InlineData("a:b,", "KT0017: expected an event")]
    [InlineData("a:b /x ==/", "KT0001: unexpected '/'; expected an expression")]
    [InlineData("a:b /x == 1", "KT0002: expected '/' to close the '/' at column 7")]
    [InlineData("a:b /x == 1/ { }", "KT0001: unexpected '{'")]
    [InlineData("a:b /x == 1/ /y == 1/", "KT0001: unexpected '/'")]
    public void Errors(string text, string expected)
    {
        var diagnostics = new DiagnosticBag();
        Parser.ParseEventSpecs(text, SourceText.From("trace x {}"), new TextSpan(6, 1), diagnostics);
        var only = Assert.Single(diagnostics);
        Assert.Equal(expected, $"{only.Code}: {only.Message}");
        Assert.Equal(6, only.Span.Start);
    }

    /// <summary>A literal's inside has places of its own, where it stands in the script as it is.</summary>
    [Theory]
    [InlineData("trace \"a:b /pid == oops oops/\" {}", 24)]
    [InlineData("trace [[a:b /pid == oops oops/]] {}", 25)]
    [InlineData("trace \"\\x61:b /pid == oops oops/\" {}", 6)]
    public void PlacesInsideStrings(string script, int start)
    {
        var diagnostics = new DiagnosticBag();
        Parser.Parse(SourceText.From(script), diagnostics);
        Assert.Equal(start, Assert.Single(diagnostics).Span.Start);
    }
}
