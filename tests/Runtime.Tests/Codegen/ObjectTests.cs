using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Btf;
using Ktap.Compiler.Codegen;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Optimization;
using Ktap.Compiler.Text;
using Ktap.Runtime.Machine;
using Ktap.Runtime.Tests.Machine;
using Xunit.Abstractions;

namespace Ktap.Runtime.Tests.Codegen;

/// <summary>Objects made from IR are taken by libbpf and the kernel, and do what they say.</summary>
public sealed class ObjectTests(ITestOutputHelper output) : KernelTest(output)
{
    private static readonly MapSpec Counts = new("counts", BpfMapType.Hash, 8, 8, 16);

    private static IrBuilder Builder(string name, string text = "# nothing\n") => new(name, SourceText.From(text, "object.kp"));

    [Fact]
    public void AHandlerCountsInAMap()
    {
        NeedKernel();
        var ir = Builder("count");
        var (found, missing, end) = (ir.NewBlock(), ir.NewBlock(), ir.NewBlock());
        var (key, value) = (ir.NewSlot(8, "key"), ir.NewSlot(8, "value"));
        ir.Store(ir.Address(key), 0, ir.Load(ir.Context(), 8));
        var place = ir.Call(BpfHelper.MapLookupElem, CallEffect.Any, ir.Map(Counts), ir.Address(key));
        ir.Branch(IrCondition.Ne, place, 0, found, missing);
        ir.Start(found);
        ir.AtomicAdd(place, 0, 1);
        ir.Jump(end);
        ir.Start(missing);
        ir.Store(ir.Address(value), 0, 1);
        ir.CallVoid(BpfHelper.MapUpdateElem, ir.Map(Counts), ir.Address(key), ir.Address(value), 1);
        ir.Start(end);
        var loaded = Load(new IrModule(new TestTarget(), [new IrProgram("raw_tp/sys_enter", ir.Finish())], [Counts], []));

        foreach (var argument in new ulong[] { 7, 8, 7, 7 }) Run(loaded, "count", 0, argument);
        Assert.Equal((3L, 1L), (Count(loaded, 7), Count(loaded, 8)));
    }

    [Fact]
    public void PointersThatMayBeNullKeepTheirTypeInTheFrame()
    {
        NeedKernel();
        // More places looked up than registers are kept over calls, and only then asked whether they are there.
        var ir = Builder("places");
        var places = new List<VReg>();
        for (var i = 0; i < 8; i++) places.Add(ir.Call(BpfHelper.MapLookupElem, CallEffect.Any, ir.Map(Counts), Filled(ir, i)));
        var found = ir.NewRegister();
        ir.Assign(found, 0);
        foreach (var place in places)
        {
            var (there, next) = (ir.NewBlock(), ir.NewBlock());
            ir.Branch(IrCondition.Ne, place, 0, there, next);
            ir.Start(there);
            ir.AtomicAdd(place, 0, 100);
            ir.CallVoid(BpfHelper.KtimeGetNs);
            ir.Assign(found, ir.Binary(IrBinary.Add, found, ir.Load(place, 0)));
            ir.Start(next);
        }
        ir.Return(found);
        var loaded = Load(new IrModule(new TestTarget(), [new IrProgram("raw_tp/sys_enter", ir.Finish())], [Counts], []));
        foreach (var key in new long[] { 0, 3, 4, 7 }) Machine.Update(loaded.Map("counts"), BitConverter.GetBytes(key), BitConverter.GetBytes(key));
        Assert.Equal(414u, Run(loaded, "places"));
        Assert.Equal((100L, 103L, 104L, 107L), (Count(loaded, 0), Count(loaded, 3), Count(loaded, 4), Count(loaded, 7)));
    }

    [Fact]
    public void AnIndexCheckedInABranchIsKnownToBeSmallWhereTheBranchLeads()
    {
        NeedKernel();
        // The index lives in the frame, because calls and many values are about.
        var table = new MapSpec("table", BpfMapType.Array, 4, 64, 1);
        var ir = Builder("indexed");
        var values = Enumerable.Range(0, 8).Select(i => ir.Load(ir.Context(), 8 * i)).ToArray();
        var key = ir.NewSlot(8, "key");
        ir.Store(ir.Address(key), 0, 0);
        var place = ir.Call(BpfHelper.MapLookupElem, CallEffect.Any, ir.Map(table), ir.Address(key));
        var (there, small, end) = (ir.NewBlock(), ir.NewBlock(), ir.NewBlock());
        ir.Branch(IrCondition.Ne, place, 0, there, end);
        ir.Start(there);
        ir.CallVoid(BpfHelper.KtimeGetNs);
        ir.Branch(IrCondition.LtU, values[0], 8, small, end);
        ir.Start(small);
        ir.AtomicAdd(ir.Binary(IrBinary.Add, place, ir.Binary(IrBinary.Shl, values[0], 3)), 0, values.Aggregate((a, b) => ir.Binary(IrBinary.Add, a, b)));
        ir.Start(end);
        var loaded = Load(new IrModule(new TestTarget(), [new IrProgram("raw_tp/sys_enter", ir.Finish())], [table], []));
        Run(loaded, "indexed", 5, 1, 2, 3, 4, 5, 6, 7);
        Run(loaded, "indexed", 8);
        var content = new byte[64];
        Assert.True(Machine.Lookup(loaded.Map("table"), new byte[4], content));
        Assert.Equal([0, 0, 0, 0, 0, 33, 0, 0], MemoryMarshal.Cast<byte, long>(content).ToArray());
    }

    [Fact]
    public void DataIsWhereItsVariablesSay()
    {
        NeedKernel();
        var ir = Builder("sum");
        ir.AtomicAdd(ir.Data(DataKind.Bss, 24), 0, ir.Load(ir.Context(), 0));
        ir.Store(ir.Data(DataKind.Bss, 0), 8, ir.Load(ir.Context(), 8));
        ir.Return(ir.Load(ir.Data(DataKind.Rodata, 12), 0, 4));
        var loaded = Load(new IrModule(new TestTarget(), [new IrProgram("raw_tp/sys_enter", ir.Finish())], [],
        [
            new DataSection(DataKind.Bss, 32, [new DataVariable("words", 0, 24), new DataVariable("total", 24, 8)], []),
            new DataSection(DataKind.Rodata, 16, [new DataVariable("first", 0, 8), new DataVariable("second", 8, 8)], [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 5, 0, 0]),
        ]));

        Assert.Equal(0x504u, Run(loaded, "sum", 100, 200));
        Run(loaded, "sum", 11, 300);
        Assert.Equal((111L, 300L), (Read(loaded, 24), Read(loaded, 8)));
    }

    [Fact]
    public void ProgramsOfOneSectionAreSeparate()
    {
        NeedKernel();
        var programs = Enumerable.Range(0, 3).Select(i =>
        {
            var ir = Builder($"program_{i}");
            ir.CallVoid(BpfHelper.MapUpdateElem, ir.Map(Counts), Filled(ir, i), Filled(ir, i * 10), 0);
            ir.Return(i + 40);
            return new IrProgram("raw_tp/sys_enter", ir.Finish());
        });
        var loaded = Load(new IrModule(new TestTarget(), [.. programs], [Counts], []));
        Assert.Equal([40u, 41u, 42u], Enumerable.Range(0, 3).Select(i => Run(loaded, $"program_{i}")));
        Assert.Equal((0L, 10L, 20L), (Count(loaded, 0), Count(loaded, 1), Count(loaded, 2)));
    }

    [Fact]
    public void TheKernelKnowsTheScriptsLines()
    {
        NeedKernel();
        const string text = "trace sched:sched_switch {\n    a = nsecs\n    b = arg1\n}\n";
        var ir = Builder("lines", text);
        ir.Span = new TextSpan(text.IndexOf("a = nsecs", StringComparison.Ordinal), 9);
        var now = ir.Call(BpfHelper.KtimeGetNs, CallEffect.Any);
        ir.Span = new TextSpan(text.IndexOf("b = arg1", StringComparison.Ordinal), 8);
        ir.Return(ir.Binary(IrBinary.Add, now, ir.Load(ir.Context(), 0)));
        var image = Build(new IrModule(new TestTarget(), [new IrProgram("raw_tp/sched_switch", ir.Finish())], [], []), keepCoreRelocations: false);
        var log = Machine.Load(image, new LoadOptions { VerifierLogLevel = 2 }).VerifierLog;
        Assert.Contains("a = nsecs @ object.kp:2", log);
        Assert.Contains("b = arg1 @ object.kp:3", log);
    }

    [Fact]
    public void RecordsGoThroughARing()
    {
        NeedKernel();
        var ring = new MapSpec("ring", BpfMapType.Ringbuf, 0, 0, 65536);
        var ir = Builder("send");
        var record = ir.NewSlot(16, "record");
        ir.Store(ir.Address(record), 0, ir.Load(ir.Context(), 0));
        ir.Store(ir.Address(record), 8, 42);
        ir.Return(ir.Call(BpfHelper.RingbufOutput, CallEffect.Any, ir.Map(ring), ir.Address(record), 16, 0));
        var loaded = Load(new IrModule(new TestTarget(), [new IrProgram("raw_tp/sys_enter", ir.Finish())], [ring], []));
        Assert.Equal(0u, Run(loaded, "send", 1234));
        var batch = new RecordBatch(4096);
        Assert.Equal(1, Machine.DrainRing(loaded.Map("ring"), batch));
        foreach (var sent in batch) Assert.Equal([1234L, 42L], MemoryMarshal.Cast<byte, long>(sent).ToArray());
    }

    [Fact]
    public void AFullFrameIsTaken()
    {
        NeedKernel();
        var ir = Builder("full");
        var slots = new[] { ir.NewSlot(256, "one"), ir.NewSlot(256, "other") };
        for (var at = 0; at < 256; at += 8)
            foreach (var slot in slots) ir.Store(ir.Address(slot), at, at);
        ir.CallVoid(BpfHelper.ProbeReadKernel, ir.Address(slots[0]), 256, ir.Address(slots[1]));
        ir.Return(ir.Load(ir.Address(slots[0]), 248));
        var loaded = Load(new IrModule(new TestTarget(), [new IrProgram("raw_tp/sys_enter", ir.Finish())], [], []));
        Assert.Equal(248u, Run(loaded, "full"));
    }

    /// <summary>
    /// Built for a kernel whose structs look different, the object finds the fields where this kernel has them; built for
    /// this run only, it has the offsets that it was told.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void FieldsAreFoundOnAnotherKernelIfWanted(bool keep)
    {
        NeedKernel();
        var other = new BtfWriter(ByteOrder.Little);
        var number = other.Int("int", 4, BtfEncoding.Signed);
        var inner = other.Struct("", 8, new BtfMember("other", number, 0), new BtfMember("tgid", number, 32));
        var entity = other.Struct("sched_entity", 24, new BtfMember("exec_start", other.Int("long long unsigned int", 8), 64));
        var name = other.Array(other.Int("char", 1, BtfEncoding.Signed), 16);
        var task = other.Struct("task_struct", 96,
            new BtfMember("", inner, 64), new BtfMember("se", other.Const(entity), 128), new BtfMember("comm", name, 512), new BtfMember("mm", other.Pointer(0), 640));
        var fields = new (CoreField Field, int Value, string[] Path, int Extra)[]
        {
            (new CoreField(task, "0:0:1", "task_struct.tgid"), 12, ["tgid"], 0),
            (new CoreField(task, "0:1:0", "task_struct.se.exec_start"), 24, ["se", "exec_start"], 0),
            (new CoreField(task, "0:2:3", "task_struct.comm[3]"), 67, ["comm"], 3),
            (new CoreField(task, "0:3", "task_struct.mm"), 80, ["mm"], 0),
        };

        var ir = Builder("offsets");
        var sum = ir.Const(0);
        foreach (var (field, value, _, _) in fields)
        {
            var offset = ir.NewRegister();
            ir.Emit(new IrOp.FieldOffset(offset, field, value, default));
            // Both as an operand of the addition and as a value of its own.
            sum = ir.Binary(IrBinary.Add, ir.Binary(IrBinary.Mul, sum, 131), offset);
            sum = ir.Binary(IrBinary.Xor, sum, offset);
        }
        ir.Return(sum);
        var target = new TestTarget(new BtfReader(other.ToArray()));
        var loaded = Load(new IrModule(target, [new IrProgram("raw_tp/sys_enter", ir.Finish())], [], []), keep);

        var kernel = new BtfReader(File.ReadAllBytes("/sys/kernel/btf/vmlinux"));
        var expected = 0L;
        foreach (var (_, value, path, extra) in fields)
        {
            var (type, offset) = (kernel.Find(BtfKind.Struct, "task_struct"), extra);
            foreach (var part in path)
            {
                var member = kernel.FindMember(type, part)!.Value;
                (type, offset) = (member.TypeId, offset + member.Offset);
            }
            if (!keep) offset = value;
            expected = (expected * 131 + offset) ^ offset;
        }
        Assert.Equal((uint)expected, Run(loaded, "offsets"));
    }

    private static VReg Filled(IrBuilder ir, long value)
    {
        var slot = ir.Address(ir.NewSlot(8, "filled"));
        ir.Store(slot, 0, value);
        return slot;
    }

    private LoadedObject Load(IrModule module, bool keepCoreRelocations = false) => Machine.Load(Build(module, keepCoreRelocations), new LoadOptions());

    private static byte[] Build(IrModule module, bool keepCoreRelocations)
    {
        module = module with { Programs = [.. module.Programs.Select(p => p with { Function = Optimizer.Optimize(p.Function) })] };
        var diagnostics = new DiagnosticBag();
        var code = module.Programs.Select(p => CodeGenerator.Generate(p.Function, diagnostics)).ToList();
        Assert.Empty(diagnostics);
        return ObjectBuilder.Build(module, code, keepCoreRelocations);
    }

    private uint Run(LoadedObject loaded, string program, params ReadOnlySpan<ulong> arguments)
    {
        Span<ulong> context = stackalloc ulong[12];
        arguments.CopyTo(context);
        return Machine.RunOnce(loaded.Program(program), MemoryMarshal.AsBytes(context)).Result;
    }

    private long Count(LoadedObject loaded, long key)
    {
        var value = new byte[8];
        Assert.True(Machine.Lookup(loaded.Map("counts"), BitConverter.GetBytes(key), value));
        return BitConverter.ToInt64(value);
    }
}
