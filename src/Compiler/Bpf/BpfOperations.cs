namespace Ktap.Compiler.Bpf;

// The numbers are those of the instruction set standard (RFC 9669; linux/bpf_common.h and linux/bpf.h).

/// <summary>R0 holds results, R1–R5 arguments (lost in a call), R6–R9 are kept over calls, R10 is the frame (read only, 512 bytes below it).</summary>
public enum BpfRegister : byte
{
    /// <summary>Result of a call, and of the program.</summary>
    R0,
    /// <summary>First argument; the context on entry.</summary>
    R1,
    /// <summary>Second argument.</summary>
    R2,
    /// <summary>Third argument.</summary>
    R3,
    /// <summary>Fourth argument.</summary>
    R4,
    /// <summary>Fifth argument.</summary>
    R5,
    /// <summary>Kept over calls.</summary>
    R6,
    /// <summary>Kept over calls.</summary>
    R7,
    /// <summary>Kept over calls.</summary>
    R8,
    /// <summary>Kept over calls.</summary>
    R9,
    /// <summary>The frame pointer.</summary>
    R10,
}

/// <summary>The width of a memory access, as the size bits of an opcode.</summary>
public enum BpfSize : byte
{
    /// <summary>4 bytes.</summary>
    Word = 0x00,
    /// <summary>2 bytes.</summary>
    Half = 0x08,
    /// <summary>1 byte.</summary>
    Byte = 0x10,
    /// <summary>8 bytes.</summary>
    Double = 0x18,
}

/// <summary>The low three bits of an opcode.</summary>
public enum BpfClass : byte
{
    /// <summary>Loads of immediates (and the old packet loads).</summary>
    Ld = 0,
    /// <summary>Load from memory into a register.</summary>
    Ldx = 1,
    /// <summary>Store an immediate.</summary>
    St = 2,
    /// <summary>Store a register, or an atomic operation.</summary>
    Stx = 3,
    /// <summary>32-bit arithmetic.</summary>
    Alu = 4,
    /// <summary>Jumps that compare 64 bits, calls, exit.</summary>
    Jmp = 5,
    /// <summary>Jumps that compare the low 32 bits.</summary>
    Jmp32 = 6,
    /// <summary>64-bit arithmetic.</summary>
    Alu64 = 7,
}

/// <summary>An arithmetic operation: the low byte is the opcode's, bit 8 stands for "offset field is 1" (the signed forms, kernel 6.6).</summary>
public enum BpfAluOp : ushort
{
    /// <summary>dst += src.</summary>
    Add = 0x00,
    /// <summary>dst -= src.</summary>
    Sub = 0x10,
    /// <summary>dst *= src.</summary>
    Mul = 0x20,
    /// <summary>dst /= src, unsigned; 0 where src is 0.</summary>
    Div = 0x30,
    /// <summary>dst |= src.</summary>
    Or = 0x40,
    /// <summary>dst &amp;= src.</summary>
    And = 0x50,
    /// <summary>dst &lt;&lt;= src.</summary>
    Lsh = 0x60,
    /// <summary>dst &gt;&gt;= src, zeros coming in.</summary>
    Rsh = 0x70,
    /// <summary>dst = -dst.</summary>
    Neg = 0x80,
    /// <summary>dst %= src, unsigned; dst is left alone where src is 0.</summary>
    Mod = 0x90,
    /// <summary>dst ^= src.</summary>
    Xor = 0xa0,
    /// <summary>dst = src.</summary>
    Mov = 0xb0,
    /// <summary>dst &gt;&gt;= src, the sign coming in.</summary>
    Arsh = 0xc0,
    /// <summary>Byte order conversions.</summary>
    End = 0xd0,
    /// <summary>dst /= src, signed (kernel 6.6).</summary>
    SignedDiv = 0x130,
    /// <summary>dst %= src, signed (kernel 6.6).</summary>
    SignedMod = 0x190,
}

/// <summary>What a jump tests.</summary>
public enum BpfJumpOp : byte
{
    /// <summary>Nothing: always taken.</summary>
    Always = 0x00,
    /// <summary>dst == src.</summary>
    Equal = 0x10,
    /// <summary>dst &gt; src, unsigned.</summary>
    Greater = 0x20,
    /// <summary>dst &gt;= src, unsigned.</summary>
    GreaterOrEqual = 0x30,
    /// <summary>dst &amp; src is not 0.</summary>
    Set = 0x40,
    /// <summary>dst != src.</summary>
    NotEqual = 0x50,
    /// <summary>dst &gt; src, signed.</summary>
    SignedGreater = 0x60,
    /// <summary>dst &gt;= src, signed.</summary>
    SignedGreaterOrEqual = 0x70,
    /// <summary>Not a jump: a call.</summary>
    Call = 0x80,
    /// <summary>Not a jump: the end of a function.</summary>
    Exit = 0x90,
    /// <summary>dst &lt; src, unsigned.</summary>
    Less = 0xa0,
    /// <summary>dst &lt;= src, unsigned.</summary>
    LessOrEqual = 0xb0,
    /// <summary>dst &lt; src, signed.</summary>
    SignedLess = 0xc0,
    /// <summary>dst &lt;= src, signed.</summary>
    SignedLessOrEqual = 0xd0,
    /// <summary>may_goto: taken when the loop budget is used up (kernel 6.9).</summary>
    May = 0xe0,
}

/// <summary>An atomic operation on 4 or 8 bytes of memory, as the immediate of a STX|ATOMIC instruction. All but Add need kernel 5.12.</summary>
public enum BpfAtomicOp
{
    /// <summary>*p += src.</summary>
    Add = 0x00,
    /// <summary>src = old *p; *p += src.</summary>
    FetchAdd = 0x01,
    /// <summary>*p |= src.</summary>
    Or = 0x40,
    /// <summary>src = old *p; *p |= src.</summary>
    FetchOr = 0x41,
    /// <summary>*p &amp;= src.</summary>
    And = 0x50,
    /// <summary>src = old *p; *p &amp;= src.</summary>
    FetchAnd = 0x51,
    /// <summary>*p ^= src.</summary>
    Xor = 0xa0,
    /// <summary>src = old *p; *p ^= src.</summary>
    FetchXor = 0xa1,
    /// <summary>src = old *p; *p = src.</summary>
    Exchange = 0xe1,
    /// <summary>If *p == R0, *p = src; R0 = old *p.</summary>
    CompareExchange = 0xf1,
}

/// <summary>The src field of a 16-byte load: what its immediate stands for.</summary>
public enum BpfPseudo : byte
{
    /// <summary>A plain 64-bit number.</summary>
    None = 0,
    /// <summary>A map, by file descriptor.</summary>
    MapFd = 1,
    /// <summary>The address of a map's value: low half the descriptor, high half the offset (kernel 5.2).</summary>
    MapValue = 2,
    /// <summary>A kernel variable, by BTF id (kernel 5.10).</summary>
    BtfId = 3,
    /// <summary>A function of this program, by distance in instructions, for a callback (kernel 5.13).</summary>
    Function = 4,
}

/// <summary>The src field of a call: whom its immediate names.</summary>
public enum BpfCallKind : byte
{
    /// <summary>A helper, by number.</summary>
    Helper = 0,
    /// <summary>A function of this program, by distance in instructions.</summary>
    Function = 1,
    /// <summary>A kernel function, by BTF id; the offset field is a module's index, 0 for vmlinux (kernel 5.13).</summary>
    Kernel = 2,
}
