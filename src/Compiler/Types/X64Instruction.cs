namespace Ktap.Compiler.Types;

/// <summary>
/// How long instructions of x86-64 are (Intel's manual, volume 2, appendix A). A probe is a byte that is written over the first of an instruction's; written anywhere
/// else it makes the program do something that nobody wrote.
/// </summary>
public static class X64Instruction
{
    // What follows an opcode: - nothing, m a ModRM byte, i an immediate byte, I both, z an immediate of the operand's size (2 or 4 bytes), Z it behind a ModRM byte, v the
    // same or 8 bytes with REX.W, j 4 bytes, w 2 bytes, e 3 bytes, o an address, f and g a ModRM byte and for its first two operations an immediate; x: no instruction.
    private const string OneByte =
        "mmmmizxxmmmmizxx" + "mmmmizxxmmmmizxx" + "mmmmizxxmmmmizxx" + "mmmmizxxmmmmizxx" +
        "xxxxxxxxxxxxxxxx" + "----------------" + "xxxmxxxxzZiI----" + "iiiiiiiiiiiiiiii" +
        "IZxImmmmmmmmmmmm" + "----------x-----" + "oooo----iz------" + "iiiiiiiivvvvvvvv" +
        "IIw-xxIZe-w--ix-" + "mmmmxxx-mmmmmmmm" + "iiiiiiiijjxi----" + "x-xx--fg------mm";

    private const string TwoBytes =
        "mmmmx-----x-xm-I" + "mmmmmmmmmmmmmmmm" + "mmmmxxxxmmmmmmmm" + "------x-xxxxxxxx" +
        "mmmmmmmmmmmmmmmm" + "mmmmmmmmmmmmmmmm" + "mmmmmmmmmmmmmmmm" + "IIIImmm-mmmmmmmm" +
        "jjjjjjjjjjjjjjjj" + "mmmmmmmmmmmmmmmm" + "---mImxx---mImmm" + "mmmmmmmmmmImmmmm" +
        "mmImIIIm--------" + "mmmmmmmmmmmmmmmm" + "mmmmmmmmmmmmmmmm" + "mmmmmmmmmmmmmmmm";

    /// <summary>The bytes of the instruction at the start of some code; 0 where there is none, or not all of it.</summary>
    public static int Length(ReadOnlySpan<byte> code)
    {
        var (at, narrow, address32, wide) = (0, false, false, false);
        for (; at < code.Length && code[at] is 0x66 or 0x67 or 0xf0 or 0xf2 or 0xf3 or 0x2e or 0x36 or 0x3e or 0x26 or 0x64 or 0x65; at++)
        {
            narrow |= code[at] == 0x66;
            address32 |= code[at] == 0x67;
        }
        if (at < code.Length && (code[at] & 0xf0) == 0x40) wide = (code[at++] & 8) != 0;
        if (at + 1 >= code.Length) return at < code.Length && OneByte[code[at]] == '-' ? at + 1 : 0;
        var opcode = code[at++];
        char form;
        switch (opcode)
        {
            case 0xc5: // VEX of two bytes, then the opcode
                form = InVectorMap(1, ref at, 1, code);
                break;
            case 0xc4: // VEX of three, the map in the first one's low bits
                form = InVectorMap(code[at] & 31, ref at, 2, code);
                break;
            case 0x62: // EVEX
                form = InVectorMap(code[at] & 7, ref at, 3, code);
                break;
            case 0x0f when code[at] == 0x38:
                at += 2;
                form = 'm';
                break;
            case 0x0f when code[at] == 0x3a:
                at += 2;
                form = 'I';
                break;
            case 0x0f:
                form = TwoBytes[code[at++]];
                break;
            default:
                form = OneByte[opcode];
                break;
        }
        var immediate = narrow && !wide ? 2 : 4;
        var length = form switch
        {
            'x' => 0,
            '-' => at,
            'i' => at + 1,
            'z' => at + immediate,
            'v' => at + (wide ? 8 : immediate),
            'j' => at + 4,
            'w' => at + 2,
            'e' => at + 3,
            'o' => at + (address32 ? 4 : 8),
            _ => AfterModRm(code, at) is var behind && behind == 0 ? 0 : behind + form switch
            {
                'I' => 1,
                'Z' => immediate,
                'f' => (code[at] & 0x30) == 0 ? 1 : 0,
                'g' => (code[at] & 0x30) == 0 ? immediate : 0,
                _ => 0,
            },
        };
        return length <= code.Length ? length : 0;
    }

    /// <summary>Whether an instruction begins so many bytes behind the beginning of some code, which is one; null where that can't be told.</summary>
    public static bool? BeginsAt(ReadOnlySpan<byte> code, int offset)
    {
        var at = 0;
        while (at < offset)
        {
            var length = Length(code[at..]);
            if (length == 0) return null;
            at += length;
        }
        return at == offset;
    }

    // The opcode behind the rest of a VEX or EVEX prefix. All of its instructions have a ModRM byte but vzeroupper; those of map 3, and some of map 1, an immediate.
    private static char InVectorMap(int map, ref int at, int rest, ReadOnlySpan<byte> code)
    {
        at += rest;
        if (at >= code.Length) return 'x';
        var opcode = code[at++];
        return map switch
        {
            1 when opcode == 0x77 => '-',
            1 => TwoBytes[opcode] == 'I' ? 'I' : 'm',
            3 => 'I',
            2 or 5 or 6 => 'm',
            _ => 'x',
        };
    }

    // Behind the ModRM byte, the SIB byte and the displacement; 0 where they aren't all there.
    private static int AfterModRm(ReadOnlySpan<byte> code, int at)
    {
        if (at >= code.Length) return 0;
        var (mode, memory) = (code[at] >> 6, code[at] & 7);
        at++;
        if (mode == 3) return at;
        var far = mode == 2 || (mode == 0 && memory == 5);
        if (memory == 4)
        {
            if (at >= code.Length) return 0;
            far |= mode == 0 && (code[at] & 7) == 5;
            at++;
        }
        return at + (far ? 4 : mode == 1 ? 1 : 0);
    }
}
