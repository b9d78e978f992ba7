using System.Globalization;
using System.Text;

namespace Ktap.Compiler.Bpf;

/// <summary>Prints instructions as the kernel's verifier and bpftool do: the one printer for <c>-b</c>, <c>--dump bpf</c> and the tests.</summary>
public static class Disassembler
{
    /// <summary>
    /// A listing, one line an instruction (<c>   0: (b7) r0 = 0</c>; a 16-byte load is one line and two numbers).
    /// <paramref name="symbolAt"/> names what the relocation of an instruction refers to; <paramref name="sourceAt"/> gives the
    /// source text of an instruction, printed as <c>; text</c> above it when it differs from the previous one's. Both may return null.
    /// </summary>
    public static string Print(ReadOnlySpan<BpfInstruction> code, Func<int, string?>? symbolAt = null, Func<int, string?>? sourceAt = null)
    {
        var text = new StringBuilder();
        string? source = null;
        for (var i = 0; i < code.Length; i++)
        {
            if (sourceAt?.Invoke(i) is { } line && line != source) text.Append("; ").Append(source = line).Append('\n');
            var instruction = code[i];
            text.Append(CultureInfo.InvariantCulture, $"{i,4}: ({instruction.Opcode:x2}) ");
            var next = instruction.IsWide && i + 1 < code.Length ? code[++i] : default;
            text.Append(Format(instruction, next, symbolAt?.Invoke(instruction.IsWide ? i - 1 : i))).Append('\n');
        }
        return text.ToString();
    }

    /// <summary>
    /// One instruction. <paramref name="next"/> is the second slot of a 16-byte load; <paramref name="symbol"/> is what a
    /// relocation puts in place of the immediate.
    /// </summary>
    public static string Format(BpfInstruction instruction, BpfInstruction next = default, string? symbol = null) => instruction.Class switch
    {
        BpfClass.Alu => Arithmetic(instruction, 'w'),
        BpfClass.Alu64 => Arithmetic(instruction, 'r'),
        BpfClass.Ldx => Load(instruction),
        BpfClass.St when Mode(instruction) == BpfInstruction.ModeMemory =>
            $"{Memory(instruction, instruction.Dst)} = {instruction.Immediate}",
        BpfClass.Stx when Mode(instruction) == BpfInstruction.ModeMemory =>
            $"{Memory(instruction, instruction.Dst)} = {Register(instruction.Src)}",
        BpfClass.Stx when Mode(instruction) == BpfInstruction.ModeAtomic => Atomic(instruction),
        BpfClass.Ld when instruction.IsWide => $"{Register(instruction.Dst)} = {WideValue(instruction, next, symbol)}",
        BpfClass.Jmp => Jump(instruction, 'r', symbol),
        BpfClass.Jmp32 => Jump(instruction, 'w', symbol),
        _ => Unknown(instruction),
    };

    private static int Mode(BpfInstruction i) => i.Opcode & BpfInstruction.ModeMask;

    private static string Register(BpfRegister register, char prefix = 'r') => $"{prefix}{(int)register}";

    private static string Unknown(BpfInstruction i) => $"unknown opcode {i.Opcode:x2}";

    private static string Distance(int distance) => distance < 0 ? $"pc{distance}" : $"pc+{distance}";

    private static string Memory(BpfInstruction i, BpfRegister at, char sign = 'u')
    {
        var bits = (BpfSize)(i.Opcode & 0x18) switch { BpfSize.Byte => 8, BpfSize.Half => 16, BpfSize.Word => 32, _ => 64 };
        return $"*({sign}{bits} *)({Register(at)} {i.Offset:+0;-0;+0})";
    }

    private static string Load(BpfInstruction i) => Mode(i) switch
    {
        BpfInstruction.ModeMemory => $"{Register(i.Dst)} = {Memory(i, i.Src)}",
        BpfInstruction.ModeMemorySigned => $"{Register(i.Dst)} = {Memory(i, i.Src, 's')}",
        _ => Unknown(i),
    };

    private static string Arithmetic(BpfInstruction i, char prefix)
    {
        var dst = Register(i.Dst, prefix);
        var fromRegister = (i.Opcode & BpfInstruction.FromRegister) != 0;
        var operand = fromRegister ? Register(i.Src, prefix) : i.Immediate.ToString(CultureInfo.InvariantCulture);
        var signed = i.Offset == 1 ? "s" : "";
        switch ((BpfAluOp)(i.Opcode & 0xf0))
        {
            case BpfAluOp.Neg: return $"{dst} = -{dst}";
            case BpfAluOp.Mov when fromRegister && i.Offset != 0: return $"{dst} = (s{i.Offset}){operand}";
            case BpfAluOp.Mov: return $"{dst} = {operand}";
            case BpfAluOp.End:
                var conversion = prefix == 'r' ? "bswap" : fromRegister ? "be" : "le";
                return $"{Register(i.Dst)} = {conversion}{i.Immediate} {Register(i.Dst)}";
            case BpfAluOp.Add: return $"{dst} += {operand}";
            case BpfAluOp.Sub: return $"{dst} -= {operand}";
            case BpfAluOp.Mul: return $"{dst} *= {operand}";
            case BpfAluOp.Div: return $"{dst} {signed}/= {operand}";
            case BpfAluOp.Mod: return $"{dst} {signed}%= {operand}";
            case BpfAluOp.Or: return $"{dst} |= {operand}";
            case BpfAluOp.And: return $"{dst} &= {operand}";
            case BpfAluOp.Xor: return $"{dst} ^= {operand}";
            case BpfAluOp.Lsh: return $"{dst} <<= {operand}";
            case BpfAluOp.Rsh: return $"{dst} >>= {operand}";
            case BpfAluOp.Arsh: return $"{dst} s>>= {operand}";
            default: return Unknown(i);
        }
    }

    private static string Atomic(BpfInstruction i)
    {
        var place = Memory(i, i.Dst);
        var src = Register(i.Src);
        var name = (i.Opcode & 0x18) == (byte)BpfSize.Double ? "atomic64" : "atomic";
        return (BpfAtomicOp)i.Immediate switch
        {
            BpfAtomicOp.Add => $"lock {place} += {src}",
            BpfAtomicOp.Or => $"lock {place} |= {src}",
            BpfAtomicOp.And => $"lock {place} &= {src}",
            BpfAtomicOp.Xor => $"lock {place} ^= {src}",
            BpfAtomicOp.FetchAdd => $"{src} = {name}_fetch_add({place[1..]}, {src})",
            BpfAtomicOp.FetchOr => $"{src} = {name}_fetch_or({place[1..]}, {src})",
            BpfAtomicOp.FetchAnd => $"{src} = {name}_fetch_and({place[1..]}, {src})",
            BpfAtomicOp.FetchXor => $"{src} = {name}_fetch_xor({place[1..]}, {src})",
            BpfAtomicOp.Exchange => $"{src} = {name}_xchg({place[1..]}, {src})",
            BpfAtomicOp.CompareExchange => $"r0 = {name}_cmpxchg({place[1..]}, r0, {src})",
            _ => Unknown(i),
        };
    }

    private static string WideValue(BpfInstruction i, BpfInstruction next, string? symbol)
    {
        if (symbol is not null) return i.Immediate == 0 ? $"&{symbol}" : $"&{symbol}{i.Immediate:+0;-0}";
        return (BpfPseudo)i.Src switch
        {
            BpfPseudo.None => $"0x{(ulong)(uint)next.Immediate << 32 | (uint)i.Immediate:x}",
            BpfPseudo.MapFd => $"map[fd:{i.Immediate}]",
            BpfPseudo.MapValue => $"map[fd:{i.Immediate}][0]+{(uint)next.Immediate}",
            BpfPseudo.BtfId => $"kernel-variable#{i.Immediate}",
            BpfPseudo.Function => $"subprog[{i.Immediate:+0;-0;+0}]",
            _ => $"pseudo{(int)i.Src}[{i.Immediate}]",
        };
    }

    private static string Jump(BpfInstruction i, char prefix, string? symbol)
    {
        var op = (BpfJumpOp)(i.Opcode & 0xf0);
        switch (op)
        {
            case BpfJumpOp.Always: return prefix == 'r' ? $"goto {Distance(i.Offset)}" : $"gotol {Distance(i.Immediate)}";
            case BpfJumpOp.May when prefix == 'r': return $"may_goto {Distance(i.Offset)}";
            case BpfJumpOp.Exit when prefix == 'r': return "exit";
            case BpfJumpOp.Call when prefix == 'r':
                return (BpfCallKind)i.Src switch
                {
                    BpfCallKind.Helper => $"call {BpfHelperNames.NameOf(i.Immediate) ?? "unknown"}#{i.Immediate}",
                    BpfCallKind.Function => symbol is null ? $"call {Distance(i.Immediate)}" : $"call {symbol}",
                    _ => symbol is null ? $"call kernel-function#{i.Immediate}" : $"call {symbol}",
                };
        }
        var comparison = op switch
        {
            BpfJumpOp.Equal => "==", BpfJumpOp.NotEqual => "!=", BpfJumpOp.Set => "&",
            BpfJumpOp.Greater => ">", BpfJumpOp.GreaterOrEqual => ">=", BpfJumpOp.Less => "<", BpfJumpOp.LessOrEqual => "<=",
            BpfJumpOp.SignedGreater => "s>", BpfJumpOp.SignedGreaterOrEqual => "s>=",
            BpfJumpOp.SignedLess => "s<", BpfJumpOp.SignedLessOrEqual => "s<=",
            _ => null,
        };
        if (comparison is null) return Unknown(i);
        var operand = (i.Opcode & BpfInstruction.FromRegister) != 0 ? Register(i.Src, prefix) : $"0x{i.Immediate:x}";
        return $"if {Register(i.Dst, prefix)} {comparison} {operand} goto {Distance(i.Offset)}";
    }
}
