using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Tests.Optimization;

/// <summary>What loops hide from the verifier.</summary>
public class LoopConvergenceTests : OptimizerTest
{
    [Fact]
    public void WhatARoundMayHaveMadeKnownIsHiddenAtItsEndAndASumIsNot()
    {
        var (head, inside, known, next, end) = (Ir.NewBlock(), Ir.NewBlock(), Ir.NewBlock(), Ir.NewBlock(), Ir.NewBlock());
        var (n, sum) = (Ir.NewRegister(), Ir.NewRegister());
        Ir.Assign(n, 0);
        Ir.Assign(sum, 0);
        Ir.Start(head);
        Ir.Emit(new IrOp.Guard(inside, end, null, Ir.Span));
        Ir.Start(inside);
        Ir.Assign(n, Ir.Binary(IrBinary.Add, n, 1));
        Ir.Assign(sum, Ir.Binary(IrBinary.Add, sum, 2));
        Ir.Branch(IrCondition.Eq, n, 5, known, next);
        Ir.Start(known);
        Ir.Store(Ir.Data(DataKind.Bss, 64), 0, n);
        Ir.Start(next);
        Ir.Jump(head);
        Ir.Start(end);
        Ir.Return(sum);
        Becomes("""
            b0:
              v0 = 0
              v1 = 0
              jump b6
            b6:
              v5 = data .bss + 16
              v6 = load u64 [v5]
              v0 = add v0, v6
              v1 = add v1, v6
              jump b1
            b1:
              guard b2 else b5
            b2:
              v2 = add v0, 1
              v0 = v2
              v3 = add v1, 2
              v1 = v3
              v7 = data .bss + 16
              v8 = load u64 [v7]
              v0 = add v0, v8
              if v0 == 5 then b3 else b1
            b3:
              v4 = data .bss + 64
              store u64 [v4], v0
              v9 = data .bss + 16
              v10 = load u64 [v9]
              v0 = add v0, v10
              jump b1
            b5:
              return v1
            """);
    }

    [Fact]
    public void AGuardThatNothingComesBackToIsNoLoopAndTheCounterAroundItStaysKnown()
    {
        var (outer, again, inner, last, end) = (Ir.NewBlock(), Ir.NewBlock(), Ir.NewBlock(), Ir.NewBlock(), Ir.NewBlock());
        var (rounds, innerRounds) = (Ir.NewRegister(), Ir.NewRegister());
        Ir.Assign(rounds, 5);
        Ir.Start(outer);
        Ir.Emit(new IrOp.Guard(again, end, rounds, Ir.Span));
        Ir.Start(again);
        Ir.Assign(rounds, Ir.Binary(IrBinary.Sub, rounds, 1));
        Ir.Assign(innerRounds, 7);
        Ir.Start(inner);
        Ir.Emit(new IrOp.Guard(last, end, innerRounds, Ir.Span));
        Ir.Start(last);
        Ir.Branch(IrCondition.Eq, Argument(0), 0, outer, end);
        Ir.Start(end);
        Ir.Return(0);
        Becomes("""
            b0:
              v0 = 5
              jump b6
            b6:
              jump b1
            b1:
              if v0 == 0 then b5 else b7
            b7:
              jump b2
            b2:
              v2 = add v0, -1
              v0 = v2
              v1 = 7
              jump b4
            b4:
              v3 = context
              v4 = load u64 [v3]
              if v4 == 0 then b1 else b5
            b5:
              return 0
            """);
    }
}
