using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Tests.Ir;

public class IrCheckerTests
{
    [Fact]
    public void WhatTheBuilderMakesIsRight() => IrChecker.Check(Sample.CountByArgument(), "building");

    [Fact]
    public void APassThatDropsAnAssignmentIsFound()
    {
        var function = Sample.CountByArgument();
        var entry = function.Blocks[0].Ops;
        entry.RemoveAll(op => op.Definition() == new VReg(0));
        Finds(function, "v0 may be read before being assigned");
    }

    [Fact]
    public void ARegisterAssignedOnOnePathOnlyIsFound()
    {
        var ir = Sample.Builder();
        var (some, end) = (ir.NewBlock(), ir.NewBlock());
        var value = ir.NewRegister();
        ir.Branch(IrCondition.Eq, ir.Load(ir.Context(), 0), 0, some, end);
        ir.Start(some);
        ir.Assign(value, 1);
        ir.Start(end);
        ir.Return(value);
        Finds(ir.Finish(), "v0 may be read before being assigned");
    }

    [Fact]
    public void ARegisterAssignedOnBothPathsIsRight()
    {
        var ir = Sample.Builder();
        var (one, other, end) = (ir.NewBlock(), ir.NewBlock(), ir.NewBlock());
        var value = ir.NewRegister();
        ir.Branch(IrCondition.Eq, ir.Load(ir.Context(), 0), 0, one, other);
        ir.Start(one);
        ir.Assign(value, 1);
        ir.Jump(end);
        ir.Start(other);
        ir.Assign(value, 2);
        ir.Start(end);
        ir.Return(value);
        IrChecker.Check(ir.Finish(), "building");
    }

    [Fact]
    public void APassThatLosesATerminatorIsFound()
    {
        var function = Sample.CountByArgument();
        function.Blocks[2].Ops.RemoveAt(function.Blocks[2].Ops.Count - 1);
        Finds(function, "b2 has no terminator");
    }

    [Fact]
    public void APassThatJoinsBlocksWronglyIsFound()
    {
        var function = Sample.CountByArgument();
        function.Blocks[2].Ops.AddRange(function.Blocks[3].Ops);
        Finds(function, "'jump b4' stands within b2");
    }

    [Fact]
    public void APassThatDropsABlockInUseIsFound()
    {
        var function = Sample.CountByArgument();
        Finds(function with { Blocks = function.Blocks.RemoveAt(2) }, "'if v8 != 0 then b2 else b3' leaves the function");
    }

    [Fact]
    public void ABranchBackToTheEntryIsFound()
    {
        var ir = Sample.Builder();
        var next = ir.NewBlock();
        ir.Start(next);
        ir.Return(0);
        var function = ir.Finish();
        function.Blocks[1].Ops[^1] = new IrOp.Jump(function.Blocks[0], default);
        Finds(function, "'jump b0' goes back to the entry");
    }

    [Fact]
    public void ABlockThatIsThereTwiceIsFound()
    {
        var function = Sample.CountByArgument();
        Finds(function with { Blocks = function.Blocks.Add(function.Blocks[1]) }, "two blocks are b1");
    }

    public static TheoryData<string> Shapes => [.. WrongOps.Keys];

    private static Dictionary<string, Func<VReg, FrameSlot, IrOp>> WrongOps => new()
    {
        ["a size is 1, 2, 4 or 8"] = (v, _) => new IrOp.Load(v, 3, false, v, 0, default),
        ["an atomic's size is 4 or 8"] = (v, _) => new IrOp.Atomic(IrAtomic.Add, 2, v, 0, v, null, null, default),
        ["an exchange has a destination"] = (v, _) => new IrOp.Atomic(IrAtomic.Exchange, 8, v, 0, v, null, null, default),
        ["a compare-exchange has a destination and an expected value"] = (v, _) => new IrOp.Atomic(IrAtomic.CompareExchange, 8, v, 0, v, null, v, default),
        ["only a compare-exchange has an expected value"] = (v, _) => new IrOp.Atomic(IrAtomic.Add, 8, v, 0, v, v, v, default),
        ["a helper takes at most 5 arguments"] = (v, _) => new IrOp.Call(v, BpfHelper.TracePrintk, [1, 2, 3, 4, 5, 6], CallEffect.Any, default),
        ["v99 is beyond the 2 registers of the function"] = (_, _) => new IrOp.Const(new VReg(99), 0, default),
        ["the slot is not the function's"] = (v, _) => new IrOp.FrameAddress(v, new FrameSlot(0, 8, "another"), 0, default),
        ["outside of the slot"] = (v, slot) => new IrOp.FrameAddress(v, slot, 24, default),
        ["outside of the section"] = (v, _) => new IrOp.DataAddress(v, DataKind.Bss, -8, default),
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void AnOpThatCannotBeIsFound(string fault)
    {
        var ir = Sample.Builder();
        var slot = ir.NewSlot(16, "buffer");
        var value = ir.Load(ir.Context(), 0);
        ir.Emit(WrongOps[fault](value, slot));
        Finds(ir.Finish(), fault);
    }

    [Fact]
    public void AnAccessBesideASlotIsFound()
    {
        var ir = Sample.Builder();
        ir.Store(ir.Address(ir.NewSlot(16, "buffer"), 8), 4, 0);
        Finds(ir.Finish(), "'store u64 [v0 + 4], 0' in b0: outside of the slot");
    }

    private static void Finds(IrFunction function, string fault)
    {
        var thrown = Assert.Throws<InvalidOperationException>(() => IrChecker.Check(function, "the test"));
        Assert.Contains(fault, thrown.Message);
        Assert.StartsWith("wrong IR after the test: ", thrown.Message);
        Assert.EndsWith(IrPrinter.Print(function), thrown.Message);
    }
}
