using System.Buffers.Binary;

namespace Ktap.Compiler.Bpf;

/// <summary>
/// One 8-byte slot of eBPF code. A 16-byte load (<see cref="LoadImmediate64"/> and friends) is two slots, of which the second
/// has opcode 0 and holds the high half; every index and jump distance counts slots.
/// </summary>
public readonly partial record struct BpfInstruction(byte Opcode, BpfRegister Dst, BpfRegister Src, short Offset, int Immediate)
{
    /// <summary>The size of a slot in bytes.</summary>
    public const int Size = 8;

    internal const byte LoadImmediateOpcode = (byte)BpfClass.Ld | (byte)BpfSize.Double;
    internal const byte FromRegister = 0x08;
    internal const byte ModeMask = 0xe0, ModeMemory = 0x60, ModeMemorySigned = 0x80, ModeAtomic = 0xc0;

    /// <summary>The instruction's class.</summary>
    public BpfClass Class => (BpfClass)(Opcode & 7);

    /// <summary>Whether this is the first slot of a 16-byte load.</summary>
    public bool IsWide => Opcode == LoadImmediateOpcode;

    /// <summary>Whether this is a jump with a distance in <see cref="Offset"/> (not a call, exit or 32-bit jump).</summary>
    public bool IsJump =>
        Class is BpfClass.Jmp or BpfClass.Jmp32 && (BpfJumpOp)(Opcode & 0xf0) is not (BpfJumpOp.Call or BpfJumpOp.Exit)
        && !(Class == BpfClass.Jmp32 && (Opcode & 0xf0) == 0);

    /// <summary>Whether this is a call of a function of the same program.</summary>
    public bool IsFunctionCall => Opcode == ((byte)BpfClass.Jmp | (byte)BpfJumpOp.Call) && (BpfCallKind)Src == BpfCallKind.Function;

    /// <summary>Writes the slot. On big-endian machines the two registers change places within their byte as well.</summary>
    public void Encode(ByteBuffer to)
    {
        to.U8(Opcode);
        to.U8(to.Order == ByteOrder.Little ? (int)Dst | (int)Src << 4 : (int)Dst << 4 | (int)Src);
        to.U16(Offset);
        to.U32(Immediate);
    }

    /// <summary>All slots as bytes, 8 a slot.</summary>
    public static byte[] Encode(ReadOnlySpan<BpfInstruction> code, ByteOrder order)
    {
        var to = new ByteBuffer(order);
        foreach (var instruction in code) instruction.Encode(to);
        return to.ToArray();
    }

    /// <summary>Reads one slot from 8 bytes.</summary>
    public static BpfInstruction Decode(ReadOnlySpan<byte> slot, ByteOrder order)
    {
        int low = slot[1] & 15, high = slot[1] >> 4;
        return order == ByteOrder.Little
            ? new(slot[0], (BpfRegister)low, (BpfRegister)high, BinaryPrimitives.ReadInt16LittleEndian(slot[2..]), BinaryPrimitives.ReadInt32LittleEndian(slot[4..]))
            : new(slot[0], (BpfRegister)high, (BpfRegister)low, BinaryPrimitives.ReadInt16BigEndian(slot[2..]), BinaryPrimitives.ReadInt32BigEndian(slot[4..]));
    }

    /// <summary>Reads a whole section of code.</summary>
    /// <exception cref="InvalidDataException">The length is not a multiple of 8.</exception>
    public static BpfInstruction[] DecodeAll(ReadOnlySpan<byte> bytes, ByteOrder order)
    {
        if (bytes.Length % Size != 0) throw new InvalidDataException($"BPF code of {bytes.Length} bytes is not a whole number of 8-byte slots");
        var code = new BpfInstruction[bytes.Length / Size];
        for (var i = 0; i < code.Length; i++) code[i] = Decode(bytes.Slice(i * Size, Size), order);
        return code;
    }

    /// <summary>One line of disassembly; a 16-byte load shows its low half only (the <see cref="Disassembler"/> sees both slots).</summary>
    public override string ToString() => Disassembler.Format(this);
}
