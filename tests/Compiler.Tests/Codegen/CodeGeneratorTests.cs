using Ktap.Compiler.Bpf;
using Ktap.Compiler.Codegen;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Optimization;
using Ktap.Compiler.Tests.Ir;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Tests.Codegen;

public class CodeGeneratorTests
{
    private readonly IrBuilder _ir = Sample.Builder();

    [Fact]
    public void ATypicalHandlerTakesTheInstructionsItNeeds() =>
        Assert.Equal("""
               0: (bf) r9 = r1
               1: (85) call bpf_get_current_pid_tgid#14
               2: (77) r0 >>= 32
               3: (55) if r0 != 0x2a goto pc+20
               4: (79) r5 = *(u64 *)(r9 +8)
               5: (7b) *(u64 *)(r10 -8) = r5
               6: (18) r1 = 0x0
               8: (bf) r2 = r10
               9: (07) r2 += -8
              10: (85) call bpf_map_lookup_elem#1
              11: (15) if r0 == 0x0 goto pc+3
              12: (b7) r5 = 1
              13: (db) lock *(u64 *)(r0 +0) += r5
              14: (05) goto pc+9
              15: (7a) *(u64 *)(r10 -16) = 1
              16: (18) r1 = 0x0
              18: (bf) r2 = r10
              19: (07) r2 += -8
              20: (bf) r3 = r10
              21: (07) r3 += -16
              22: (b7) r4 = 1
              23: (85) call bpf_map_update_elem#2
              24: (b7) r0 = 0
              25: (95) exit

            """, Code(Optimizer.Optimize(Sample.CountByArgument())));

    [Fact]
    public void WhatTheCodeRefersToAndWhereItComesFromIsKept()
    {
        var generated = Generate(Optimizer.Optimize(Sample.CountByArgument()));
        Assert.Equal<CodeRelocation>([new CodeRelocation.Map(6, Sample.Counts), new CodeRelocation.Map(16, Sample.Counts)], generated.Relocations.ToArray());
        Assert.Equal([(0, 1), (4, 2)], generated.Lines.Select(l => (l.Index, generated.Source.PositionOf(l.Span.Start).Line)));
        Assert.Equal(16, generated.StackSize);
    }

    [Fact]
    public void AContextUsedBeforeAnyCallStaysWhereItIs()
    {
        _ir.Return(_ir.Load(_ir.Context(), 16));
        Assert.Equal("""
               0: (79) r0 = *(u64 *)(r1 +16)
               1: (95) exit

            """, Code(_ir.Finish()));
    }

    [Fact]
    public void AComparisonAsAValueSkipsAnAssignment()
    {
        var context = _ir.Context();
        _ir.Return(_ir.Compare(IrCondition.LtS, _ir.Load(context, 0), _ir.Load(context, 8)));
        Assert.Equal("""
               0: (79) r5 = *(u64 *)(r1 +0)
               1: (79) r4 = *(u64 *)(r1 +8)
               2: (b7) r0 = 1
               3: (cd) if r5 s< r4 goto pc+1
               4: (b7) r0 = 0
               5: (95) exit

            """, Code(_ir.Finish()));
    }

    [Fact]
    public void ImmediatesAreUsedWhereTheyFit()
    {
        var at = _ir.Load(_ir.Context(), 0);
        _ir.Store(at, 0, uint.MaxValue, 4);
        _ir.Store(at, 8, -1);
        _ir.Store(at, 16, 1L << 40);
        _ir.Store(at, 24, _ir.Binary(IrBinary.Sub, at, 5));
        _ir.Store(at, 32, _ir.Binary(IrBinary.Xor, at, uint.MaxValue));
        _ir.Return(1L << 33);
        Assert.Equal("""
               0: (79) r5 = *(u64 *)(r1 +0)
               1: (62) *(u32 *)(r5 +0) = -1
               2: (7a) *(u64 *)(r5 +8) = -1
               3: (18) r4 = 0x10000000000
               5: (7b) *(u64 *)(r5 +16) = r4
               6: (bf) r4 = r5
               7: (07) r4 += -5
               8: (7b) *(u64 *)(r5 +24) = r4
               9: (b4) w4 = -1
              10: (af) r4 ^= r5
              11: (7b) *(u64 *)(r5 +32) = r4
              12: (18) r0 = 0x200000000
              14: (95) exit

            """, Code(_ir.Finish()));
    }

    [Fact]
    public void ValuesThatOutliveCallsBeyondTheRegistersGoToTheFrame()
    {
        var values = Enumerable.Range(0, 7).Select(i => _ir.Load(_ir.Context(), 8 * i)).ToArray();
        _ir.CallVoid(BpfHelper.KtimeGetNs);
        var sum = values.Aggregate((a, b) => _ir.Binary(IrBinary.Add, a, b));
        _ir.Return(sum);
        var generated = Generate(_ir.Finish());
        Assert.Equal(24, generated.StackSize);
    }

    [Fact]
    public void ConstantsAndAddressesAreMadeAgainInsteadOfKept()
    {
        var slots = Enumerable.Range(0, 6).Select(i => _ir.Address(_ir.NewSlot(8, $"slot {i}"))).ToArray();
        var wide = _ir.Const(1L << 40);
        var data = _ir.Data(DataKind.Bss, 0);
        for (var i = 0; i < 3; i++)
        {
            foreach (var slot in slots) _ir.Store(slot, 0, wide);
            foreach (var slot in slots) _ir.CallVoid(BpfHelper.GetCurrentComm, slot, 8);
            _ir.Store(data, 0, 1);
        }
        var generated = Generate(_ir.Finish());
        Assert.Equal(48, generated.StackSize);
        Assert.DoesNotContain(generated.Instructions, i => i.Class == BpfClass.Ldx);
    }

    [Fact]
    public void SlotsThatAreNeverInUseTogetherShareRoom()
    {
        for (var i = 0; i < 100; i++)
        {
            var (key, name) = (_ir.NewSlot(8, "key"), _ir.NewSlot(16, "name"));
            _ir.Store(_ir.Address(key), 0, i);
            _ir.CallVoid(BpfHelper.GetCurrentComm, _ir.Address(name), 16);
            _ir.CallVoid(BpfHelper.MapUpdateElem, _ir.Map(Sample.Counts), _ir.Address(key), _ir.Address(name), 0);
        }
        Assert.Equal(24, Generate(_ir.Finish()).StackSize);
    }

    [Fact]
    public void ASlotInUseInALoopIsItsOwnThroughoutTheLoop()
    {
        var (loop, end) = (_ir.NewBlock(), _ir.NewBlock());
        var (kept, other) = (_ir.NewSlot(8, "kept"), _ir.NewSlot(8, "other"));
        var i = _ir.NewRegister();
        _ir.Assign(i, 0);
        _ir.Store(_ir.Address(kept), 0, 0);
        _ir.Start(loop);
        _ir.Assign(i, _ir.Binary(IrBinary.Add, i, _ir.Load(_ir.Address(kept), 0)));
        _ir.Store(_ir.Address(other), 0, i);
        _ir.CallVoid(BpfHelper.TracePrintk, _ir.Address(other), 8);
        _ir.Branch(IrCondition.LtU, i, 3, loop, end);
        _ir.Start(end);
        Assert.Equal(16, Generate(_ir.Finish()).StackSize);
    }

    [Fact]
    public void AFrameThatIsTooLargeIsADiagnosticWithTheLargestValues()
    {
        var source = SourceText.From("trace a:b {\n    t[x] = y\n}\n", "large.kp");
        var ir = new IrBuilder("handler", source) { Span = new TextSpan(16, 8) };
        var slots = new[] { ir.NewSlot(304, "key of t"), ir.NewSlot(200, "value of t"), ir.NewSlot(16, "comm") };
        ir.CallVoid(BpfHelper.MapUpdateElem, [.. slots.Select(s => (IrOperand)ir.Address(s))]);
        var diagnostics = new DiagnosticBag();
        CodeGenerator.Generate(ir.Finish(), diagnostics);
        var diagnostic = Assert.Single(diagnostics);
        Assert.Equal("large.kp:2:5: error KT0401: this handler needs 520 bytes of stack; the kernel allows 512", diagnostic.ToString());
        Assert.Equal("make strings shorter (--strlen) or keys smaller; the largest values: key of t (304 bytes), value of t (200 bytes), comm (16 bytes)", diagnostic.Hint);
    }

    [Fact]
    public void AFrameThatIsFullOfNumbersSaysSo()
    {
        var numbers = Enumerable.Range(0, 90).Select(_ => _ir.Call(BpfHelper.KtimeGetNs, CallEffect.Read)).ToArray();
        var sum = _ir.Copy(0L);
        foreach (var number in numbers) _ir.Assign(sum, _ir.Binary(IrBinary.Xor, sum, number));
        _ir.Return(sum);
        var diagnostics = new DiagnosticBag();
        CodeGenerator.Generate(_ir.Finish(), diagnostics);
        var diagnostic = Assert.Single(diagnostics);
        Assert.Equal("KT0401", diagnostic.Code);
        Assert.Matches("^8[0-9] numbers are kept at a time: use each soon after it is computed, or keep them in a table$", diagnostic.Hint);
    }

    [Fact]
    public void ABranchThatIsTooLongIsADiagnostic()
    {
        var (body, end) = (_ir.NewBlock(), _ir.NewBlock());
        _ir.Branch(IrCondition.Eq, _ir.Load(_ir.Context(), 0), 0, end, body);
        _ir.Start(body);
        for (var i = 0; i < 33000; i++) _ir.CallVoid(BpfHelper.KtimeGetNs);
        _ir.Start(end);
        var diagnostics = new DiagnosticBag();
        CodeGenerator.Generate(_ir.Finish(), diagnostics);
        Assert.Equal("sample.kp:1:1: error KT0403: this handler is too long: at 33004 instructions a branch here is farther than the 32767 that one reaches",
            Assert.Single(diagnostics).ToString());
    }

    [Fact]
    public void TwentyThousandBlocksInARowAreNoTroubleForTheCompiler()
    {
        // Every block leads on, and to one end; half of what is computed stays wanted throughout.
        var end = _ir.NewBlock();
        var values = Enumerable.Range(0, 8).Select(i => _ir.Load(_ir.Context(), 8 * i)).ToArray();
        for (var i = 0; i < 20_000; i++)
        {
            var next = _ir.NewBlock();
            _ir.Branch(IrCondition.Eq, values[i % 8], i, end, next);
            _ir.Start(next);
            if (i % 10 == 0) values[i % 4] = _ir.Binary(IrBinary.Add, values[i % 4], values[(i + 1) % 8]);
        }
        _ir.Start(end);
        var diagnostics = new DiagnosticBag();
        var generated = CodeGenerator.Generate(Optimizer.Optimize(_ir.Finish()), diagnostics);
        Assert.InRange(generated.Instructions.Length, 22_000, 26_000);
        // But the verifier takes 8,192 branches in a row, no more.
        Assert.Equal("KT0406", Assert.Single(diagnostics).Code);
    }

    [Fact]
    public void TheSameFunctionGivesTheSameCode() =>
        Assert.Equal(Code(Optimizer.Optimize(Sample.CountByArgument())), Code(Optimizer.Optimize(Sample.CountByArgument())));

    private static string Code(IrFunction function) => Disassembler.Print(Generate(function).Instructions.AsSpan());

    private static GeneratedFunction Generate(IrFunction function)
    {
        IrChecker.Check(function, "building");
        var diagnostics = new DiagnosticBag();
        var generated = CodeGenerator.Generate(function, diagnostics);
        Assert.Empty(diagnostics);
        return generated;
    }
}
