using Ktap.Compiler.Binding;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Tests.Evaluation;

namespace Ktap.Compiler.Tests.Binding;

public class BinderTests
{
    [Theory]
    // Assigning an undeclared name, or storing into it as a table, makes a global.
    [InlineData("x = 1", "x")]
    [InlineData("x += 1 y++", "x y")]
    [InlineData("a, b = 1, 2", "a b")]
    [InlineData("function f() { g = 1 }", "f g")]
    [InlineData("var x = 1 x = 2", "")]
    [InlineData("x = 1 var x = 2 x = 3", "x")]
    [InlineData("{ var x } x = 1", "x")]
    [InlineData("s[1] += 1", "s*")]
    [InlineData("s[1][2] = 1", "s*")]
    [InlineData("s.a.b = 1", "s*")]
    [InlineData("s[1] = 1 s = {}", "s")]
    [InlineData("function t.f() {}", "t*")]
    [InlineData("trace a:b { s[arg2] += 1 }", "s*")]
    [InlineData("trace a:b { s[x] += 1 }", "s*")]
    [InlineData("trace a:b { count[pid] += 1 pid = 3 }", "count* pid")]
    [InlineData("for (i = 1, 2) {} for (j = 1; j < 2; j++) {} for (k, v in pairs({})) {}", "")]
    // A name that a handler always assigns before use, and nothing else uses, is its own.
    [InlineData("trace a:b { x = arg1 s[x] += 1 }", "s*")]
    [InlineData("trace a:b { x = arg1 x++ print(x) } trace c:d { print(y) y = 2 }", "y")]
    [InlineData("trace a:b { x = arg1 } trace c:d { print(x) }", "x")]
    [InlineData("trace a:b { x = arg1 print(x) } trace c:d { x = 1 print(x) }", "x")]
    [InlineData("trace a:b { x = arg1 print(x) } print(x)", "x")]
    [InlineData("trace a:b { if (arg1) { x = 1 } print(x) }", "x")]
    [InlineData("trace a:b { if (arg1) { x = 1 } else { x = 2 } print(x) }", "")]
    [InlineData("trace a:b { if (arg1) { return } else { x = 2 } print(x) }", "")]
    [InlineData("trace a:b { if (arg1) { x = 1 } elseif (arg2) { x = 2 } print(x) }", "x")]
    [InlineData("trace a:b { for (i = 1, 3) { x = 1 print(x) } }", "")]
    [InlineData("trace a:b { for (i = 1, 3) { x = 1 } print(x) }", "x")]
    [InlineData("trace a:b { while (arg1) { print(x) x = 1 } }", "x")]
    [InlineData("trace a:b { x = 1 f = function() { return x } print(f()) }", "x")]
    [InlineData("trace a:b { n += 1 }", "n")]
    [InlineData("trace a:b { last = arg1 }", "last")]
    [InlineData("trace a:b { t = {} t[1] = 2 print(t) }", "")]
    [InlineData("trace a:b { t[1] = 2 t = {} }", "t")]
    [InlineData("trace a:b /x == 1/ { x = 1 print(x) }", "x")]
    [InlineData("trace a:b { pid = arg1 s[pid] += 1 }", "s*")]
    [InlineData("function f(e) { x = e.name print(x) } kdebug.probe(\"a:b\", f)", "f")]
    [InlineData("function f(e) { x = e.name print(x) } kdebug.probe(\"a:b\", f) f(nil)", "f x")]
    [InlineData("function f(e) { x = 1 print(x) }", "f x")]
    [InlineData("tick-1s { x = 1 print(x) } profile-1s { y = 1 print(y) } trace_end { z = 1 print(z) }", "")]
    public void Globals(string script, string expected) =>
        Assert.Equal(expected, string.Join(' ', Scripts.Bind(script).Globals.Where(g => g.Name != "arg").Select(g => g.Name + (g.IsTable ? "*" : ""))));

    [Theory]
    [InlineData("print(nope)", "1:7 KT0201 unknown name 'nope'")]
    [InlineData("var counter = 1\nprint(conuter)", "2:7 KT0201 unknown name 'conuter'; did you mean 'counter'?")]
    [InlineData("pritnf(\"a\")", "1:1 KT0201 unknown name 'pritnf'; did you mean 'printf'?")]
    [InlineData("print(a, b)", "1:7 KT0201 unknown name 'a'\n1:10 KT0201 unknown name 'b'")]
    [InlineData("tick-1s { print(fieldd) }", "1:17 KT0201 unknown name 'fieldd'")]
    [InlineData("net.format_ip_adr(1)", "1:5 KT0202 'net' has no 'format_ip_adr'; did you mean 'format_ip_addr'?")]
    [InlineData("len()", "1:1 KT0203 'len' takes 1 argument, not 0")]
    [InlineData("len({}, {})", "1:1 KT0203 'len' takes 1 argument, not 2")]
    [InlineData("substr(\"a\")", "1:1 KT0203 'substr' takes 2 or 3 arguments, not 1")]
    [InlineData("printf()", "1:1 KT0203 'printf' takes at least 1 argument, not 0")]
    [InlineData("net.ntop = 1", "1:1 KT0204 'net.ntop' can't be assigned")]
    [InlineData("trace a:b { args.x = 1 }", "1:13 KT0204 'args.x' can't be assigned")]
    [InlineData("for (a, b, c in pairs({})) {}", "1:12 KT0205 'pairs' gives a key and a value: there is nothing for a third variable")]
    [InlineData("trace a:b { trace c:d { } }", "1:13 KT0301 'trace' inside a handler: handlers are registered in the main stage only")]
    [InlineData("tick-1s { if (1) { tick-2s {} } }", "1:20 KT0301 'tick' inside a handler: handlers are registered in the main stage only")]
    [InlineData("trace a:b { f = function() { trace_end {} } f() }", "1:30 KT0301 'trace_end' inside a handler: handlers are registered in the main stage only")]
    [InlineData("trace_end { profile-1s {} }", "1:13 KT0301 'profile' inside a handler: handlers are registered in the main stage only")]
    [InlineData("function f() { trace a:b {} }", "")]
    [InlineData("break", "1:1 KT0302 'break' outside a loop")]
    [InlineData("while (1) { var f = function() { continue } }", "1:34 KT0302 'continue' outside a loop")]
    [InlineData("override_return(9)", "1:1 KT0304 'override_return' belongs to an event: it exists only in 'trace' and 'profile' handlers")]
    [InlineData("print(pid)", "1:7 KT0304 'pid' belongs to an event: it exists only in 'trace' and 'profile' handlers")]
    [InlineData("tick-1s { print(arg1, execname()) }", "1:17 KT0304 'arg1' belongs to an event: it exists only in 'trace' and 'profile' handlers\n1:23 KT0304 'execname' belongs to an event: it exists only in 'trace' and 'profile' handlers")]
    [InlineData("print(args.name)", "1:7 KT0304 'args.name' belongs to an event: it exists only in 'trace' and 'profile' handlers")]
    [InlineData("for (k in {}) {}", "1:11 KT0305 'for … in' needs a call of pairs or sort_pairs")]
    [InlineData("for (k in len({})) {}", "1:11 KT0305 'for … in' needs a call of pairs or sort_pairs")]
    [InlineData("for (k in nope()) {}", "1:11 KT0201 unknown name 'nope'\n1:11 KT0305 'for … in' needs a call of pairs or sort_pairs")]
    public void Diagnostics(string script, string expected) => Assert.Equal(expected, Scripts.Diagnose(script));

    [Fact]
    public void AnAdditionToTheSameSlotIsOneUpdate()
    {
        var cases = new (string Script, bool IsUpdate)[]
        {
            ("x = x + 1", true), ("x = x - y", true), ("x = 1 + x", false), ("x = x * 2", false), ("x = y + 1", false), ("x = x + 1 + 2", false),
            ("t[pid] = t[pid] + 1", true), ("t[pid] = t[pid()] + 1", false), ("t[a, 1] = t[a, 1] + 1", true), ("t[a, 1] = t[1, a] + 1", false),
            ("t.a = t.a - 2", true), ("t[f()] = t[f()] + 1", false), ("t[a + 1] = t[a + 1] + 1", true), ("t[field] = t[field] + 1", true),
            ("t[args.a] = t[args.b] + 1", false), ("t[\"a\"] = t[\"a\"] + 1", true), ("a, b = a + 1, 2", false),
        };
        foreach (var (script, isUpdate) in cases)
        {
            var bound = Scripts.Bind($"x = 0 y = 0 a = 0 b = 0 t = {{}} function f() {{}} trace g:h {{ {script} }}");
            var handler = ((BoundClosure)((BoundTrace)bound.Main.Body.Statements[^1]).Handler).Function;
            // pid() is rewritten to pid before anything is bound.
            Assert.Equal((script, isUpdate || script.Contains("pid()")), (script, handler.Body.Statements[0] is BoundUpdate));
        }
    }

    [Fact]
    public void NamesAreLocalGlobalBuiltinFieldInThatOrder()
    {
        var bound = Scripts.Bind("g = 1 var l = 2 trace a:b { var pid = 5 print(pid, l, g, cpu, comm, prev_pid, args.pid, skb.dev.name, net.ntop, e) }");
        var trace = (BoundTrace)bound.Main.Body.Statements[^1];
        var handler = ((BoundClosure)trace.Handler).Function;
        var call = ((BoundCallStatement)handler.Body.Statements[1]).Call;
        Assert.Equal(
            ["BoundLocal", "BoundCaptured", "BoundGlobal", "BoundBuiltin", "BoundBuiltin", "BoundField", "BoundField", "BoundMember", "BoundBuiltin", "BoundField"],
            call.Arguments.Select(a => a.GetType().Name));
        Assert.Equal([("prev_pid", false), ("pid", true), ("e", false)], call.Arguments.OfType<BoundField>().Select(f => (f.Name, f.Explicit)));
        Assert.Equal("skb", ((BoundField)((BoundMember)((BoundMember)call.Arguments[7]).Target).Target).Name);
        Assert.Equal("net.ntop", ((BoundBuiltin)call.Arguments[8]).Builtin.Name);
    }

    [Fact]
    public void InAFilterABareWordIsAPattern()
    {
        var bound = Scripts.Bind("word = 1 trace a:b /comm == foo && ip == mutex* && x == word && y != pid && comm ~ \"ba*\" && foo == 1/ {}");
        var filter = ((BoundTrace)bound.Main.Body.Statements[^1]).Filter!.Function;
        var text = new List<string>();
        void Walk(BoundExpression e)
        {
            if (e is not BoundBinary b) return;
            Walk(b.Left);
            if (b.Op != BinaryOp.And) text.Add($"{b.Left.GetType().Name} {b.Op} {(b.Right is BoundPattern p ? p.Pattern : b.Right.GetType().Name)}");
            Walk(b.Right);
        }
        Walk(((BoundReturn)filter.Body.Statements[0]).Values[0]);
        Assert.Equal(
            ["BoundBuiltin Equal foo", "BoundField Equal mutex*", "BoundField Equal BoundGlobal", "BoundField NotEqual BoundBuiltin", "BoundBuiltin FilterGlob BoundLiteral", "BoundField Equal BoundLiteral"],
            text);
    }

    [Theory]
    // Constants for handlers: what nothing assigns that can run after the main stage.
    [InlineData("var a = 1 a = 2 trace g:h { print(a) }", "")]
    [InlineData("var a = 1 trace g:h { a = 2 }", "a")]
    [InlineData("a = 1 tick-1s { a++ }", "a")]
    [InlineData("a = 1 trace_end { a = a + 1 }", "a")]
    [InlineData("a = 1 function f() { a = 2 } f()", "")]
    [InlineData("a = 1 function f() { a = 2 } trace g:h { f() }", "a")]
    [InlineData("a = 1 function f() { a = 2 } trace g:h { print(1) } f()", "")]
    [InlineData("a = 1 function f() { a = 2 } function g() { f() } trace g:h g", "a")]
    [InlineData("a = 1 function f() { a = 2 } var g = nil || f trace g:h { g() }", "a")]
    [InlineData("a = 1 function f() { a = 2 } var t = {f} trace g:h { t[1]() }", "a")]
    [InlineData("a = 1 t = {} t.f = function() { a = 2 } trace g:h { t.f() }", "a")]
    [InlineData("a = 1 function make() { return function() { a = 2 } } f = make() trace g:h { f() }", "a")]
    [InlineData("a = 1 function on(f) { trace g:h { f() } } on(function() { a = 2 })", "a")]
    [InlineData("a = 1 function f() { a = 2 } trace g:h /f()/ { }", "a")]
    [InlineData("t = {} trace g:h { t[1] = 2 t.n += 1 }", "")]
    [InlineData("a = 1 function f() { a = 2 } var t = {f}", "")]
    public void AssignedLater(string script, string expected)
    {
        var bound = Scripts.Bind(script);
        var all = bound.Globals.Concat(bound.Main.Locals).Where(v => v.IsAssignedLater);
        Assert.Equal(expected, string.Join(' ', all.Select(v => v.Name)));
    }

    [Fact]
    public void AFunctionIsFoundThroughALongChainOfVariables()
    {
        var chain = string.Concat(Enumerable.Range(1, 20_000).Select(i => $"f{i} = f{i - 1}\n"));
        var bound = Scripts.Bind($"a = 1 f0 = function() {{ a = 2 }}\n{chain}trace g:h {{ f20000() }}");
        Assert.True(bound.Globals.Single(g => g.Name == "a").IsAssignedLater);
    }

    [Fact]
    public void CapturesPassThroughTheFunctionsBetween()
    {
        var main = Scripts.Bind("var a = 1 var b = 2 var f = function(p) { var c = 3 return function() { return a + p + c } }").Main;
        var outer = ((BoundClosure)((BoundDeclare)main.Body.Statements[2]).Values[0]).Function;
        var inner = ((BoundClosure)((BoundReturn)outer.Body.Statements[1]).Values[0]).Function;
        Assert.Equal([("a", 0, true), ("b", 1, false), ("f", 2, false)], main.Locals.Select(v => (v.Name, v.Slot, v.IsCaptured)));
        Assert.Equal([("p", 0, true), ("c", 1, true)], outer.Locals.Select(v => (v.Name, v.Slot, v.IsCaptured)));
        Assert.Equal([("a", true, 0)], outer.Captures.Select(c => (c.Variable.Name, c.FromLocal, c.Index)));
        Assert.Equal([("a", false, 0), ("p", true, 0), ("c", true, 1)], inner.Captures.Select(c => (c.Variable.Name, c.FromLocal, c.Index)));
        Assert.Equal(["p"], outer.Parameters.Select(v => v.Name));
    }
}
