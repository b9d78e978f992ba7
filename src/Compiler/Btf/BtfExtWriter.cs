using Ktap.Compiler.Bpf;

namespace Ktap.Compiler.Btf;

/// <summary>What a CO-RE relocation asks the kernel's BTF, by the numbers of linux/bpf.h (enum bpf_core_relo_kind).</summary>
public enum CoreRelocationKind
{
    /// <summary>The byte offset of a field.</summary>
    FieldByteOffset,
    /// <summary>The size of a field in bytes.</summary>
    FieldByteSize,
    /// <summary>1 where the field exists, else 0.</summary>
    FieldExists,
    /// <summary>1 where the field is signed, else 0.</summary>
    FieldSigned,
    /// <summary>How far to shift a bit field left.</summary>
    FieldLeftShift,
    /// <summary>How far to shift it right afterwards.</summary>
    FieldRightShift,
    /// <summary>The id of the local type.</summary>
    TypeIdLocal,
    /// <summary>The id of the kernel's type.</summary>
    TypeIdTarget,
    /// <summary>1 where the type exists, else 0.</summary>
    TypeExists,
    /// <summary>The size of the type in bytes.</summary>
    TypeSize,
    /// <summary>1 where the enum's value exists, else 0.</summary>
    EnumValueExists,
    /// <summary>The enum's value.</summary>
    EnumValue,
    /// <summary>1 where the type matches the local one, else 0.</summary>
    TypeMatches,
}

/// <summary>
/// Builds section <c>.BTF.ext</c>: which function starts where, which source line each instruction belongs to, and which
/// instructions the kernel's own layout changes. Offsets are in slots from the start of the ELF section; within a section
/// they must ascend, and the kernel wants a line at each function's first slot (and none at the second slot of a 16-byte load).
/// </summary>
public sealed class BtfExtWriter(BtfWriter types)
{
    private readonly Table _functions = new(types, 8);
    private readonly Table _lines = new(types, 16);
    private readonly Table _core = new(types, 16);

    /// <summary>A function (an id of kind Function) starts at a slot of an ELF section.</summary>
    public void Function(string section, int slot, int functionType) =>
        _functions.Add(section, slot, functionType);

    /// <summary>
    /// From a slot on, code belongs to a line of a file: <paramref name="line"/> and <paramref name="column"/> count from 1
    /// (the format holds columns to 1023 and lines to 4194303; larger ones are shown as these).
    /// </summary>
    public void Line(string section, int slot, string file, string text, int line, int column) =>
        _lines.Add(section, slot, types.String(file), types.String(text), Math.Min(line, 0x3fffff) << 10 | Math.Min(column, 1023));

    /// <summary>
    /// The instruction at a slot is patched by what the running kernel says of <paramref name="access"/>, a path of member
    /// numbers from a local type ("0:2:1": its third member's second member).
    /// </summary>
    public void Core(string section, int slot, int localType, string access, CoreRelocationKind kind) =>
        _core.Add(section, slot, localType, types.String(access), (int)kind);

    /// <summary>The contents of section <c>.BTF.ext</c>.</summary>
    public byte[] ToArray()
    {
        byte[] functions = _functions.ToArray(), lines = _lines.ToArray(), core = _core.ToArray();
        var to = new ByteBuffer(types.Order);
        to.U16(0xeb9f);
        to.U8(1);
        to.U8(0);
        to.U32(32);
        to.U32(0);
        to.U32(functions.Length);
        to.U32(functions.Length);
        to.U32(lines.Length);
        to.U32(functions.Length + lines.Length);
        to.U32(core.Length);
        to.Bytes(functions);
        to.Bytes(lines);
        to.Bytes(core);
        return to.ToArray();
    }

    // Records of one size, by ELF section in the order of first use.
    private sealed class Table(BtfWriter types, int recordSize)
    {
        private readonly List<(string Section, List<int[]> Records)> _sections = [];
        private readonly Dictionary<string, int> _indexes = [];

        internal void Add(string section, int slot, params int[] rest)
        {
            if (!_indexes.TryGetValue(section, out var at))
            {
                types.String(section);
                _indexes.Add(section, at = _sections.Count);
                _sections.Add((section, []));
            }
            _sections[at].Records.Add([slot * BpfInstruction.Size, .. rest]);
        }

        internal byte[] ToArray()
        {
            if (_sections.Count == 0) return [];
            var to = new ByteBuffer(types.Order);
            to.U32(recordSize);
            foreach (var (section, records) in _sections)
            {
                to.U32(types.String(section));
                to.U32(records.Count);
                foreach (var word in records.SelectMany(r => r)) to.U32(word);
            }
            return to.ToArray();
        }
    }
}
