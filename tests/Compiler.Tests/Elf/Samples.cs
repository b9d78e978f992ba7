using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Btf;
using Ktap.Compiler.Elf;
using static Ktap.Compiler.Bpf.BpfInstruction;
using static Ktap.Compiler.Bpf.BpfRegister;

namespace Ktap.Compiler.Tests.Elf;

/// <summary>Objects built with nothing but instructions, BTF and ELF.</summary>
public static class Samples
{
    private const string Section = "raw_tp/sys_enter";
    private const string Source = "count.kp";

    /// <summary>
    /// Two programs in one section: one adds to a counter in .bss, one stores into a hash map what a static function gives;
    /// with types, functions and source lines.
    /// </summary>
    public static ElfObject Counting(ByteOrder order)
    {
        var add = new Assembler { Tag = 1 };
        add.LoadSymbol(R1, "hits");
        add.Emit(Mov(R2, 1));
        add.Emit(Atomic(BpfAtomicOp.Add, BpfSize.Double, R1, 0, R2));
        add.Tag = 2;
        add.Emit(Mov(R0, 0));
        add.Emit(Exit());

        var store = new Assembler { Tag = 3 };
        store.Emit(Mov(R1, 7));
        store.Emit(Store(BpfSize.Word, R10, -4, R1));
        store.Emit(Mov(R1, 20));
        store.CallSymbol("twice");
        store.Emit(Store(BpfSize.Double, R10, -16, R0));
        store.LoadSymbol(R1, "last");
        store.Emit(Mov(R2, R10));
        store.Emit(Alu(BpfAluOp.Add, R2, -4));
        store.Emit(Mov(R3, R10));
        store.Emit(Alu(BpfAluOp.Add, R3, -16));
        store.Emit(Mov(R4, 0));
        store.Emit(Call(BpfHelper.MapUpdateElem));
        store.Tag = 2;
        store.Emit(Mov(R0, 0));
        store.Emit(Exit());

        var thrice = new Assembler { Tag = 4 };
        thrice.Emit(Mov(R0, 0));
        thrice.Emit(Exit());
        var twice = new Assembler { Tag = 5 };
        twice.Emit(Mov(R0, R1));
        twice.Emit(Alu(BpfAluOp.Add, R0, R1));
        twice.Emit(Exit());

        var types = new BtfWriter(order);
        var u32 = types.Int("unsigned int", 4);
        var u64 = types.Int("unsigned long", 8);
        var result = types.Int("int", 4, BtfEncoding.Signed);
        var program = types.FunctionPrototype(result, new BtfParameter("ctx", types.Pointer(0)));
        var helper = types.FunctionPrototype(u64, new BtfParameter("x", u64));
        ImmutableArray<MapDefinition> maps =
        [
            new("other", BpfMapType.Array, KeySize: 4, ValueSize: 16, MaxEntries: 2),
            new("last", BpfMapType.Hash, MaxEntries: 64, KeyType: u32, ValueType: u64),
        ];
        types.MapSection(maps);
        types.DataSection(".bss", 16,
            new(types.Variable("pad", u64), 0, 8), new(types.Variable("hits", u64), 8, 8));

        return WithDebugInformation(order, types, maps,
        [
            (Section, "add", add.Finish(), types.Function("add", program, BtfLinkage.Global)),
            (Section, "store", store.Finish(), types.Function("store", program, BtfLinkage.Global)),
            (ElfProgram.FunctionSection, "thrice", thrice.Finish(), types.Function("thrice", helper, BtfLinkage.Static)),
            (ElfProgram.FunctionSection, "twice", twice.Finish(), types.Function("twice", helper, BtfLinkage.Static)),
        ],
        [new(".bss", 16, [], [new("pad", 0, 8), new("hits", 8, 8)])]);
    }

    /// <summary>A program that calls back a static function, a map of maps with its first slots filled, and constants.</summary>
    public static ElfObject Advanced(ByteOrder order)
    {
        var main = new Assembler { Tag = 1 };
        main.Emit(Mov(R1, 8));
        main.LoadFunction(R2, "round");
        main.LoadSymbol(R3, "start");
        main.Emit(Load(BpfSize.Double, R3, R3, 0));
        main.Emit(Mov(R3, 0));
        main.Emit(Mov(R4, 0));
        main.Emit(Call(BpfHelper.Loop));
        main.Emit(Store(BpfSize.Word, R10, -4, 1));
        main.LoadSymbol(R1, "outer");
        main.Emit(Mov(R2, R10));
        main.Emit(Alu(BpfAluOp.Add, R2, -4));
        main.Emit(Call(BpfHelper.MapLookupElem));
        main.Emit(Mov(R0, 0));
        main.Emit(Exit());
        var skipped = new Assembler { Tag = 2 };
        skipped.Emit(Mov(R0, 0));
        skipped.Emit(Exit());
        var round = new Assembler { Tag = 3 };
        round.LoadSymbol(R1, "start", 8);
        round.Emit(Load(BpfSize.Double, R0, R1, 0));
        round.Emit(Mov(R0, 0));
        round.Emit(Exit());

        var types = new BtfWriter(order);
        var u64 = types.Int("unsigned long", 8);
        var result = types.Int("int", 4, BtfEncoding.Signed);
        var program = types.FunctionPrototype(result, new BtfParameter("ctx", types.Pointer(0)));
        var callback = types.FunctionPrototype(u64, new("i", u64), new("ctx", types.Pointer(0)));
        var inner = new MapDefinition("", BpfMapType.Array, KeySize: 4, ValueSize: 8, MaxEntries: 4);
        ImmutableArray<MapDefinition> maps =
        [
            inner with { Name = "even" },
            inner with { Name = "odd" },
            new MapDefinition("outer", BpfMapType.ArrayOfMaps, KeySize: 4, MaxEntries: 2, Inner: inner) { Slots = ["even", "odd"] },
        ];
        types.MapSection(maps);
        types.DataSection(".rodata", 16, new BtfSectionVariable(types.Variable("start", types.Array(u64, 2)), 0, 16));
        return WithDebugInformation(order, types, maps,
        [
            ("raw_tp/sys_exit", "main", main.Finish(), types.Function("main", program, BtfLinkage.Global)),
            (ElfProgram.FunctionSection, "skipped", skipped.Finish(), types.Function("skipped", callback, BtfLinkage.Static)),
            (ElfProgram.FunctionSection, "round", round.Finish(), types.Function("round", callback, BtfLinkage.Static)),
        ],
        [new(".rodata", 16, [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0], [new("start", 0, 16)])]);
    }

    /// <summary>
    /// A program that reads a field at the offset the running kernel gives it, and calls kernel functions that it declares;
    /// of the task it knows nothing but that member.
    /// </summary>
    public static ElfObject Relocated(ByteOrder order)
    {
        var main = new Assembler { Tag = 1 };
        main.Emit(Call(BpfHelper.GetCurrentTaskBtf));
        var read = main.Position;
        main.Emit(Load(BpfSize.Word, R6, R0, 0));
        main.Emit(Mov(R1, R10));
        main.Emit(Alu(BpfAluOp.Add, R1, -8));
        main.Emit(Mov(R2, 0));
        main.Emit(Mov(R3, 3));
        main.CallSymbol("bpf_iter_num_new");
        main.Emit(Mov(R1, R10));
        main.Emit(Alu(BpfAluOp.Add, R1, -8));
        main.CallSymbol("bpf_iter_num_destroy");
        main.Emit(Mov(R0, 0));
        main.Emit(Exit());
        var code = main.Finish();

        var types = new BtfWriter(order);
        var number = types.Int("int", 4, BtfEncoding.Signed);
        var u64 = types.Int("unsigned long long", 8);
        var task = types.Struct("task_struct", 4, new BtfMember("pid", number, 0));
        var iterator = new BtfParameter("it", types.Pointer(types.Struct("bpf_iter_num", 8, new BtfMember("__opaque", types.Array(u64, 1), 0))));
        var make = types.Function("bpf_iter_num_new", types.FunctionPrototype(number, iterator, new("start", number), new("end", number)), BtfLinkage.Extern);
        var end = types.Function("bpf_iter_num_destroy", types.FunctionPrototype(0, iterator), BtfLinkage.Extern);
        types.DataSection(".ksyms", 0, new(make, 0, 0), new(end, 0, 0));
        var function = types.Function("main", types.FunctionPrototype(number, new BtfParameter("ctx", types.Pointer(0))), BtfLinkage.Global);
        var ext = new BtfExtWriter(types);
        ext.Function("raw_tp/sys_exit", 0, function);
        ext.Line("raw_tp/sys_exit", 0, Source, "print(pid)", 1, 1);
        ext.Core("raw_tp/sys_exit", read, task, "0:0", CoreRelocationKind.FieldByteOffset);
        return new ElfObject(order)
        {
            Programs = [new("raw_tp/sys_exit", "main", code.Instructions, code.Relocations)],
            KernelFunctions = ["bpf_iter_num_new", "bpf_iter_num_destroy"],
            BtfExt = ext.ToArray(),
            Btf = types.ToArray(),
        };
    }

    private static ElfObject WithDebugInformation(
        ByteOrder order, BtfWriter types, ImmutableArray<MapDefinition> maps,
        ImmutableArray<(string Section, string Name, AssembledCode Code, int Function)> functions, ImmutableArray<ElfDataSection> data)
    {
        var result = new ElfObject(order)
        {
            Programs = [.. functions.Select(f => new ElfProgram(f.Section, f.Name, f.Code.Instructions, f.Code.Relocations))],
            Maps = maps,
            Data = data,
        };
        var ext = new BtfExtWriter(types);
        foreach (var ((section, _, code, function), start) in functions.Zip(result.Starts()))
        {
            ext.Function(section, start, function);
            for (var i = 0; i < code.Tags.Length; i++)
                if (i == 0 || code.Tags[i] != code.Tags[i - 1])
                    ext.Line(section, start + i, Source, $"line {code.Tags[i]} of the script", code.Tags[i], 5);
        }
        return result with { BtfExt = ext.ToArray(), Btf = types.ToArray() };
    }
}
