using Ktap.Compiler.Bpf;
using Ktap.Compiler.Btf;

namespace Ktap.Compiler.Tests.Btf;

public sealed class BtfPrinterTests
{
    [Theory]
    [InlineData(ByteOrder.Little)]
    [InlineData(ByteOrder.Big)]
    public void Types_print_one_a_line(ByteOrder order) => Assert.Equal("""
        [1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED
        [2] INT 'char' size=1 bits_offset=0 nr_bits=8 encoding=SIGNED
        [3] INT 'long unsigned int' size=8 bits_offset=0 nr_bits=64 encoding=(none)
        [4] TYPEDEF '__kernel_pid_t' type_id=1
        [5] TYPEDEF 'pid_t' type_id=4
        [6] STRUCT '(anon)' size=4 vlen=2
        	'low' type_id=1 bits_offset=0 bitfield_size=3
        	'high' type_id=1 bits_offset=3 bitfield_size=29
        [7] PTR '(anon)' type_id=0
        [8] UNION '(anon)' size=8 vlen=3
        	'raw' type_id=1 bits_offset=0
        	'(anon)' type_id=6 bits_offset=0
        	'next' type_id=7 bits_offset=0
        [9] VOLATILE '(anon)' type_id=1
        [10] INT '__ARRAY_SIZE_TYPE__' size=4 bits_offset=0 nr_bits=32 encoding=(none)
        [11] ARRAY '(anon)' type_id=2 index_type_id=10 nr_elems=16
        [12] CONST '(anon)' type_id=2
        [13] PTR '(anon)' type_id=12
        [14] STRUCT 'task' size=40 vlen=5
        	'state' type_id=9 bits_offset=0
        	'pid' type_id=5 bits_offset=32
        	'comm' type_id=11 bits_offset=64
        	'(anon)' type_id=8 bits_offset=192
        	'name' type_id=13 bits_offset=256
        [15] ENUM 'state' encoding=SIGNED size=4 vlen=2
        	'RUNNING' val=0
        	'DEAD' val=-1
        [16] ENUM 'flag' encoding=UNSIGNED size=4 vlen=1
        	'TOP' val=2147483648
        [17] ENUM64 'wide' encoding=UNSIGNED size=8 vlen=1
        	'ALL' val=18446744073709551615ULL
        [18] FWD 'hidden' fwd_kind=struct
        [19] PTR '(anon)' type_id=14
        [20] FUNC_PROTO '(anon)' ret_type_id=0 vlen=3
        	'__data' type_id=7
        	't' type_id=19
        	'preempt' type_id=1
        [21] PTR '(anon)' type_id=20
        [22] TYPEDEF 'btf_trace_switch' type_id=21
        [23] FUNC 'switch_to' type_id=20 linkage=static
        [24] VAR 'counter' type_id=1, linkage=global
        [25] DATASEC '.bss' size=4 vlen=1
        	type_id=24 offset=0 size=4 (VAR 'counter')
        [26] DECL_TAG 'kfunc' type_id=23 component_idx=-1
        [27] TYPE_TAG 'user' type_id=2
        [28] PTR '(anon)' type_id=27

        """, BtfPrinter.Print(new BtfReader(SmallBtf.Bytes(order))));

    [Fact]
    public void Declarations_nest_as_in_C()
    {
        var to = new BtfWriter(ByteOrder.Little);
        var number = to.Int("int", 4, BtfEncoding.Signed);
        var callback = to.Pointer(to.FunctionPrototype(to.Pointer(0), new("n", number), new("", 0)));
        var table = to.Array(to.Array(callback, 3), 2);
        var cell = to.Pointer(to.Array(number, 8));
        var anonymous = to.Pointer(to.Struct("", 0));
        var fixedPointer = to.Const(to.Pointer(number));
        var types = new BtfReader(to.ToArray());
        Assert.Equal("void *(*f[2][3])(int n, ...)", BtfPrinter.Declare(types, table, "f"));
        Assert.Equal("int (*)[8]", BtfPrinter.TypeName(types, cell));
        Assert.Equal("struct {...} *", BtfPrinter.TypeName(types, anonymous));
        Assert.Equal("int *const p", BtfPrinter.Declare(types, fixedPointer, "p"));
    }
}
