using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Tests.Optimization;

/// <summary>What nobody wants.</summary>
public class DeadCodeTests : OptimizerTest
{
    [Fact]
    public void WhatNobodyReadsIsGoneAlsoInCircles()
    {
        var (loop, end) = (Ir.NewBlock(), Ir.NewBlock());
        var (count, i) = (Ir.NewRegister(), Ir.NewRegister());
        var unread = Ir.NewSlot(8, "unread");
        Ir.Assign(count, 0);
        Ir.Assign(i, 0);
        Ir.Start(loop);
        Ir.Assign(count, Ir.Binary(IrBinary.Add, count, 5));
        Ir.Store(Ir.Address(unread), 0, count);
        Ir.Call(BpfHelper.KtimeGetNs, CallEffect.Read);
        Ir.Call(BpfHelper.TracePrintk, CallEffect.Any, 1, 2);
        Ir.Assign(i, Ir.Binary(IrBinary.Add, i, 1));
        Ir.Branch(IrCondition.LtU, i, 3, loop, end);
        Ir.Start(end);
        Becomes("""
            b0:
              v1 = 0
              jump b1
            b1:
              call trace_printk(1, 2)
              v6 = add v1, 1
              v1 = v6
              if v1 <u 3 then b1 else b2
            b2:
              return 0
            """);
    }

    [Fact]
    public void AResultNobodyWantsIsTakenFromAnAtomic()
    {
        var word = Ir.Data(DataKind.Bss, 0);
        Ir.Emit(new IrOp.Atomic(IrAtomic.Add, 8, word, 0, Argument(0), null, Ir.NewRegister(), default));
        Becomes("""
            b0:
              v0 = data .bss
              v1 = context
              v2 = load u64 [v1]
              atomic add u64 [v0], v2
              return 0
            """);
    }
}
