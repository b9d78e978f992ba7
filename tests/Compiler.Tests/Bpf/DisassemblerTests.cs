using Ktap.Compiler.Bpf;
using static Ktap.Compiler.Bpf.BpfInstruction;
using static Ktap.Compiler.Bpf.BpfRegister;

namespace Ktap.Compiler.Tests.Bpf;

public sealed class DisassemblerTests
{
    // One of each form, with the kernel's own wording (kernel/bpf/disasm.c).
    public static TheoryData<BpfInstruction, string> Forms => new()
    {
        { Mov(R1, R2), "r1 = r2" },
        { Mov(R1, -5), "r1 = -5" },
        { Mov32(R1, R2), "w1 = w2" },
        { Mov32(R1, 7), "w1 = 7" },
        { MovSigned(R1, R2, 8), "r1 = (s8)r2" },
        { MovSigned(R1, R2, 32), "r1 = (s32)r2" },
        { Alu(BpfAluOp.Add, R7, 1), "r7 += 1" },
        { Alu(BpfAluOp.Sub, R7, R8), "r7 -= r8" },
        { Alu(BpfAluOp.Mul, R7, R8), "r7 *= r8" },
        { Alu(BpfAluOp.Div, R7, R8), "r7 /= r8" },
        { Alu(BpfAluOp.SignedDiv, R7, R8), "r7 s/= r8" },
        { Alu(BpfAluOp.Mod, R7, 10), "r7 %= 10" },
        { Alu(BpfAluOp.SignedMod, R7, 10), "r7 s%= 10" },
        { Alu(BpfAluOp.Or, R7, R8), "r7 |= r8" },
        { Alu(BpfAluOp.And, R7, 255), "r7 &= 255" },
        { Alu(BpfAluOp.Xor, R7, R8), "r7 ^= r8" },
        { Alu(BpfAluOp.Lsh, R7, 3), "r7 <<= 3" },
        { Alu(BpfAluOp.Rsh, R7, R1), "r7 >>= r1" },
        { Alu(BpfAluOp.Arsh, R7, 63), "r7 s>>= 63" },
        { Alu32(BpfAluOp.Add, R7, R8), "w7 += w8" },
        { Neg(R3), "r3 = -r3" },
        { ToOrder(R3, ByteOrder.Big, 16), "r3 = be16 r3" },
        { ToOrder(R3, ByteOrder.Little, 64), "r3 = le64 r3" },
        { ByteSwap(R3, 32), "r3 = bswap32 r3" },
        { Load(BpfSize.Double, R1, R6, 16), "r1 = *(u64 *)(r6 +16)" },
        { Load(BpfSize.Word, R1, R6, 0), "r1 = *(u32 *)(r6 +0)" },
        { Load(BpfSize.Half, R1, R10, -2), "r1 = *(u16 *)(r10 -2)" },
        { LoadSigned(BpfSize.Byte, R1, R6, 3), "r1 = *(s8 *)(r6 +3)" },
        { Store(BpfSize.Double, R10, -8, R1), "*(u64 *)(r10 -8) = r1" },
        { Store(BpfSize.Byte, R10, -1, 65), "*(u8 *)(r10 -1) = 65" },
        { Atomic(BpfAtomicOp.Add, BpfSize.Double, R1, 0, R2), "lock *(u64 *)(r1 +0) += r2" },
        { Atomic(BpfAtomicOp.Or, BpfSize.Word, R1, 4, R2), "lock *(u32 *)(r1 +4) |= r2" },
        { Atomic(BpfAtomicOp.And, BpfSize.Double, R1, 0, R2), "lock *(u64 *)(r1 +0) &= r2" },
        { Atomic(BpfAtomicOp.Xor, BpfSize.Double, R1, 0, R2), "lock *(u64 *)(r1 +0) ^= r2" },
        { Atomic(BpfAtomicOp.FetchAdd, BpfSize.Double, R1, 8, R2), "r2 = atomic64_fetch_add((u64 *)(r1 +8), r2)" },
        { Atomic(BpfAtomicOp.FetchOr, BpfSize.Word, R1, 0, R2), "r2 = atomic_fetch_or((u32 *)(r1 +0), r2)" },
        { Atomic(BpfAtomicOp.Exchange, BpfSize.Double, R1, 0, R2), "r2 = atomic64_xchg((u64 *)(r1 +0), r2)" },
        { Atomic(BpfAtomicOp.CompareExchange, BpfSize.Double, R1, 0, R2), "r0 = atomic64_cmpxchg((u64 *)(r1 +0), r0, r2)" },
        { Jump(3), "goto pc+3" },
        { Jump(-4), "goto pc-4" },
        { JumpLong(70000), "gotol pc+70000" },
        { MayJump(1), "may_goto pc+1" },
        { JumpIf(BpfJumpOp.Equal, R0, 0, 3), "if r0 == 0x0 goto pc+3" },
        { JumpIf(BpfJumpOp.NotEqual, R0, R1, 3), "if r0 != r1 goto pc+3" },
        { JumpIf(BpfJumpOp.Set, R0, 8, 0), "if r0 & 0x8 goto pc+0" },
        { JumpIf(BpfJumpOp.Greater, R0, R1, 3), "if r0 > r1 goto pc+3" },
        { JumpIf(BpfJumpOp.GreaterOrEqual, R0, R1, 3), "if r0 >= r1 goto pc+3" },
        { JumpIf(BpfJumpOp.Less, R0, R1, 3), "if r0 < r1 goto pc+3" },
        { JumpIf(BpfJumpOp.LessOrEqual, R0, R1, 3), "if r0 <= r1 goto pc+3" },
        { JumpIf(BpfJumpOp.SignedGreater, R0, -1, 3), "if r0 s> 0xffffffff goto pc+3" },
        { JumpIf(BpfJumpOp.SignedGreaterOrEqual, R0, R1, 3), "if r0 s>= r1 goto pc+3" },
        { JumpIf(BpfJumpOp.SignedLess, R0, R1, 3), "if r0 s< r1 goto pc+3" },
        { JumpIf(BpfJumpOp.SignedLessOrEqual, R0, R1, 3), "if r0 s<= r1 goto pc+3" },
        { JumpIf32(BpfJumpOp.SignedLess, R0, 1, 3), "if w0 s< 0x1 goto pc+3" },
        { JumpIf32(BpfJumpOp.Equal, R0, R9, 3), "if w0 == w9 goto pc+3" },
        { Call(BpfHelper.MapLookupElem), "call bpf_map_lookup_elem#1" },
        { CallFunction(5), "call pc+5" },
        { CallKernel(1234), "call kernel-function#1234" },
        { Exit(), "exit" },
        { new BpfInstruction(0xff, R0, R0, 0, 0), "unknown opcode ff" },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void Every_form_prints_as_the_kernel_prints_it(BpfInstruction instruction, string text) =>
        Assert.Equal(text, Disassembler.Format(instruction));

    [Theory]
    [MemberData(nameof(Forms))]
    public void Every_form_survives_encoding_in_both_orders(BpfInstruction instruction, string text)
    {
        foreach (var order in (ByteOrder[])[ByteOrder.Little, ByteOrder.Big])
        {
            var decoded = Decode(Encode([instruction], order), order);
            Assert.Equal(instruction, decoded);
            Assert.Equal(text, decoded.ToString());
        }
    }

    [Fact]
    public void A_listing_counts_slots_and_shows_source_and_symbols()
    {
        var code = new Assembler();
        code.LoadSymbol(R1, "counts");
        code.LoadSymbol(R2, ".bss", 8);
        code.Emit(LoadImmediate64(R3, 0x1122334455667788));
        code.CallSymbol("helper");
        code.Emit(Exit());
        var done = code.Finish();
        var symbols = done.Relocations.ToDictionary(r => r.Index, r => r.Symbol);
        var text = Disassembler.Print(done.Instructions.AsSpan(), symbols.GetValueOrDefault, i => i < 6 ? "s[cpu] += 1" : "x = f()");
        Assert.Equal("""
            ; s[cpu] += 1
               0: (18) r1 = &counts
               2: (18) r2 = &.bss+8
               4: (18) r3 = 0x1122334455667788
            ; x = f()
               6: (85) call helper
               7: (95) exit

            """, text);
    }

    [Fact]
    public void Sixteen_byte_loads_say_what_they_stand_for()
    {
        static string Text((BpfInstruction First, BpfInstruction Second) wide) => Disassembler.Format(wide.First, wide.Second);
        Assert.Equal("r1 = 0xffffffffffffffff", Text(LoadImmediate64(R1, ulong.MaxValue)));
        Assert.Equal("r1 = map[fd:5]", Text(Wide(R1, BpfPseudo.MapFd, 5)));
        Assert.Equal("r1 = map[fd:5][0]+16", Text(Wide(R1, BpfPseudo.MapValue, 5, 16)));
        Assert.Equal("r1 = kernel-variable#77", Text(Wide(R1, BpfPseudo.BtfId, 77)));
        Assert.Equal("r1 = subprog[+3]", Text(Wide(R1, BpfPseudo.Function, 3)));
    }
}
