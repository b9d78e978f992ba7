using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Tests.Ir;

public class IrPrinterTests
{
    [Fact]
    public void EveryOpHasItsForm()
    {
        var ir = Sample.Builder();
        var slot = ir.NewSlot(20, "buffer");
        var (context, end) = (ir.Context(), ir.NewBlock());
        var number = ir.Load(context, 8, 4, signed: true);
        ir.Store(ir.Address(slot, 8), -8, number, 2);
        var sum = ir.Binary(IrBinary.ShrS, ir.Binary(IrBinary.Add, number, 1L << 40), -1);
        ir.Emit(new IrOp.FieldOffset(ir.NewRegister(), new CoreField(7, "0:1", "task_struct.pid"), 1234, default));
        var data = ir.Data(DataKind.Bss, 16);
        ir.AtomicAdd(data, 0, sum);
        ir.Emit(new IrOp.Atomic(IrAtomic.CompareExchange, 4, data, 8, sum, number, ir.NewRegister(), default));
        ir.Call(BpfHelper.MapLookupElem, CallEffect.Any, ir.Map(Sample.Counts), ir.Address(slot));
        ir.CallVoid(BpfHelper.KtimeGetNs);
        ir.Call(BpfHelper.KtimeGetNs, CallEffect.Read);
        ir.Branch(IrCondition.Test, Sample.Pid(ir), ir.Compare(IrCondition.LeU, sum, ir.Copy(number)), end, end);
        ir.Start(end);
        Assert.Equal("""
            function handler
              slot %0(buffer): 24 bytes
            b0:
              v0 = context
              v1 = load s32 [v0 + 8]
              v2 = frame %0(buffer) + 8
              store u16 [v2 - 8], v1
              v3 = add v1, 1099511627776
              v4 = shrs v3, -1
              v5 = offset task_struct.pid (1234)
              v6 = data .bss + 16
              atomic add u64 [v6], v4
              v7 = atomic cmpxchg u32 [v6 + 8], v4 if v1
              v8 = map counts
              v9 = frame %0(buffer)
              v10 = call map_lookup_elem(v8, v9)
              call ktime_get_ns()
              v11 = call ktime_get_ns() reads
              v12 = call get_current_pid_tgid() per run
              v13 = shru v12, 32
              v14 = v1
              v15 = v4 <=u v14
              if v13 test v15 then b1 else b1
            b1:
              return 0

            """, IrPrinter.Print(ir.Finish()));
    }

    [Fact]
    public void AModuleShowsItsMapsDataAndSections()
    {
        var ir = Sample.Builder();
        var module = new IrModule(null!, [new IrProgram("raw_tp/kfree_skb", ir.Finish())], [Sample.Counts with { Flags = 1 }],
            [new DataSection(DataKind.Bss, 16, [new DataVariable("stop", 8, 8)], [])]);
        Assert.Equal("""
            map counts: Hash key 8 value 8 max 1024 flags 0x1
            .bss: 16 bytes
                stop at 8, 8 bytes

            section "raw_tp/kfree_skb"
            function handler
            b0:
              return 0

            """, IrPrinter.Print(module));
    }
}
