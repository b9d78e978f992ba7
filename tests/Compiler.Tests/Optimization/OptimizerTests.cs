using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Optimization;
using Ktap.Compiler.Tests.Ir;

namespace Ktap.Compiler.Tests.Optimization;

public class OptimizerTests
{
    private readonly IrBuilder _ir = Sample.Builder();

    [Fact]
    public void ConstantsAreComputedAndTheArmNotTakenIsGone()
    {
        var (yes, no) = (_ir.NewBlock(), _ir.NewBlock());
        var number = _ir.Binary(IrBinary.Mul, _ir.Const(6), 7);
        _ir.Branch(IrCondition.Ne, _ir.Compare(IrCondition.Eq, number, 42), 0, yes, no);
        _ir.Start(no);
        _ir.CallVoid(BpfHelper.KtimeGetNs);
        _ir.Return(1);
        _ir.Start(yes);
        _ir.Return(_ir.Binary(IrBinary.Add, number, 1));
        Becomes("""
            b0:
              return 43
            """);
    }

    [Fact]
    public void ADivisionByZeroThatIsNeverReachedIsNoTrouble()
    {
        var (wrong, right) = (_ir.NewBlock(), _ir.NewBlock());
        var zero = _ir.Const(0);
        _ir.Branch(IrCondition.Eq, zero, 0, wrong, right);
        _ir.Start(right);
        _ir.Return(_ir.Binary(IrBinary.DivU, Argument(0), zero));
        _ir.Start(wrong);
        _ir.Return(-1);
        Becomes("""
            b0:
              return -1
            """);
    }

    [Fact]
    public void AComparisonGoesIntoTheBranchThatTestsItAlsoThroughNot()
    {
        var (yes, no) = (_ir.NewBlock(), _ir.NewBlock());
        var isLess = _ir.Compare(IrCondition.LtS, Argument(0), 5);
        var isNot = _ir.Compare(IrCondition.Eq, isLess, 0);
        _ir.Branch(IrCondition.Ne, isNot, 0, yes, no);
        _ir.Start(yes);
        _ir.Return(1);
        _ir.Start(no);
        _ir.Return(2);
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
        var (second, fails, test, yes, no) = (_ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock());
        var both = _ir.NewRegister();
        _ir.Branch(IrCondition.GtS, Argument(0), 1, second, fails);
        _ir.Start(second);
        _ir.Assign(both, _ir.Compare(IrCondition.GtS, Argument(1), 2));
        _ir.Jump(test);
        _ir.Start(fails);
        _ir.Assign(both, 0);
        _ir.Start(test);
        _ir.Branch(IrCondition.Ne, both, 0, yes, no);
        _ir.Start(yes);
        _ir.Return(1);
        _ir.Start(no);
        _ir.Return(2);
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
    public void WhatIsTheSameThroughoutARunIsFetchedOnce()
    {
        var (more, end) = (_ir.NewBlock(), _ir.NewBlock());
        var pid = Sample.Pid(_ir);
        _ir.Branch(IrCondition.Eq, pid, 1, more, end);
        _ir.Start(more);
        _ir.CallVoid(BpfHelper.SendSignal, Sample.Pid(_ir));
        _ir.CallVoid(BpfHelper.SendSignal, Sample.Pid(_ir));
        _ir.Start(end);
        _ir.Return(Sample.Pid(_ir));
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
        var (more, end) = (_ir.NewBlock(), _ir.NewBlock());
        _ir.Branch(IrCondition.Eq, Argument(0), 1, more, end);
        _ir.Start(more);
        _ir.CallVoid(BpfHelper.SendSignal, Sample.Pid(_ir));
        _ir.Start(end);
        _ir.Return(Sample.Pid(_ir));
        var text = Optimized();
        Assert.Equal(3, text.Split("get_current_pid_tgid").Length);
    }

    [Fact]
    public void ClocksAreNotShared()
    {
        var start = _ir.Call(BpfHelper.KtimeGetNs, CallEffect.Read);
        _ir.Call(BpfHelper.KtimeGetNs, CallEffect.Read);
        _ir.Return(_ir.Binary(IrBinary.Sub, _ir.Call(BpfHelper.KtimeGetNs, CallEffect.Read), start));
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
        var task = _ir.Call(BpfHelper.GetCurrentTaskBtf, CallEffect.PerRun);
        var word = _ir.Data(DataKind.Bss, 0);
        var first = _ir.Binary(IrBinary.Add, _ir.Load(task, 16, 4), _ir.Binary(IrBinary.Add, _ir.Load(word, 0), _ir.Load(word, 0)));
        _ir.Store(word, 8, first);
        var again = _ir.Call(BpfHelper.GetCurrentTaskBtf, CallEffect.PerRun);
        _ir.Return(_ir.Binary(IrBinary.Add, _ir.Load(again, 16, 4), _ir.Load(word, 0)));
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
    public void ABranchThatADominatingOneHasDecidedIsGone()
    {
        var (present, same, never, end) = (_ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock());
        var value = Argument(0);
        _ir.Branch(IrCondition.LtU, value, 10, present, end);
        _ir.Start(present);
        _ir.Branch(IrCondition.GeU, value, 10, never, same);
        _ir.Start(never);
        _ir.Return(9);
        _ir.Start(same);
        _ir.Return(value);
        _ir.Start(end);
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
        var slot = _ir.NewSlot(32, "buffer");
        var at = _ir.Binary(IrBinary.Add, _ir.Address(slot), 8);
        _ir.Store(_ir.Binary(IrBinary.Add, at, 8), 4, 1, 4);
        var place = _ir.Binary(IrBinary.Sub, _ir.Binary(IrBinary.Add, Argument(0), 24), 8);
        _ir.CallVoid(BpfHelper.ProbeReadKernel, at, 8, place);
        _ir.Return(_ir.Load(_ir.Binary(IrBinary.Add, _ir.Data(DataKind.Rodata, 8), 8), 0));
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
        var a = _ir.Binary(IrBinary.Mul, value, 8);
        var b = _ir.Binary(IrBinary.DivU, a, 1L << 40);
        var c = _ir.Binary(IrBinary.ModU, b, 16);
        _ir.Return(_ir.Binary(IrBinary.DivU, _ir.Binary(IrBinary.Mul, c, 1), 10));
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
        var (loop, end) = (_ir.NewBlock(), _ir.NewBlock());
        var (i, copy) = (_ir.NewRegister(), _ir.NewRegister());
        _ir.Assign(i, 0);
        _ir.Assign(copy, 0);
        _ir.Start(loop);
        _ir.Assign(copy, i);
        _ir.Assign(i, _ir.Binary(IrBinary.Add, i, 1));
        _ir.Branch(IrCondition.LtU, i, 3, loop, end);
        _ir.Start(end);
        _ir.Return(copy);
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
    public void WhatARoundMayHaveMadeKnownIsHiddenAtItsEndAndASumIsNot()
    {
        var (head, inside, known, next, end) = (_ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock());
        var (n, sum) = (_ir.NewRegister(), _ir.NewRegister());
        _ir.Assign(n, 0);
        _ir.Assign(sum, 0);
        _ir.Start(head);
        _ir.Emit(new IrOp.Guard(inside, end, null, _ir.Span));
        _ir.Start(inside);
        _ir.Assign(n, _ir.Binary(IrBinary.Add, n, 1));
        _ir.Assign(sum, _ir.Binary(IrBinary.Add, sum, 2));
        _ir.Branch(IrCondition.Eq, n, 5, known, next);
        _ir.Start(known);
        _ir.Store(_ir.Data(DataKind.Bss, 64), 0, n);
        _ir.Start(next);
        _ir.Jump(head);
        _ir.Start(end);
        _ir.Return(sum);
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
        var (outer, again, inner, last, end) = (_ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock());
        var (rounds, innerRounds) = (_ir.NewRegister(), _ir.NewRegister());
        _ir.Assign(rounds, 5);
        _ir.Start(outer);
        _ir.Emit(new IrOp.Guard(again, end, rounds, _ir.Span));
        _ir.Start(again);
        _ir.Assign(rounds, _ir.Binary(IrBinary.Sub, rounds, 1));
        _ir.Assign(innerRounds, 7);
        _ir.Start(inner);
        _ir.Emit(new IrOp.Guard(last, end, innerRounds, _ir.Span));
        _ir.Start(last);
        _ir.Branch(IrCondition.Eq, Argument(0), 0, outer, end);
        _ir.Start(end);
        _ir.Return(0);
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

    [Fact]
    public void WhatNobodyReadsIsGoneAlsoInCircles()
    {
        var (loop, end) = (_ir.NewBlock(), _ir.NewBlock());
        var (count, i) = (_ir.NewRegister(), _ir.NewRegister());
        var unread = _ir.NewSlot(8, "unread");
        _ir.Assign(count, 0);
        _ir.Assign(i, 0);
        _ir.Start(loop);
        _ir.Assign(count, _ir.Binary(IrBinary.Add, count, 5));
        _ir.Store(_ir.Address(unread), 0, count);
        _ir.Call(BpfHelper.KtimeGetNs, CallEffect.Read);
        _ir.Call(BpfHelper.TracePrintk, CallEffect.Any, 1, 2);
        _ir.Assign(i, _ir.Binary(IrBinary.Add, i, 1));
        _ir.Branch(IrCondition.LtU, i, 3, loop, end);
        _ir.Start(end);
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
        var word = _ir.Data(DataKind.Bss, 0);
        _ir.Emit(new IrOp.Atomic(IrAtomic.Add, 8, word, 0, Argument(0), null, _ir.NewRegister(), default));
        Becomes("""
            b0:
              v0 = data .bss
              v1 = context
              v2 = load u64 [v1]
              atomic add u64 [v0], v2
              return 0
            """);
    }

    [Fact]
    public void AnEndlessCircleOfJumpsStaysOne()
    {
        var (a, b) = (_ir.NewBlock(), _ir.NewBlock());
        _ir.Start(a);
        _ir.Jump(b);
        _ir.Start(b);
        _ir.Jump(a);
        Becomes("""
            b0:
              jump b1
            b1:
              jump b1
            """);
    }

    [Fact]
    public void TheInputStaysAsItWasAndEachPassIsShown()
    {
        var function = Sample.CountByArgument();
        var before = IrPrinter.Print(function);
        var passes = new List<string>();
        Optimizer.Optimize(function, (pass, _) => passes.Add(pass));
        Assert.Equal(before, IrPrinter.Print(function));
        Assert.Equal(["blocks", "propagate", "blocks", "dead", "propagate", "share", "propagate", "blocks", "dead", "share", "propagate", "blocks", "propagate", "strength", "dead", "blocks", "copies", "loops"], passes);
    }

    [Fact]
    public void AKeyIsLookedUpOnceWhileTheProgramChangesNoMap()
    {
        var (map, key) = (Map("t", 8), Argument(0));
        var (found, end) = (_ir.NewBlock(), _ir.NewBlock());
        _ir.Branch(IrCondition.Ne, _ir.Call(BpfHelper.MapLookupElem, CallEffect.Any, _ir.Map(map), Keyed(key)), 0, found, end);
        _ir.Start(found);
        var second = Lookup(map, Keyed(key));
        _ir.CallVoid(BpfHelper.MapDeleteElem, _ir.Map(map), Keyed(key));
        _ir.Return(_ir.Binary(IrBinary.Add, second, Lookup(map, Keyed(key))));
        _ir.Start(end);
        Assert.Equal(2, Optimized().Split("call map_lookup_elem").Length - 1);
    }

    [Fact]
    public void AnotherKeyIsLookedUpToo()
    {
        var map = Map("t", 8);
        var first = Lookup(map, Keyed(Argument(0)));
        _ir.Return(_ir.Binary(IrBinary.Add, first, Lookup(map, Keyed(Argument(1)))));
        Assert.Equal(2, Optimized().Split("call map_lookup_elem").Length - 1);
    }

    [Fact]
    public void WhatWasStoredInTheFrameIsNotLoadedUnlessAHelperMayHaveWrittenThere()
    {
        var (a, b) = (_ir.NewSlot(8, "a"), _ir.NewSlot(8, "b"));
        _ir.Store(_ir.Address(a), 0, Argument(0));
        _ir.Store(_ir.Address(b), 0, Argument(1));
        _ir.CallVoid(BpfHelper.GetCurrentComm, _ir.Address(b), 8);
        _ir.Return(_ir.Binary(IrBinary.Add, _ir.Load(_ir.Address(a), 0), _ir.Load(_ir.Address(b), 0)));
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

    [Fact]
    public void AWayOnWhichABranchIsKnownSkipsIt()
    {
        var (set, join, yes, no) = (_ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock());
        var value = Argument(0);
        var present = _ir.Copy(0L);
        _ir.Branch(IrCondition.Ne, value, 0, set, join);
        _ir.Start(set);
        _ir.Assign(present, 1);
        _ir.Start(join);
        _ir.Branch(IrCondition.Ne, _ir.Copy(present), 0, yes, no);
        _ir.Start(yes);
        _ir.Return(value);
        _ir.Start(no);
        _ir.Return(7);
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

    [Fact]
    public void ATypicalHandlerKeepsWhatItNeeds() =>
        Assert.Equal("""
            b0:
              v0 = call get_current_pid_tgid() per run
              v1 = shru v0, 32
              if v1 == 42 then b1 else b4
            b1:
              v3 = frame %0(key of s)
              v4 = context
              v5 = load u64 [v4 + 8]
              store u64 [v3], v5
              v6 = map counts
              v8 = call map_lookup_elem(v6, v3)
              if v8 != 0 then b2 else b3
            b2:
              v9 = 1
              atomic add u64 [v8], v9
              jump b4
            b3:
              v10 = frame %1(value of s)
              store u64 [v10], 1
              call map_update_elem(v6, v3, v10, 1)
              jump b4
            b4:
              return 0
            """, Blocks(Optimizer.Optimize(Sample.CountByArgument())));

    private static MapSpec Map(string name, int key) => new(name, BpfMapType.Hash, key, 8, 16);

    private VReg Keyed(IrOperand word)
    {
        var address = _ir.Address(_ir.NewSlot(8, "key"));
        _ir.Store(address, 0, word);
        return address;
    }

    // What is under a key, 0 where nothing is.
    private VReg Lookup(MapSpec map, VReg key)
    {
        var (found, done) = (_ir.NewBlock(), _ir.NewBlock());
        var result = _ir.Copy(0L);
        var slot = _ir.Call(BpfHelper.MapLookupElem, CallEffect.Any, _ir.Map(map), key);
        _ir.Branch(IrCondition.Ne, slot, 0, found, done);
        _ir.Start(found);
        _ir.Assign(result, _ir.Load(slot, 0));
        _ir.Start(done);
        return result;
    }

    private VReg Argument(int index) => _ir.Load(_ir.Context(), 8 * index);

    private string Optimized() => Blocks(Optimizer.Optimize(_ir.Finish()));

    private void Becomes(string expected) => Assert.Equal(expected, Optimized());

    private static string Blocks(IrFunction function)
    {
        var text = IrPrinter.Print(function);
        return text[text.IndexOf("b0:", StringComparison.Ordinal)..].TrimEnd();
    }
}
