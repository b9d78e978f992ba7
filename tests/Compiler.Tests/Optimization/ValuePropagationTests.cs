using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Tests.Optimization;

/// <summary>What is known of values, and the branches that it decides.</summary>
public class ValuePropagationTests : OptimizerTest
{
    [Fact]
    public void ConstantsAreComputedAndTheArmNotTakenIsGone()
    {
        var (yes, no) = (Ir.NewBlock(), Ir.NewBlock());
        var number = Ir.Binary(IrBinary.Mul, Ir.Const(6), 7);
        Ir.Branch(IrCondition.Ne, Ir.Compare(IrCondition.Eq, number, 42), 0, yes, no);
        Ir.Start(no);
        Ir.CallVoid(BpfHelper.KtimeGetNs);
        Ir.Return(1);
        Ir.Start(yes);
        Ir.Return(Ir.Binary(IrBinary.Add, number, 1));
        Becomes("""
            b0:
              return 43
            """);
    }

    [Fact]
    public void ADivisionByZeroThatIsNeverReachedIsNoTrouble()
    {
        var (wrong, right) = (Ir.NewBlock(), Ir.NewBlock());
        var zero = Ir.Const(0);
        Ir.Branch(IrCondition.Eq, zero, 0, wrong, right);
        Ir.Start(right);
        Ir.Return(Ir.Binary(IrBinary.DivU, Argument(0), zero));
        Ir.Start(wrong);
        Ir.Return(-1);
        Becomes("""
            b0:
              return -1
            """);
    }

    [Fact]
    public void AComparisonGoesIntoTheBranchThatTestsItAlsoThroughNot()
    {
        var (yes, no) = (Ir.NewBlock(), Ir.NewBlock());
        var isLess = Ir.Compare(IrCondition.LtS, Argument(0), 5);
        var isNot = Ir.Compare(IrCondition.Eq, isLess, 0);
        Ir.Branch(IrCondition.Ne, isNot, 0, yes, no);
        Ir.Start(yes);
        Ir.Return(1);
        Ir.Start(no);
        Ir.Return(2);
        Becomes("""
            b0:
              v0 = context
              v1 = load u64 [v0]
              if v1 >=s 5 then b1 else b2
            b1:
              return 1
            b2:
              return 2
            """);
    }

    [Fact]
    public void AConditionHeldInARegisterIsFollowedToWhereItLeads()
    {
        // a && b as a value, then tested: no register is left.
        var (second, fails, test, yes, no) = (Ir.NewBlock(), Ir.NewBlock(), Ir.NewBlock(), Ir.NewBlock(), Ir.NewBlock());
        var both = Ir.NewRegister();
        Ir.Branch(IrCondition.GtS, Argument(0), 1, second, fails);
        Ir.Start(second);
        Ir.Assign(both, Ir.Compare(IrCondition.GtS, Argument(1), 2));
        Ir.Jump(test);
        Ir.Start(fails);
        Ir.Assign(both, 0);
        Ir.Start(test);
        Ir.Branch(IrCondition.Ne, both, 0, yes, no);
        Ir.Start(yes);
        Ir.Return(1);
        Ir.Start(no);
        Ir.Return(2);
        Becomes("""
            b0:
              v1 = context
              v2 = load u64 [v1]
              if v2 >s 1 then b1 else b5
            b1:
              v4 = load u64 [v1 + 8]
              if v4 >s 2 then b4 else b5
            b4:
              return 1
            b5:
              return 2
            """);
    }

    [Fact]
    public void ABranchThatADominatingOneHasDecidedIsGone()
    {
        var (present, same, never, end) = (Ir.NewBlock(), Ir.NewBlock(), Ir.NewBlock(), Ir.NewBlock());
        var value = Argument(0);
        Ir.Branch(IrCondition.LtU, value, 10, present, end);
        Ir.Start(present);
        Ir.Branch(IrCondition.GeU, value, 10, never, same);
        Ir.Start(never);
        Ir.Return(9);
        Ir.Start(same);
        Ir.Return(value);
        Ir.Start(end);
        Becomes("""
            b0:
              v0 = context
              v1 = load u64 [v0]
              if v1 <u 10 then b2 else b4
            b2:
              return v1
            b4:
              return 0
            """);
    }

    [Fact]
    public void SumsOfConstantsGoIntoOffsets()
    {
        var slot = Ir.NewSlot(32, "buffer");
        var at = Ir.Binary(IrBinary.Add, Ir.Address(slot), 8);
        Ir.Store(Ir.Binary(IrBinary.Add, at, 8), 4, 1, 4);
        var place = Ir.Binary(IrBinary.Sub, Ir.Binary(IrBinary.Add, Argument(0), 24), 8);
        Ir.CallVoid(BpfHelper.ProbeReadKernel, at, 8, place);
        Ir.Return(Ir.Load(Ir.Binary(IrBinary.Add, Ir.Data(DataKind.Rodata, 8), 8), 0));
        Becomes("""
            b0:
              v1 = frame %0(buffer) + 8
              v2 = frame %0(buffer) + 16
              store u32 [v2 + 4], 1
              v3 = context
              v4 = load u64 [v3]
              v6 = add v4, 16
              call probe_read_kernel(v1, 8, v6)
              v8 = data .rodata + 16
              v9 = load u64 [v8]
              return v9
            """);
    }

    [Fact]
    public void PowersOfTwoBecomeShiftsAndMasks()
    {
        var value = Argument(0);
        var a = Ir.Binary(IrBinary.Mul, value, 8);
        var b = Ir.Binary(IrBinary.DivU, a, 1L << 40);
        var c = Ir.Binary(IrBinary.ModU, b, 16);
        Ir.Return(Ir.Binary(IrBinary.DivU, Ir.Binary(IrBinary.Mul, c, 1), 10));
        Becomes("""
            b0:
              v0 = context
              v1 = load u64 [v0]
              v2 = shl v1, 3
              v3 = shru v2, 40
              v4 = and v3, 15
              v6 = divu v4, 10
              return v6
            """);
    }

    [Fact]
    public void ARegisterAssignedInALoopIsNotTakenForItsFirstValue()
    {
        var (loop, end) = (Ir.NewBlock(), Ir.NewBlock());
        var (i, copy) = (Ir.NewRegister(), Ir.NewRegister());
        Ir.Assign(i, 0);
        Ir.Assign(copy, 0);
        Ir.Start(loop);
        Ir.Assign(copy, i);
        Ir.Assign(i, Ir.Binary(IrBinary.Add, i, 1));
        Ir.Branch(IrCondition.LtU, i, 3, loop, end);
        Ir.Start(end);
        Ir.Return(copy);
        Becomes("""
            b0:
              v0 = 0
              jump b1
            b1:
              v1 = v0
              v2 = add v0, 1
              v0 = v2
              if v0 <u 3 then b1 else b2
            b2:
              return v1
            """);
    }

    [Fact]
    public void AWayOnWhichABranchIsKnownSkipsIt()
    {
        var (set, join, yes, no) = (Ir.NewBlock(), Ir.NewBlock(), Ir.NewBlock(), Ir.NewBlock());
        var value = Argument(0);
        var present = Ir.Copy(0L);
        Ir.Branch(IrCondition.Ne, value, 0, set, join);
        Ir.Start(set);
        Ir.Assign(present, 1);
        Ir.Start(join);
        Ir.Branch(IrCondition.Ne, Ir.Copy(present), 0, yes, no);
        Ir.Start(yes);
        Ir.Return(value);
        Ir.Start(no);
        Ir.Return(7);
        Becomes("""
            b0:
              v0 = context
              v1 = load u64 [v0]
              if v1 != 0 then b1 else b5
            b1:
              return v1
            b5:
              return 7
            """);
    }
}
