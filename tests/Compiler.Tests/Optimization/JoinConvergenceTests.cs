using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Optimization;

namespace Ktap.Compiler.Tests.Optimization;

/// <summary>How often the verifier would walk a function, and what is hidden from it where ways join.</summary>
public class JoinConvergenceTests : OptimizerTest
{
    [Fact]
    public void WaysThatLeaveANumberDifferentMultiply()
    {
        var sum = Sums(10);
        Ir.Return(Ir.Compare(IrCondition.Eq, sum, 5));
        // Each way through all ten is one that the last block is walked on.
        var count = Count(Ir.Finish());
        Assert.InRange(count.Operations, 1 << 10, 1 << 13);
    }

    [Fact]
    public void WaysThatLeaveTheSameAreOneAgain()
    {
        for (var i = 0; i < 100; i++)
        {
            var (then, next) = (Ir.NewBlock(), Ir.NewBlock());
            Ir.Branch(IrCondition.Test, Argument(i), 1, then, next);
            Ir.Start(then);
            Ir.CallVoid(BpfHelper.KtimeGetNs);
            Ir.Start(next);
        }
        Ir.Return(0);
        var count = Count(Ir.Finish());
        Assert.InRange(count.Operations, 300, 1000);
    }

    [Fact]
    public void WhatNobodyWantsAnyMorePartsNone()
    {
        for (var i = 0; i < 100; i++)
        {
            var value = Sums(1, i);
            var (then, next) = (Ir.NewBlock(), Ir.NewBlock());
            Ir.Branch(IrCondition.Ne, value, 0, then, next);
            Ir.Start(then);
            Ir.CallVoid(BpfHelper.KtimeGetNs);
            Ir.Start(next);
        }
        Ir.Return(0);
        Assert.InRange(Count(Ir.Finish()).Operations, 500, 2000);
    }

    [Fact]
    public void AShortFunctionKeepsWhatIsKnown()
    {
        Ir.Return(Ir.Compare(IrCondition.Eq, Sums(4), 5));
        Assert.Equal(0, HiddenPlaces(Optimizer.Optimize(Ir.Finish())));
    }

    [Fact]
    public void WhereTheWaysAreManyTheNumberIsHiddenNowAndThen()
    {
        Ir.Return(Ir.Compare(IrCondition.Eq, Sums(40), 5));
        var function = Optimizer.Optimize(Ir.Finish());
        // Seven sums make more than 64 ways.
        Assert.Equal(5, HiddenPlaces(function));
        Assert.InRange(Count(function).Operations, 40, 16_000);
    }

    [Fact]
    public void AnAddressOrAnOffsetIsNeverHidden()
    {
        // The offset into the frame is one of two on each of the ways, and the verifier has to know it where it is used.
        var slot = Ir.Address(Ir.NewSlot(64, "buffer"));
        var sum = Sums(40);
        var offset = Ir.Copy(0L);
        var (then, next) = (Ir.NewBlock(), Ir.NewBlock());
        Ir.Branch(IrCondition.Test, Argument(1), 1, then, next);
        Ir.Start(then);
        Ir.Assign(offset, Ir.Const(8));
        Ir.Start(next);
        for (var i = 0; i < 20; i++)
        {
            var (more, after) = (Ir.NewBlock(), Ir.NewBlock());
            Ir.Branch(IrCondition.Test, Argument(2), 1L << i, more, after);
            Ir.Start(more);
            Ir.Assign(sum, Ir.Binary(IrBinary.Add, sum, i));
            Ir.Start(after);
        }
        var place = Ir.Binary(IrBinary.Add, slot, offset);
        Ir.Store(place, 0, sum);
        Ir.Return(Ir.Compare(IrCondition.Eq, sum, 5));
        var function = Optimizer.Optimize(Ir.Finish());
        var ops = function.Blocks.SelectMany(b => b.Ops).ToList();
        var zeros = ops.OfType<IrOp.Load>().Where(l => ops.Exists(o => o is IrOp.DataAddress { Offset: ControlBlock.Zero } zero && zero.Dst == l.Base)).Select(l => l.Dst).ToHashSet();
        var hidden = ops.OfType<IrOp.Binary>().Where(o => o.B.Register is { } b && zeros.Contains(b)).Select(o => o.Dst).ToHashSet();
        Assert.Contains(sum, hidden);
        Assert.DoesNotContain(hidden, r => r == slot || r == offset || r == place);
    }

    // So many times: a bit of the argument adds another number.
    private VReg Sums(int count, int first = 0)
    {
        var sum = Ir.Copy(0L);
        var argument = Argument(0);
        for (var i = first; i < first + count; i++)
        {
            var (then, next) = (Ir.NewBlock(), Ir.NewBlock());
            Ir.Branch(IrCondition.Test, argument, 1L << i % 60, then, next);
            Ir.Start(then);
            Ir.Assign(sum, Ir.Binary(IrBinary.Add, sum, 1L << i % 60));
            Ir.Start(next);
        }
        return sum;
    }

    private static WayCount Count(IrFunction function)
    {
        var flow = ControlFlow.Of(function);
        return new WayCount(flow, new Liveness(flow, function.RegisterCount), new AddressRegisters(flow, function.RegisterCount), function.RegisterCount, _ => double.PositiveInfinity);
    }

    private static int HiddenPlaces(IrFunction function) =>
        function.Blocks.SelectMany(b => b.Ops).Count(o => o is IrOp.DataAddress { Section: DataKind.Bss, Offset: ControlBlock.Zero });
}
