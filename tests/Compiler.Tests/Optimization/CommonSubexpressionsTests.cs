using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Tests.Ir;

namespace Ktap.Compiler.Tests.Optimization;

/// <summary>What is computed, loaded or looked up once.</summary>
public class CommonSubexpressionsTests : OptimizerTest
{
    [Fact]
    public void WhatIsTheSameThroughoutARunIsFetchedOnce()
    {
        var (more, end) = (Ir.NewBlock(), Ir.NewBlock());
        var pid = Sample.Pid(Ir);
        Ir.Branch(IrCondition.Eq, pid, 1, more, end);
        Ir.Start(more);
        Ir.CallVoid(BpfHelper.SendSignal, Sample.Pid(Ir));
        Ir.CallVoid(BpfHelper.SendSignal, Sample.Pid(Ir));
        Ir.Start(end);
        Ir.Return(Sample.Pid(Ir));
        Becomes("""
            b0:
              v0 = call get_current_pid_tgid() per run
              v1 = shru v0, 32
              if v1 == 1 then b1 else b2
            b1:
              call send_signal(v1)
              call send_signal(v1)
              jump b2
            b2:
              return v1
            """);
    }

    [Fact]
    public void WhatOnlyOneArmHasFetchedIsFetchedAgainAfterIt()
    {
        var (more, end) = (Ir.NewBlock(), Ir.NewBlock());
        Ir.Branch(IrCondition.Eq, Argument(0), 1, more, end);
        Ir.Start(more);
        Ir.CallVoid(BpfHelper.SendSignal, Sample.Pid(Ir));
        Ir.Start(end);
        Ir.Return(Sample.Pid(Ir));
        var text = Optimized();
        Assert.Equal(3, text.Split("get_current_pid_tgid").Length);
    }

    [Fact]
    public void ClocksAreNotShared()
    {
        var start = Ir.Call(BpfHelper.KtimeGetNs, CallEffect.Read);
        Ir.Call(BpfHelper.KtimeGetNs, CallEffect.Read);
        Ir.Return(Ir.Binary(IrBinary.Sub, Ir.Call(BpfHelper.KtimeGetNs, CallEffect.Read), start));
        Becomes("""
            b0:
              v0 = call ktime_get_ns() reads
              v2 = call ktime_get_ns() reads
              v3 = sub v2, v0
              return v3
            """);
    }

    [Fact]
    public void FieldsOfTheTaskAreLoadedOnceOtherMemoryAgainAfterAStore()
    {
        var task = Ir.Call(BpfHelper.GetCurrentTaskBtf, CallEffect.PerRun);
        var word = Ir.Data(DataKind.Bss, 0);
        var first = Ir.Binary(IrBinary.Add, Ir.Load(task, 16, 4), Ir.Binary(IrBinary.Add, Ir.Load(word, 0), Ir.Load(word, 0)));
        Ir.Store(word, 8, first);
        var again = Ir.Call(BpfHelper.GetCurrentTaskBtf, CallEffect.PerRun);
        Ir.Return(Ir.Binary(IrBinary.Add, Ir.Load(again, 16, 4), Ir.Load(word, 0)));
        Becomes("""
            b0:
              v0 = call get_current_task_btf() per run
              v1 = data .bss
              v2 = load u32 [v0 + 16]
              v3 = load u64 [v1]
              v5 = add v3, v3
              v6 = add v2, v5
              store u64 [v1 + 8], v6
              v9 = load u64 [v1]
              v10 = add v2, v9
              return v10
            """);
    }

    [Fact]
    public void AKeyIsLookedUpOnceWhileTheProgramChangesNoMap()
    {
        var (map, key) = (Map("t", 8), Argument(0));
        var (found, end) = (Ir.NewBlock(), Ir.NewBlock());
        Ir.Branch(IrCondition.Ne, Ir.Call(BpfHelper.MapLookupElem, CallEffect.Any, Ir.Map(map), Keyed(key)), 0, found, end);
        Ir.Start(found);
        var second = Lookup(map, Keyed(key));
        Ir.CallVoid(BpfHelper.MapDeleteElem, Ir.Map(map), Keyed(key));
        Ir.Return(Ir.Binary(IrBinary.Add, second, Lookup(map, Keyed(key))));
        Ir.Start(end);
        Assert.Equal(2, Optimized().Split("call map_lookup_elem").Length - 1);
    }

    [Fact]
    public void AnotherKeyIsLookedUpToo()
    {
        var map = Map("t", 8);
        var first = Lookup(map, Keyed(Argument(0)));
        Ir.Return(Ir.Binary(IrBinary.Add, first, Lookup(map, Keyed(Argument(1)))));
        Assert.Equal(2, Optimized().Split("call map_lookup_elem").Length - 1);
    }

    [Fact]
    public void WhatWasStoredInTheFrameIsNotLoadedUnlessAHelperMayHaveWrittenThere()
    {
        var (a, b) = (Ir.NewSlot(8, "a"), Ir.NewSlot(8, "b"));
        Ir.Store(Ir.Address(a), 0, Argument(0));
        Ir.Store(Ir.Address(b), 0, Argument(1));
        Ir.CallVoid(BpfHelper.GetCurrentComm, Ir.Address(b), 8);
        Ir.Return(Ir.Binary(IrBinary.Add, Ir.Load(Ir.Address(a), 0), Ir.Load(Ir.Address(b), 0)));
        Becomes("""
            b0:
              v1 = context
              v2 = load u64 [v1]
              v3 = frame %1(b)
              v5 = load u64 [v1 + 8]
              store u64 [v3], v5
              call get_current_comm(v3, 8)
              v10 = load u64 [v3]
              v11 = add v2, v10
              return v11
            """);
    }

    private static MapSpec Map(string name, int key) => new(name, BpfMapType.Hash, key, 8, 16);

    private VReg Keyed(IrOperand word)
    {
        var address = Ir.Address(Ir.NewSlot(8, "key"));
        Ir.Store(address, 0, word);
        return address;
    }

    // What is under a key, 0 where nothing is.
    private VReg Lookup(MapSpec map, VReg key)
    {
        var (found, done) = (Ir.NewBlock(), Ir.NewBlock());
        var result = Ir.Copy(0L);
        var slot = Ir.Call(BpfHelper.MapLookupElem, CallEffect.Any, Ir.Map(map), key);
        Ir.Branch(IrCondition.Ne, slot, 0, found, done);
        Ir.Start(found);
        Ir.Assign(result, Ir.Load(slot, 0));
        Ir.Start(done);
        return result;
    }
}
