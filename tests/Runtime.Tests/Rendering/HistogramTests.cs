using Ktap.Compiler.Types;
using Ktap.Compiler.Values;
using Ktap.Runtime.Rendering;
using static Ktap.Runtime.Tests.Rendering.Rendered;

namespace Ktap.Runtime.Tests.Rendering;

public class HistogramTests
{
    private const string Header = "                         value ------------- Distribution ------------- count\n";

    private static string Show(Table table, int rows = Histogram.DefaultRows, StringEscaping escaping = StringEscaping.None) =>
        By(o => new Histogram(Values).Write(o, table, rows), escaping);

    private static Value Int(long value) => Value.Int(value);

    [Fact]
    public void TheExampleOfTheSpecification()
    {
        // The first announcement's run: its ten rows, and what makes the total that its bars have.
        var table = TableOf(
            (Str("sys_enter_recvfrom"), Int(52898)), (Str("sys_enter_open"), Int(587779)), (Str("sys_enter_close"), Int(343728)),
            (Str("sys_enter_newfstat"), Int(331459)), (Str("sys_enter_read"), Int(283217)), (Str("sys_enter_mmap"), Int(243458)),
            (Str("sys_enter_ioctl"), Int(219364)), (Str("sys_enter_munmap"), Int(165006)), (Str("sys_enter_write"), Int(128003)),
            (Str("sys_enter_poll"), Int(77311)));
        for (var i = 0; i < 10; i++) table[Int(i)] = Int(35_000);
        Assert.Equal("""
                                     value ------------- Distribution ------------- count
                             sys_enter_open |@@@@@@@@                               587779
                            sys_enter_close |@@@@                                   343728
                         sys_enter_newfstat |@@@@                                   331459
                             sys_enter_read |@@@                                    283217
                             sys_enter_mmap |@@@                                    243458
                            sys_enter_ioctl |@@                                     219364
                           sys_enter_munmap |@@                                     165006
                            sys_enter_write |@                                      128003
                             sys_enter_poll |@                                      77311
                         sys_enter_recvfrom |                                       52898
            ...

            """, Show(table, 10));
    }

    [Fact]
    public void OneKeyHasTheWholeBar() => Assert.Equal(
        Header + new string(' ', 28) + "all |" + new string('@', 38) + " 7\n", Show(TableOf((Str("all"), Int(7)))));

    [Fact]
    public void AnEmptyTableIsItsHeader() => Assert.Equal(Header, Show(new Table()));

    [Fact]
    public void EqualValuesAreInTheOrderOfTheirKeys()
    {
        var table = TableOf((Str("b"), Int(1)), (Int(10), Int(1)), (Str("a"), Int(1)), (Int(-9), Int(1)), (Str("c"), Int(2)),
            (Tuple(Int(2), Str("x")), Int(1)), (Tuple(Int(1), Str("y")), Int(1)), (Value.True, Int(1)));
        string[] expected = ["c", "true", "-9", "10", "a", "b", "1, y", "2, x"];
        Assert.Equal(expected, Show(table).Split('\n')[1..^1].Select(l => l[..31].TrimStart()));
        Assert.Equal(expected[..3], Show(table, 3).Split('\n')[1..^2].Select(l => l[..31].TrimStart()));
    }

    [Fact]
    public void LongKeysAndStacksStandOnTheirOwnLines()
    {
        var stack = Value.Stack(new StackTrace([0xffffffff81000001, 0xffffffff81001002], 0));
        var thirtyOne = new string('k', 31);
        Assert.Equal(
            Header
            + "vfs_read+0x1\n__udp4_lib_rcv+0x2\n" + new string(' ', 31) + " |" + new string('@', 19) + new string(' ', 20) + "2\n"
            + thirtyOne + " |" + new string('@', 9) + new string(' ', 30) + "1\n"
            + thirtyOne + "k\n" + new string(' ', 31) + " |" + new string('@', 9) + new string(' ', 30) + "1\n",
            Show(TableOf((Str(thirtyOne + "k"), Int(1)), (Str(thirtyOne), Int(1)), (stack, Int(2)))));
    }

    [Fact]
    public void KeysLineUpByCharactersAndAreSafeOnATerminal()
    {
        Assert.Equal(30, By(o => new Histogram(Values).Write(o, TableOf((Str("é"), Int(1))))).Split('\n')[1].IndexOf('\xc3'));
        Assert.Equal(new string(' ', 24) + "\\x1b\\nx |", Show(TableOf((Str("\x1b\nx"), Int(1))), escaping: StringEscaping.Terminal).Split('\n')[1][..33]);
        Assert.Equal("a\nb\n" + new string(' ', 31) + " |", Show(TableOf((Str("a\nb"), Int(1))))[Header.Length..][..37]);
    }

    [Fact]
    public void ValuesOfEveryKind()
    {
        var text = Show(TableOf((Str("big"), Int(long.MaxValue)), (Str("bigger"), Int(long.MaxValue)), (Str("negative"), Int(-5)),
            (Str("text"), Str("x")), (Str("unsigned"), Value.Int(-1, IntFormat.UnsignedInt)), (Str("none"), Value.True)));
        Assert.Equal(
            Header
            + "                            big |@@@@@@@@@@@@@@@@@@@                    9223372036854775807\n"
            + "                         bigger |@@@@@@@@@@@@@@@@@@@                    9223372036854775807\n"
            + "                       unsigned |                                       18446744073709551615\n"
            + "                       negative |                                       -5\n"
            + "(2 values that are not integers are left out)\n", text);
    }

    [Fact]
    public void PickingAFewIsSortingAll()
    {
        var random = new Random(5);
        var slots = Enumerable.Range(0, 20_000).Select(i => new KeyValuePair<Value, Value>(
            random.Next(3) == 0 ? Str("k" + i) : Int(random.Next(-1000, 1000) * 100_000L + i), Int(random.Next(-20, 50)))).ToArray();
        var expected = slots.OrderByDescending(s => s.Value.AsInt).ThenBy(s => s.Key.Kind)
            .ThenBy(s => s.Key.Kind == ValueKind.Int ? s.Key.AsInt : 0)
            .ThenBy(s => s.Key.Kind == ValueKind.String ? s.Key.AsString : KString.Empty).ToArray();
        Assert.Equal(expected, RowOrder.First(slots, int.MaxValue));
        Assert.Equal(expected[..100], RowOrder.First(slots, 100));
        Assert.Equal(expected[..1], RowOrder.First(slots, 1));
        Assert.Empty(RowOrder.First(slots, 0));
        var integers = slots.Where(s => s.Key.Kind == ValueKind.Int).ToArray();
        Assert.Equal(expected.Where(s => s.Key.Kind == ValueKind.Int), RowOrder.First(integers, int.MaxValue));
    }

    [Fact]
    public void AMillionKeysAreShownOrPickedFrom()
    {
        var random = new Random(1);
        var slots = Enumerable.Range(0, 1_000_000).Select(i => new KeyValuePair<Value, Value>(Int(random.NextInt64()), Int(random.Next(100)))).ToArray();
        var histogram = new Histogram(Values);
        foreach (var rows in (int[])[20, int.MaxValue])
        {
            var output = OutputBuffer.InMemory();
            histogram.Write(output, slots, rows);
            Assert.Equal(rows == 20 ? 22 : 1_000_001, output.Written.Count((byte)'\n'));
        }
    }
}
