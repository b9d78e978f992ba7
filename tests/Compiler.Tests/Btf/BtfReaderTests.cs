using System.Text;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Btf;

namespace Ktap.Compiler.Tests.Btf;

public sealed class BtfReaderTests
{
    // typedef int T; as bytes: header, INT, TYPEDEF, strings.
    private const string HandMade =
        "9FEB0100" + "18000000" + "00000000" + "1C000000" + "1C000000" + "07000000" +
        "01000000" + "00000001" + "04000000" + "20000001" +
        "05000000" + "00000008" + "01000000" +
        "00" + "696E7400" + "5400";

    private static BtfReader Small(ByteOrder order = ByteOrder.Little) => new(SmallBtf.Bytes(order));

    [Fact]
    public void Bytes_written_by_hand_are_read_and_the_writer_writes_the_same()
    {
        var types = new BtfReader(Convert.FromHexString(HandMade));
        Assert.Equal(3, types.TypeCount);
        Assert.Equal((BtfKind.Int, "int", 4, BtfEncoding.Signed, 32), (types.Kind(1), types.Name(1), types.SizeOf(1), types.IntEncoding(1), types.BitCount(1)));
        Assert.Equal((BtfKind.Typedef, "T", 1, 1, 4), (types.Kind(2), types.Name(2), types.Target(2), types.Resolve(2), types.SizeOf(2)));

        var writer = new BtfWriter(ByteOrder.Little);
        Assert.Equal(2, writer.Typedef("T", writer.Int("int", 4, BtfEncoding.Signed)));
        Assert.Equal(HandMade, Convert.ToHexString(writer.ToArray()));
    }

    [Theory]
    [InlineData(0, "BTF data is shorter than its header")]
    [InlineData(57, "BTF data is cut short")]
    public void Data_that_is_cut_short_is_refused(int length, string message)
    {
        var error = Assert.Throws<InvalidDataException>(() => new BtfReader(Convert.FromHexString(HandMade).AsMemory(0, length)));
        Assert.Equal(message, error.Message);
    }

    [Theory]
    [InlineData(0, 0, "no BTF data: it starts with 0xeb00")]
    [InlineData(31, 25, "BTF type 1 has the unknown kind 25")]
    [InlineData(43, 1, "BTF type 2 has a name outside the strings")]
    [InlineData(47, 4, "BTF type 2 is cut short")]
    public void Data_that_is_damaged_is_refused(int at, byte value, string message)
    {
        var bytes = Convert.FromHexString(HandMade);
        bytes[at] = value;
        if (at == 47) bytes[44] = 1; // a struct with one member, and no room for it
        Assert.Equal(message, Assert.Throws<InvalidDataException>(() => new BtfReader(bytes)).Message);
    }

    [Theory]
    [InlineData(ByteOrder.Little)]
    [InlineData(ByteOrder.Big)]
    public void Members_are_found_through_anonymous_ones(ByteOrder order)
    {
        var types = Small(order);
        var task = types.Find(BtfKind.Struct, "task");
        BtfMember At(string name) => types.FindMember(task, name) ?? throw new InvalidOperationException(name);
        Assert.Equal((4, "pid_t pid"), (At("pid").Offset, BtfPrinter.Declare(types, At("pid").TypeId, "pid")));
        Assert.Equal((8, "char comm[16]"), (At("comm").Offset, BtfPrinter.Declare(types, At("comm").TypeId, "comm")));
        Assert.Equal((24, "int"), (At("raw").Offset, BtfPrinter.TypeName(types, At("raw").TypeId)));
        Assert.Equal((195, 29), (At("high").BitOffset, At("high").BitfieldSize));
        Assert.Equal((24, "void *"), (At("next").Offset, BtfPrinter.TypeName(types, At("next").TypeId)));
        Assert.Equal("const char *", BtfPrinter.TypeName(types, At("name").TypeId));
        Assert.Equal("volatile int", BtfPrinter.TypeName(types, At("state").TypeId));
        Assert.Null(types.FindMember(task, "nam"));
        Assert.Null(types.FindMember(At("pid").TypeId, "pid"));
        Assert.Equal(["state", "pid", "comm", "", "name"], types.Members(task).Select(m => m.Name));
    }

    [Fact]
    public void Names_are_found_whole_and_by_kind()
    {
        var types = Small();
        Assert.NotEqual(0, types.Find(BtfKind.Struct, "task"));
        Assert.NotEqual(0, types.Find(BtfKind.Enum, "state"));
        Assert.Equal(0, types.Find(BtfKind.Struct, "state"));
        Assert.Equal(0, types.Find(BtfKind.Struct, "tas"));
        Assert.Equal(0, types.Find(BtfKind.Struct, "ask"));
        Assert.Equal(0, types.Find(BtfKind.Struct, ""));
        Assert.Equal(["pid_t"], types.FindAll(BtfKind.Typedef, "pid").Select(types.Name));
        Assert.Equal(["pid_t", "__kernel_pid_t"], types.FindAll(BtfKind.Typedef, n => n.EndsWith("pid_t"u8)).Select(types.Name).OrderDescending(StringComparer.Ordinal));
    }

    [Fact]
    public void A_raw_tracepoints_prototype_is_found()
    {
        var types = Small();
        var prototype = types.FindRawTracepoint("switch");
        Assert.Equal(["__data", "t", "preempt"], types.Parameters(prototype).Select(p => p.Name));
        Assert.Equal("struct task *", BtfPrinter.TypeName(types, types.Parameters(prototype)[1].TypeId));
        Assert.Equal(0, types.ResultOf(prototype));
        Assert.Equal(0, types.FindRawTracepoint("swit"));
        var function = types.Find(BtfKind.Function, "switch_to");
        Assert.Equal(types.Parameters(prototype), types.Parameters(function));
        Assert.Equal("void switch_to(void *__data, struct task *t, int preempt)", BtfPrinter.TypeName(types, function));
    }

    [Fact]
    public void Enum_values_follow_the_enums_sign()
    {
        var types = Small();
        Assert.Equal([new("RUNNING", 0), new BtfEnumValue("DEAD", -1)], types.EnumValues(types.Find(BtfKind.Enum, "state")));
        Assert.Equal([new BtfEnumValue("TOP", 0x80000000)], types.EnumValues(types.Find(BtfKind.Enum, "flag")));
        Assert.Equal([new BtfEnumValue("ALL", -1)], types.EnumValues(types.Find(BtfKind.Enum64, "wide")));
        Assert.Equal([0L, -1, 0x80000000, -1, null, null], ((string[])["RUNNING", "DEAD", "TOP", "ALL", "state", "RUN"]).Select(types.FindEnumerator));
    }

    [Fact]
    public void A_modules_types_go_on_where_the_kernels_end()
    {
        var kernel = Small();
        // struct mine { task *of; } where type and one name are the kernel's: strings and ids are offset by hand.
        int task = kernel.Find(BtfKind.Struct, "task"), names = kernelStringsLength();
        var to = new ByteBuffer(ByteOrder.Little);
        var own = Encoding.UTF8.GetBytes("mine\0of\0");
        foreach (var word in (int[])[0x0001eb9f, 24, 0, 36, 36, own.Length]) to.U32(word);
        foreach (var word in (int[])[0, 2 << 24, task, names, 4 << 24 | 1, 8]) to.U32(word);
        foreach (var word in (int[])[names + 5, kernel.TypeCount, 0]) to.U32(word);
        to.Bytes(own);
        var module = new BtfReader(to.ToArray(), kernel);

        Assert.Equal(kernel.TypeCount, module.FirstId);
        Assert.Equal(kernel.TypeCount + 2, module.TypeCount);
        var mine = module.Find(BtfKind.Struct, "mine");
        Assert.Equal(kernel.TypeCount + 1, mine);
        Assert.Equal("struct task *", BtfPrinter.TypeName(module, module.FindMember(mine, "of")!.Value.TypeId));
        Assert.Equal(task, module.Find(BtfKind.Struct, "task"));
        Assert.Equal(4, module.FindMember(task, "pid")!.Value.Offset);
        Assert.Equal(8, module.PointerSize);
        Assert.Equal(0, module.Find(BtfKind.Union, "mine"));

        int kernelStringsLength() => BitConverter.ToInt32(SmallBtf.Bytes(ByteOrder.Little), 20);
    }
}
