using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Tests.Evaluation;

public class FunctionTests
{
    [Theory]
    [InlineData("function fib(n) { if (n < 2) return n return fib(n - 1) + fib(n - 2) } print(fib(20))", "6765")]
    [InlineData("function f(a, b) { return b, a } print(f(1, 2)) var x, y = f(3, 4) print(x, y)", "2\t1\n4\t3")]
    [InlineData("function f() { return 1, 2 } print((f())) print(f(), f()) var t = {f(), f()} print(t)", "1\n1\t1\t2\n{[1] = 1, [2] = 1}")]
    [InlineData("function f(a, b) { print(a, b) } f(1) f(1, 2, 3)", "1\tnil\n1\t2")]
    [InlineData("function two() { return 1, 2 } function f(a, b, c) { print(a, b, c) } f(0, two()) f(two(), 0)", "0\t1\t2\n1\t0\tnil")]
    [InlineData("function f() {} print(f()) print((f())) var x = f() print(x)", "nil\nnil\nnil")]
    [InlineData("function f() { return } print(f())", "nil")]
    [InlineData("function two() { return 1, 2 } function f() { return two() } print(f())", "1\t2")]
    [InlineData("function two() { return 1, 2 } function f() { return (two()) } print(f())", "1")]
    [InlineData("function two() { return 1, 2 } function f() { return 0, two() } print(f())", "0\t1\t2")]
    // Closures capture by reference.
    [InlineData("function counter() { var n = 0 return function() { n++ return n } } var a, b = counter(), counter() print(a(), a(), b())", "1\t2\t1")]
    [InlineData("var n = 1 var f = function() { n = n * 10 } f() f() print(n)", "100")]
    [InlineData("function f(x) { var g = function() { x++ } g() g() return x } print(f(5))", "7")]
    [InlineData("function a() { var x = 1 return function() { return function() { x++ return x } } } var f = a()() print(f(), f())", "2\t3")]
    [InlineData("var a = 1 function f() { return function() { a++ return a } } print(f()(), a)", "2\t2")]
    [InlineData("var function fact(n) { return n < 2 ? 1 : n * fact(n - 1) } print(fact(20))", "2432902008176640000")]
    [InlineData("function even(n) { if (n == 0) return true return odd(n - 1) } function odd(n) { if (n == 0) return false return even(n - 1) } print(even(1001))", "false")]
    [InlineData("var f = function(x) { return x + 1 } print(f(1)) f = function(x) { return x + 2 } print(f(1))", "2\n3")]
    [InlineData("var t = {f = function(x) { return x * 3 }} print(t.f(4))", "12")]
    [InlineData("function apply(f, x) { return f(x) } print(apply(function(x) { return -x }, 5), apply(strlen, \"abc\"))", "-5\t3")]
    [InlineData("var f = net.format_ip_addr print(f(0x0100007f))", "127.0.0.1")]
    [InlineData("function f(t) { return t[1] } print(f{7}, tostring\"x\")", "7\tx")]
    // Tail calls need no stack.
    [InlineData("function loop(n) { if (n == 0) return \"done\" return loop(n - 1) } print(loop(1000000))", "done")]
    [InlineData("function a(n) { if (n == 0) { return 1, 2 } else { return b(n - 1) } } function b(n) { return a(n) } print(a(500000))", "1\t2")]
    [InlineData("function depth(n) { if (n == 0) return 0 return 1 + depth(n - 1) } print(depth(90000))", "90000")]
    public void Prints(string script, string expected) => Assert.Equal(expected + "\n", Scripts.Run(script));

    [Fact]
    public void RunawayRecursionIsAnError()
    {
        Assert.Equal("1:28 KT0602 stack overflow", Scripts.Run("function f(n) { return 1 + f(n) } f(1)"));
        Assert.Equal("1:45 KT0602 stack overflow", Scripts.Run("function f(n) { for (k, v in sort_pairs({1, f(n)})) { } return 1 } f(1)"));
    }

    [Fact]
    public void OnASmallStackItComesEarlier()
    {
        Diagnostic? error = null;
        var thread = new Thread(() => error = Assert.Throws<ScriptException>(() => Scripts.RunMain("function f(n) { return 1 + f(n) } f(1)")).Diagnostic, 512 << 10);
        thread.Start();
        thread.Join();
        Assert.Equal("1:28 KT0602 stack overflow", Scripts.Short(error!));
    }

    [Fact]
    public void HandlersAreCalledWithTheirCells()
    {
        var world = new FakeWorld();
        var evaluator = Scripts.Evaluator("var n = 10 function add(a, b) { n += a + (b || 0) return n, 5 } trace_end add", world);
        var add = ((Compiler.Evaluation.Registration.TraceEnd)evaluator.RunMain().Registrations[0]).Handler;
        Assert.Equal(Value.Int(13), evaluator.Call(add, Value.Int(1), Value.Int(2)));
        Assert.Equal(Value.Int(17), evaluator.Call(add, Value.Int(4)));
        Assert.Equal(Value.Int(18), evaluator.Call(add, Value.Int(1), Value.Nil, Value.Int(100)));
    }
}
