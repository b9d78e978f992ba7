namespace Ktap.Compiler.Bpf;

// The makers: one for each form of instruction the compiler emits.
public readonly partial record struct BpfInstruction
{
    private const BpfRegister None = BpfRegister.R0;

    /// <summary>dst = src, 64 bits.</summary>
    public static BpfInstruction Mov(BpfRegister dst, BpfRegister src) => Alu(BpfAluOp.Mov, dst, src);

    /// <summary>dst = the immediate, sign-extended to 64 bits.</summary>
    public static BpfInstruction Mov(BpfRegister dst, int immediate) => Alu(BpfAluOp.Mov, dst, immediate);

    /// <summary>dst = the low 32 bits of src, zero-extended.</summary>
    public static BpfInstruction Mov32(BpfRegister dst, BpfRegister src) => Alu32(BpfAluOp.Mov, dst, src);

    /// <summary>dst = the immediate, zero-extended from 32 bits.</summary>
    public static BpfInstruction Mov32(BpfRegister dst, int immediate) => Alu32(BpfAluOp.Mov, dst, immediate);

    /// <summary>dst = the low 8, 16 or 32 bits of src, sign-extended to 64 (kernel 6.6).</summary>
    public static BpfInstruction MovSigned(BpfRegister dst, BpfRegister src, int bits) =>
        new((byte)((byte)BpfClass.Alu64 | FromRegister | (byte)BpfAluOp.Mov), dst, src, (short)bits, 0);

    /// <summary>dst = dst op src, 64 bits.</summary>
    public static BpfInstruction Alu(BpfAluOp op, BpfRegister dst, BpfRegister src) => Alu(BpfClass.Alu64, op, FromRegister, dst, src, 0);

    /// <summary>dst = dst op the immediate, sign-extended to 64 bits.</summary>
    public static BpfInstruction Alu(BpfAluOp op, BpfRegister dst, int immediate) => Alu(BpfClass.Alu64, op, 0, dst, None, immediate);

    /// <summary>dst = dst op src in 32 bits; the high half becomes 0.</summary>
    public static BpfInstruction Alu32(BpfAluOp op, BpfRegister dst, BpfRegister src) => Alu(BpfClass.Alu, op, FromRegister, dst, src, 0);

    /// <summary>dst = dst op the immediate in 32 bits; the high half becomes 0.</summary>
    public static BpfInstruction Alu32(BpfAluOp op, BpfRegister dst, int immediate) => Alu(BpfClass.Alu, op, 0, dst, None, immediate);

    /// <summary>dst = -dst, 64 bits.</summary>
    public static BpfInstruction Neg(BpfRegister dst) => Alu(BpfAluOp.Neg, dst, 0);

    /// <summary>Converts the low 16, 32 or 64 bits of dst between the machine's order and <paramref name="order"/>; higher bits become 0.</summary>
    public static BpfInstruction ToOrder(BpfRegister dst, ByteOrder order, int bits) =>
        new((byte)((byte)BpfClass.Alu | (order == ByteOrder.Big ? FromRegister : 0) | (byte)BpfAluOp.End), dst, None, 0, bits);

    /// <summary>Reverses the low 16, 32 or 64 bits of dst, whatever the machine's order; higher bits become 0 (kernel 6.6).</summary>
    public static BpfInstruction ByteSwap(BpfRegister dst, int bits) =>
        new((byte)BpfClass.Alu64 | (byte)BpfAluOp.End, dst, None, 0, bits);

    /// <summary>dst = *(src + offset), zero-extended.</summary>
    public static BpfInstruction Load(BpfSize size, BpfRegister dst, BpfRegister src, int offset) =>
        new((byte)((byte)BpfClass.Ldx | (byte)size | ModeMemory), dst, src, checked((short)offset), 0);

    /// <summary>dst = *(src + offset), sign-extended from 1, 2 or 4 bytes (kernel 6.6).</summary>
    public static BpfInstruction LoadSigned(BpfSize size, BpfRegister dst, BpfRegister src, int offset) =>
        new((byte)((byte)BpfClass.Ldx | (byte)size | ModeMemorySigned), dst, src, checked((short)offset), 0);

    /// <summary>*(dst + offset) = src.</summary>
    public static BpfInstruction Store(BpfSize size, BpfRegister dst, int offset, BpfRegister src) =>
        new((byte)((byte)BpfClass.Stx | (byte)size | ModeMemory), dst, src, checked((short)offset), 0);

    /// <summary>*(dst + offset) = the immediate, sign-extended to the size.</summary>
    public static BpfInstruction Store(BpfSize size, BpfRegister dst, int offset, int immediate) =>
        new((byte)((byte)BpfClass.St | (byte)size | ModeMemory), dst, None, checked((short)offset), immediate);

    /// <summary>An atomic operation on the 4 or 8 bytes at dst + offset.</summary>
    public static BpfInstruction Atomic(BpfAtomicOp op, BpfSize size, BpfRegister dst, int offset, BpfRegister src) =>
        new((byte)((byte)BpfClass.Stx | (byte)size | ModeAtomic), dst, src, checked((short)offset), (int)op);

    /// <summary>goto pc + distance, counted in slots from the next instruction.</summary>
    public static BpfInstruction Jump(int distance) => new((byte)BpfClass.Jmp, None, None, checked((short)distance), 0);

    /// <summary>goto with a 32-bit distance (kernel 6.6).</summary>
    public static BpfInstruction JumpLong(int distance) => new((byte)BpfClass.Jmp32, None, None, 0, distance);

    /// <summary>if (dst op src) goto pc + distance, comparing 64 bits.</summary>
    public static BpfInstruction JumpIf(BpfJumpOp op, BpfRegister dst, BpfRegister src, int distance) =>
        new((byte)((byte)BpfClass.Jmp | FromRegister | (byte)op), dst, src, checked((short)distance), 0);

    /// <summary>if (dst op the immediate, sign-extended) goto pc + distance, comparing 64 bits.</summary>
    public static BpfInstruction JumpIf(BpfJumpOp op, BpfRegister dst, int immediate, int distance) =>
        new((byte)((byte)BpfClass.Jmp | (byte)op), dst, None, checked((short)distance), immediate);

    /// <summary>The same, comparing the low 32 bits.</summary>
    public static BpfInstruction JumpIf32(BpfJumpOp op, BpfRegister dst, BpfRegister src, int distance) =>
        new((byte)((byte)BpfClass.Jmp32 | FromRegister | (byte)op), dst, src, checked((short)distance), 0);

    /// <summary>The same, comparing the low 32 bits.</summary>
    public static BpfInstruction JumpIf32(BpfJumpOp op, BpfRegister dst, int immediate, int distance) =>
        new((byte)((byte)BpfClass.Jmp32 | (byte)op), dst, None, checked((short)distance), immediate);

    /// <summary>may_goto pc + distance: goes when the kernel's loop budget is spent (kernel 6.9).</summary>
    public static BpfInstruction MayJump(int distance) =>
        new((byte)BpfClass.Jmp | (byte)BpfJumpOp.May, None, None, checked((short)distance), 0);

    /// <summary>Calls a helper: arguments in R1–R5, result in R0.</summary>
    public static BpfInstruction Call(BpfHelper helper) => new((byte)BpfClass.Jmp | (byte)BpfJumpOp.Call, None, None, 0, (int)helper);

    /// <summary>Calls a function of this program, <paramref name="distance"/> slots from the next instruction; -1 where a relocation fills it in.</summary>
    public static BpfInstruction CallFunction(int distance = -1) =>
        new((byte)BpfClass.Jmp | (byte)BpfJumpOp.Call, None, (BpfRegister)BpfCallKind.Function, 0, distance);

    /// <summary>Calls a kernel function (kfunc) of vmlinux by its BTF id (kernel 5.13).</summary>
    public static BpfInstruction CallKernel(int btfId) =>
        new((byte)BpfClass.Jmp | (byte)BpfJumpOp.Call, None, (BpfRegister)BpfCallKind.Kernel, 0, btfId);

    /// <summary>Ends the function; R0 is its result.</summary>
    public static BpfInstruction Exit() => new((byte)BpfClass.Jmp | (byte)BpfJumpOp.Exit, None, None, 0, 0);

    /// <summary>Both slots of dst = a 64-bit number.</summary>
    public static (BpfInstruction First, BpfInstruction Second) LoadImmediate64(BpfRegister dst, ulong value) =>
        Wide(dst, BpfPseudo.None, (int)(uint)value, (int)(value >> 32));

    /// <summary>Both slots of a 16-byte load whose first half is what <paramref name="pseudo"/> says and whose second half is <paramref name="high"/>.</summary>
    public static (BpfInstruction First, BpfInstruction Second) Wide(BpfRegister dst, BpfPseudo pseudo, int low, int high = 0) =>
        (new(LoadImmediateOpcode, dst, (BpfRegister)pseudo, 0, low), new(0, None, None, 0, high));

    private static BpfInstruction Alu(BpfClass alu, BpfAluOp op, byte source, BpfRegister dst, BpfRegister src, int immediate) =>
        new((byte)((byte)alu | source | (byte)op), dst, src, (short)((ushort)op >> 8), immediate);
}
