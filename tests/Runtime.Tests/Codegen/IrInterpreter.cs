using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;

namespace Ktap.Runtime.Tests.Codegen;

/// <summary>What the IR means, operation by operation: the yardstick for what the kernel gives. Addresses are those of frame slots, of the context, and of shared memory, which is all zeros.</summary>
internal sealed class IrInterpreter(IrFunction function, ulong[] context)
{
    private const long FrameBase = 0x10000, ContextBase = 0x1000, DataBase = 0x800, SlotStride = 0x1000;
    private readonly long[] _registers = new long[function.RegisterCount];
    private readonly byte[] _frame = new byte[function.Slots.Length * SlotStride];

    /// <summary>What a helper answers, given its arguments and the bytes behind an address.</summary>
    public required Func<BpfHelper, long[], Func<long, int, Memory<byte>>, long> Helper { get; init; }

    public long Run()
    {
        var block = function.Blocks[0];
        for (var steps = 0; steps < 100_000; steps++)
        {
            foreach (var op in block.Ops.Take(block.Ops.Count - 1)) Step(op);
            switch (block.Ops[^1])
            {
                case IrOp.Return o: return Value(o.Value);
                case IrOp.Jump o: block = o.Target; break;
                case IrOp.Guard o: block = o.Inside; break;
                case IrOp.Branch o: block = Holds(o.Condition, Value(o.A), Value(o.B)) ? o.Then : o.Else; break;
            }
        }
        throw new InvalidOperationException("goes on for ever");
    }

    private void Step(IrOp op)
    {
        switch (op)
        {
            case IrOp.Const o: Set(o.Dst, o.Value); break;
            case IrOp.Copy o: Set(o.Dst, Value(o.Src)); break;
            case IrOp.Binary o: Set(o.Dst, Binary(o.Op, Value(o.A), Value(o.B))); break;
            case IrOp.Swap o: Set(o.Dst, System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(Value(o.Src))); break; // tests run on little-endian machines
            case IrOp.Compare o: Set(o.Dst, Holds(o.Condition, Value(o.A), Value(o.B)) ? 1 : 0); break;
            case IrOp.Load o: Set(o.Dst, Read(Value(o.Base) + o.Offset, o.Size, o.Signed)); break;
            case IrOp.Store o: Write(Value(o.Base) + o.Offset, o.Size, Value(o.Value)); break;
            case IrOp.Atomic o: Atomic(o); break;
            case IrOp.FrameAddress o: Set(o.Dst, FrameBase + o.Slot.Id * SlotStride + o.Offset); break;
            case IrOp.DataAddress { Section: DataKind.Bss } o: Set(o.Dst, DataBase + o.Offset); break;
            case IrOp.Context o: Set(o.Dst, ContextBase); break;
            case IrOp.FieldOffset o: Set(o.Dst, o.Value); break;
            case IrOp.Call o:
                var result = Helper(o.Helper, [.. o.Args.Select(Value)], Bytes);
                if (o.Dst is { } dst) Set(dst, result);
                break;
            default: throw new InvalidOperationException(IrPrinter.Print(op));
        }
    }

    private void Atomic(IrOp.Atomic o)
    {
        var at = Value(o.Base) + o.Offset;
        var (old, value) = (Read(at, o.Size, false), Value(o.Value));
        var stored = o.Op switch
        {
            IrAtomic.Add => old + value,
            IrAtomic.Or => old | value,
            IrAtomic.And => old & value,
            IrAtomic.Xor => old ^ value,
            IrAtomic.Exchange => value,
            _ => old == (o.Size == 4 ? (uint)Value(o.Expected!.Value) : Value(o.Expected!.Value)) ? value : old,
        };
        Write(at, o.Size, stored);
        if (o.Dst is { } dst) Set(dst, old);
    }

    private void Set(VReg dst, long value) => _registers[dst.Id] = value;

    private long Value(VReg reg) => _registers[reg.Id];

    private long Value(IrOperand operand) => operand.Register is { } reg ? Value(reg) : operand.Immediate;

    private Memory<byte> Bytes(long address, int size) => _frame.AsMemory(checked((int)(address - FrameBase)), size);

    private long Read(long address, int size, bool signed)
    {
        var bytes = new byte[8];
        if (address >= FrameBase) Bytes(address, size).CopyTo(bytes);
        else if (address >= ContextBase) BitConverter.GetBytes(context[(address - ContextBase) / 8]).AsSpan((int)(address % 8), size).CopyTo(bytes);
        var value = BitConverter.ToInt64(bytes);
        return signed ? value << 64 - size * 8 >> 64 - size * 8 : value;
    }

    private void Write(long address, int size, long value) => BitConverter.GetBytes(value).AsMemory(0, size).CopyTo(Bytes(address, size));

    private static long Binary(IrBinary op, long a, long b) => op switch
    {
        IrBinary.Add => a + b,
        IrBinary.Sub => a - b,
        IrBinary.Mul => a * b,
        IrBinary.DivU => b == 0 ? 0 : (long)((ulong)a / (ulong)b),
        IrBinary.ModU => b == 0 ? a : (long)((ulong)a % (ulong)b),
        IrBinary.And => a & b,
        IrBinary.Or => a | b,
        IrBinary.Xor => a ^ b,
        IrBinary.Shl => a << (int)b,
        IrBinary.ShrU => a >>> (int)b,
        _ => a >> (int)b,
    };

    private static bool Holds(IrCondition condition, long a, long b) => condition switch
    {
        IrCondition.Eq => a == b,
        IrCondition.Ne => a != b,
        IrCondition.LtS => a < b,
        IrCondition.LeS => a <= b,
        IrCondition.GtS => a > b,
        IrCondition.GeS => a >= b,
        IrCondition.LtU => (ulong)a < (ulong)b,
        IrCondition.LeU => (ulong)a <= (ulong)b,
        IrCondition.GtU => (ulong)a > (ulong)b,
        IrCondition.GeU => (ulong)a >= (ulong)b,
        _ => (a & b) != 0,
    };
}
