using Ktap.Compiler.Types;
using Ktap.Compiler.Values;
using Ktap.Runtime.Rendering;
using static Ktap.Runtime.Tests.Rendering.Rendered;

namespace Ktap.Runtime.Tests.Rendering;

public class TableTextTests
{
    private static string Show(StringEscaping escaping, params (string, Value)[] variables) =>
        By(o => new TableText(Values, new Histogram(Values)).Write(o, variables), escaping);

    private static string Show(params (string, Value)[] variables) => Show(StringEscaping.None, variables);

    [Fact]
    public void KernelLocationsWithTheirCounts()
    {
        var s = TableOf(
            (Value.Int(unchecked((long)0xffffffff81000010), IntFormat.Kernel), Value.Int(20)),
            (Value.Int(unchecked((long)0xffffffff8100101c), IntFormat.Kernel), Value.Int(500)));
        Assert.Equal("""
            s:
                                     value ------------- Distribution ------------- count
                        __udp4_lib_rcv+0x1c |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@   500
                              vfs_read+0x10 |@                                      20

            """, Show(("s", Value.Table(s))));
    }

    [Fact]
    public void AllRowsAreShown()
    {
        var many = new Table();
        for (var i = 0; i < 100; i++) many[Value.Int(i)] = Value.Int(1);
        var lines = Show(("many", Value.Table(many))).Split('\n');
        Assert.Equal(103, lines.Length);
        Assert.EndsWith(" 0 |                                       1", lines[2]);
        Assert.EndsWith("99 |                                       1", lines[101]);
    }

    [Fact]
    public void ScalarsAndTablesOfOtherThings()
    {
        var last = TableOf((Str("b"), Str("two")), (Str("a"), Value.Int(1)), (Value.Int(7), Value.Int(16, IntFormat.User)));
        var stack = Value.Stack(new StackTrace([0xffffffff81000000], 0));
        Assert.Equal("""
            n = 5
            who = bash
            none = nil

            last:
            [7] = 0x10
            [a] = 1
            [b] = two

            unused: empty

            where =
            vfs_read

            """, Show(("n", Value.Int(5)), ("who", Str("bash")), ("none", Value.Nil), ("last", Value.Table(last)), ("unused", Value.Table(new Table())), ("where", stack)));
        Assert.Equal("", Show());
    }

    [Fact]
    public void ATableOfAddressesIsNoHistogram() => Assert.Equal("last:\n[1] = vfs_read\n",
        Show(("last", Value.Table(TableOf((Value.Int(1), Value.Int(unchecked((long)0xffffffff81000000), IntFormat.Kernel)))))));

    [Fact]
    public void OnATerminalALineStaysALine() => Assert.Equal("t:\n[a\\nb] = c\\x1b\\n\n\nv = x\n\\x1b\n",
        Show(StringEscaping.Terminal, ("t", Value.Table(TableOf((Str("a\nb"), Str("c\x1b\n"))))), ("v", Str("x\n\x1b"))));
}
