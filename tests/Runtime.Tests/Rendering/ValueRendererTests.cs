using Ktap.Compiler.Types;
using Ktap.Compiler.Values;
using Ktap.Runtime.Rendering;
using static Ktap.Runtime.Tests.Rendering.Rendered;

namespace Ktap.Runtime.Tests.Rendering;

public class ValueRendererTests
{
    private static string Show(Value value, StringEscaping escaping = StringEscaping.None) => By(o => Values.Write(o, value), escaping);

    [Fact]
    public void Scalars()
    {
        Assert.Equal("nil", Show(Value.Nil));
        Assert.Equal("true", Show(Value.True));
        Assert.Equal("false", Show(Value.False));
        Assert.Equal("-9223372036854775808", Show(Value.Int(long.MinValue)));
        Assert.Equal("a\tb", Show(Str("a\tb")));
        Assert.Equal("function: fib", Show(Value.Function(new Named("fib"))));
    }

    [Fact]
    public void IntegersByTheirFormat()
    {
        var states = new IntFormat.Enum("state", new Dictionary<long, string> { [2] = "RUNNING" });
        Assert.Equal("__udp4_lib_rcv+0x1c", Show(Value.Int(unchecked((long)0xffffffff8100101c), IntFormat.Kernel)));
        Assert.Equal("nft_do_chain+0x8 [nf_tables]", Show(Value.Int(unchecked((long)0xffffffffc0000008), IntFormat.Kernel)));
        Assert.Equal("0x10", Show(Value.Int(16, IntFormat.Kernel)));
        Assert.Equal("0x7ffc0badf00d", Show(Value.Int(0x7ffc0badf00d, IntFormat.User)));
        Assert.Equal("18446744073709551615", Show(Value.Int(-1, IntFormat.UnsignedInt)));
        Assert.Equal("RUNNING", Show(Value.Int(2, states)));
        Assert.Equal("3", Show(Value.Int(3, states)));
    }

    [Fact]
    public void TablesNestAndMayHoldThemselves()
    {
        Assert.Equal("{}", Show(Value.Table(new Table())));
        var inner = TableOf((Str("x"), Value.True));
        var table = TableOf((Value.Int(1), Str("one")), (Str("k"), Value.Table(inner)), (Tuple(Value.Int(1), Str("b")), Value.Int(3)));
        Assert.Equal("{ [1] = one, [k] = { [x] = true }, [1, b] = 3 }", Show(Value.Table(table)));
        inner[Str("up")] = Value.Table(table);
        Assert.Equal("{ [1] = one, [k] = { [x] = true, [up] = { ... } }, [1, b] = 3 }", Show(Value.Table(table)));
        Assert.Equal("{ [a] = {}, [b] = {} }", Show(Value.Table(TableOf((Str("a"), Value.Table(new Table())), (Str("b"), Value.Table(new Table()))))));
    }

    [Fact]
    public void AListAsDeepAsAScriptLikesIsCut()
    {
        var list = new Table();
        for (var i = 0; i < 100_000; i++) list = TableOf((Value.Int(1), Value.Table(list)));
        var text = Show(Value.Table(list));
        Assert.Equal(64, text.Split("[1] = ").Length - 1);
        Assert.Contains("{ ... }", text);
    }

    [Fact]
    public void StacksOneFrameALine()
    {
        ulong[] kernel = [0xffffffff81000005, 0xffffffff8100101c, 0x10];
        Assert.Equal("vfs_read+0x5\n__udp4_lib_rcv+0x1c\n0x10", Show(Value.Stack(new StackTrace(kernel, 0))));
        Assert.Equal("0x400000\n0x7f00", Show(Value.Stack(new StackTrace([0x400000, 0x7f00], 77))));
        Assert.Equal("(no kernel stack)", Show(Value.Stack(new StackTrace([], 0))));
        Assert.Equal("(no user stack)", Show(Value.Stack(new StackTrace([], StackTrace.AnyProcess))));
    }

    [Fact]
    public void ALineHasTabsBetween() =>
        Assert.Equal("a\tnil\t1, 2\n", By(o => Values.WriteLine(o, [Str("a"), Value.Nil, Tuple(Value.Int(1), Value.Int(2))])));

    [Fact]
    public void StringsAreEscapedOnATerminalWhereverTheyStand() =>
        Assert.Equal("{ [\\x1bk] = \\x07, [a, \\x1b] = line\n }",
            Show(Value.Table(TableOf((Str("\x1bk"), Str("\a")), (Tuple(Str("a"), Str("\x1b")), Str("line\n")))), StringEscaping.Terminal));

    private sealed class Named(string name) : KFunction
    {
        public override string Name => name;
    }
}
