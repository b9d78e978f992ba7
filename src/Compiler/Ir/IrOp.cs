using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Ir;

/// <summary>A virtual register: 64 bits, an integer or a pointer. May be assigned in several places (the IR is not SSA).</summary>
public readonly record struct VReg(int Id)
{
    /// <inheritdoc/>
    public override string ToString() => $"v{Id}";
}

/// <summary>What an operation reads: a register, or an immediate (any 64-bit value; the code generator materialises wide ones).</summary>
public readonly record struct IrOperand
{
    private IrOperand(VReg? reg, long imm) => (Register, Immediate) = (reg, imm);

    /// <summary>The register, or null for an immediate.</summary>
    public VReg? Register { get; }

    /// <summary>The immediate; 0 for a register.</summary>
    public long Immediate { get; }

    /// <summary>A register as an operand.</summary>
    public static implicit operator IrOperand(VReg reg) => new(reg, 0);

    /// <summary>An immediate as an operand.</summary>
    public static implicit operator IrOperand(long imm) => new(null, imm);

    /// <inheritdoc/>
    public override string ToString() => Register?.ToString() ?? Immediate.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>Two-operand arithmetic on 64 bits. Division and modulo are unsigned and their divisor is known not to be 0.</summary>
public enum IrBinary
{
    /// <summary>Wraps. Also pointer + integer.</summary>
    Add,
    /// <summary>Wraps.</summary>
    Sub,
    /// <summary>Wraps.</summary>
    Mul,
    /// <summary>Unsigned.</summary>
    DivU,
    /// <summary>Unsigned.</summary>
    ModU,
    /// <summary>Bits.</summary>
    And,
    /// <summary>Bits.</summary>
    Or,
    /// <summary>Bits.</summary>
    Xor,
    /// <summary>Shift left; the count is taken modulo 64 by the lowering, never here.</summary>
    Shl,
    /// <summary>Logical shift right.</summary>
    ShrU,
    /// <summary>Arithmetic shift right.</summary>
    ShrS,
}

/// <summary>Conditions of a branch, on 64 bits.</summary>
public enum IrCondition
{
    /// <summary>a == b.</summary>
    Eq,
    /// <summary>a != b.</summary>
    Ne,
    /// <summary>Signed a &lt; b.</summary>
    LtS,
    /// <summary>Signed a &lt;= b.</summary>
    LeS,
    /// <summary>Signed a &gt; b.</summary>
    GtS,
    /// <summary>Signed a &gt;= b.</summary>
    GeS,
    /// <summary>Unsigned a &lt; b.</summary>
    LtU,
    /// <summary>Unsigned a &lt;= b.</summary>
    LeU,
    /// <summary>Unsigned a &gt; b.</summary>
    GtU,
    /// <summary>Unsigned a &gt;= b.</summary>
    GeU,
    /// <summary>(a &amp; b) != 0.</summary>
    Test,
}

/// <summary>Atomic operations on memory.</summary>
public enum IrAtomic
{
    /// <summary>Add.</summary>
    Add,
    /// <summary>Or.</summary>
    Or,
    /// <summary>And.</summary>
    And,
    /// <summary>Exclusive or.</summary>
    Xor,
    /// <summary>Exchange; needs a destination.</summary>
    Exchange,
    /// <summary>Compare with <see cref="IrOp.Atomic.Expected"/> and exchange; the destination gets the old value.</summary>
    CompareExchange,
}

/// <summary>What may be assumed of a helper call.</summary>
public enum CallEffect
{
    /// <summary>Reads and writes memory as it likes; never removed, never merged.</summary>
    Any,
    /// <summary>Gives the same answer throughout one run of the program and changes nothing: merged with an earlier one, removed when unused.</summary>
    PerRun,
    /// <summary>Changes nothing but may answer differently each time: removed when unused, not merged.</summary>
    Read,
}

/// <summary>
/// The operations of the intermediate representation, all of them. Terminators (<see cref="Jump"/>, <see cref="Branch"/>,
/// <see cref="Guard"/>, <see cref="Return"/>) end a block and stand nowhere else. Every op carries the span of the script it came from.
/// </summary>
public abstract record IrOp(TextSpan Span)
{
    /// <summary>dst = value.</summary>
    public sealed record Const(VReg Dst, long Value, TextSpan Span) : IrOp(Span);

    /// <summary>dst = src.</summary>
    public sealed record Copy(VReg Dst, VReg Src, TextSpan Span) : IrOp(Span);

    /// <summary>dst = a op b.</summary>
    public sealed record Binary(VReg Dst, IrBinary Op, VReg A, IrOperand B, TextSpan Span) : IrOp(Span);

    /// <summary>dst = src as a big-endian word: of 8 bytes that were loaded, the first one in memory becomes the most significant. (Bytes in order compare as memcmp does.)</summary>
    public sealed record Swap(VReg Dst, VReg Src, TextSpan Span) : IrOp(Span);

    /// <summary>dst = a cond b, as 1 or 0.</summary>
    public sealed record Compare(VReg Dst, IrCondition Condition, VReg A, IrOperand B, TextSpan Span) : IrOp(Span);

    /// <summary>dst = memory at base + offset, <paramref name="Size"/> 1, 2, 4 or 8 bytes, widened by sign or zero.</summary>
    public sealed record Load(VReg Dst, int Size, bool Signed, VReg Base, int Offset, TextSpan Span) : IrOp(Span)
    {
        /// <summary>Where the base is a kernel struct: the field whose offset it is, CO-RE relocated when the object is loaded on another kernel; else null.</summary>
        public CoreField? Field { get; init; }
    }

    /// <summary>Memory at base + offset = the low <paramref name="Size"/> bytes of value.</summary>
    public sealed record Store(int Size, VReg Base, int Offset, IrOperand Value, TextSpan Span) : IrOp(Span);

    /// <summary>One atomic operation of <paramref name="Size"/> 4 or 8 bytes; <paramref name="Dst"/> gets the old value where it is given (kernel 5.12).</summary>
    public sealed record Atomic(IrAtomic Op, int Size, VReg Base, int Offset, VReg Value, VReg? Expected, VReg? Dst, TextSpan Span) : IrOp(Span);

    /// <summary>dst = the address of a slot of the stack frame, plus an offset.</summary>
    public sealed record FrameAddress(VReg Dst, FrameSlot Slot, int Offset, TextSpan Span) : IrOp(Span);

    /// <summary>dst = a map, as helpers take it.</summary>
    public sealed record MapAddress(VReg Dst, MapSpec Map, TextSpan Span) : IrOp(Span);

    /// <summary>dst = the address of <paramref name="Offset"/> bytes into a data section.</summary>
    public sealed record DataAddress(VReg Dst, DataKind Section, int Offset, TextSpan Span) : IrOp(Span);

    /// <summary>dst = the program's context (R1 at entry).</summary>
    public sealed record Context(VReg Dst, TextSpan Span) : IrOp(Span);

    /// <summary>dst = what a function that the kernel calls back is passed in that place, from 0; only at the start of the entry block.</summary>
    public sealed record Parameter(VReg Dst, int Index, TextSpan Span) : IrOp(Span);

    /// <summary>dst = the address of a function of the module's <see cref="IrModule.Callbacks"/>, as helpers take it.</summary>
    public sealed record FunctionAddress(VReg Dst, string Name, TextSpan Span) : IrOp(Span);

    /// <summary>dst = a field's byte offset in a kernel struct, or another fact of its place (<see cref="CoreField.Kind"/>), CO-RE relocated when the object is loaded on another kernel; <paramref name="Value"/> is what the target's BTF says.</summary>
    public sealed record FieldOffset(VReg Dst, CoreField Field, int Value, TextSpan Span) : IrOp(Span);

    /// <summary>dst = helper(args): at most five arguments; clobbers nothing else that the IR can see.</summary>
    public sealed record Call(VReg? Dst, BpfHelper Helper, ImmutableArray<IrOperand> Args, CallEffect Effect, TextSpan Span) : IrOp(Span)
    {
        /// <summary>The function of the kernel (a kfunc) that is called instead of a helper, or null.</summary>
        public CFunction? Function { get; init; }
    }

    /// <summary>Goes on at a block.</summary>
    public sealed record Jump(IrBlock Target, TextSpan Span) : IrOp(Span);

    /// <summary>Goes on at <paramref name="Then"/> if a cond b, else at <paramref name="Else"/>.</summary>
    public sealed record Branch(IrCondition Condition, VReg A, IrOperand B, IrBlock Then, IrBlock Else, TextSpan Span) : IrOp(Span);

    /// <summary>
    /// Stands at the head of a loop: goes on at <paramref name="Inside"/>, and at <paramref name="Exhausted"/> once the kernel's budget for loops is
    /// spent (8,388,608 rounds since 6.9; a quarter of a second where the architecture has a clock for it). With <paramref name="Rounds"/>, for kernels without
    /// <c>may_goto</c>, once that register is 0, which the loop counts down.
    /// </summary>
    public sealed record Guard(IrBlock Inside, IrBlock Exhausted, VReg? Rounds, TextSpan Span) : IrOp(Span);

    /// <summary>Ends the program with a value.</summary>
    public sealed record Return(IrOperand Value, TextSpan Span) : IrOp(Span);
}
