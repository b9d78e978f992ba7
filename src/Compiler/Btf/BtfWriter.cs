using Ktap.Compiler.Bpf;

namespace Ktap.Compiler.Btf;

/// <summary>
/// Builds the type information of one object. Each method adds a type and returns its id; the same type added twice gets
/// the same id, strings are kept once, and the result depends on nothing but the calls.
/// </summary>
public sealed partial class BtfWriter(ByteOrder order)
{
    private readonly List<byte[]> _types = [];
    private readonly Dictionary<string, int> _ids = [];
    private readonly StringTable _strings = new();

    /// <summary>The byte order of the object.</summary>
    public ByteOrder Order { get; } = order;

    /// <summary>The offset of a string in the string section, where <see cref="BtfExtWriter"/> needs one.</summary>
    public int String(string text) => _strings.OffsetOf(text);

    /// <summary>An integer of 1, 2, 4, 8 or 16 bytes.</summary>
    public int Int(string name, int size, BtfEncoding encoding = BtfEncoding.None) =>
        Add(BtfKind.Int, name, size, 0, false, to => to.U32((int)encoding << 24 | size * 8));

    /// <summary>A pointer; to type 0 it is <c>void *</c>.</summary>
    public int Pointer(int target) => Add(BtfKind.Pointer, "", target);

    /// <summary>const.</summary>
    public int Const(int target) => Add(BtfKind.Const, "", target);

    /// <summary>volatile.</summary>
    public int Volatile(int target) => Add(BtfKind.Volatile, "", target);

    /// <summary>Another name for a type.</summary>
    public int Typedef(string name, int target) => Add(BtfKind.Typedef, name, target);

    /// <summary>An array of <paramref name="length"/> elements, indexed by a 32-bit integer.</summary>
    public int Array(int element, int length)
    {
        var index = Int("__ARRAY_SIZE_TYPE__", 4);
        return Add(BtfKind.Array, "", 0, 0, false, to =>
        {
            to.U32(element);
            to.U32(index);
            to.U32(length);
        });
    }

    /// <summary>A struct of <paramref name="size"/> bytes, its members in order of offset; an empty name for an anonymous one.</summary>
    public int Struct(string name, int size, params ReadOnlySpan<BtfMember> members) => Composite(BtfKind.Struct, name, size, members);

    /// <summary>A union of <paramref name="size"/> bytes.</summary>
    public int Union(string name, int size, params ReadOnlySpan<BtfMember> members) => Composite(BtfKind.Union, name, size, members);

    /// <summary>A struct (or union) that is declared only.</summary>
    public int Forward(string name, bool isUnion = false) => Add(BtfKind.Forward, name, 0, 0, isUnion);

    /// <summary>An enum of 1, 2 or 4 bytes.</summary>
    public int Enum(string name, int size, bool signed, params ReadOnlySpan<BtfEnumValue> values)
    {
        var copy = values.ToArray();
        return Add(BtfKind.Enum, name, size, copy.Length, signed, to =>
        {
            foreach (var value in copy)
            {
                to.U32(String(value.Name));
                to.U32((int)value.Value);
            }
        });
    }

    /// <summary>An enum of 8 bytes (kernel 6.0).</summary>
    public int Enum64(string name, bool signed, params ReadOnlySpan<BtfEnumValue> values)
    {
        var copy = values.ToArray();
        return Add(BtfKind.Enum64, name, 8, copy.Length, signed, to =>
        {
            foreach (var value in copy)
            {
                to.U32(String(value.Name));
                to.U32((int)value.Value);
                to.U32((int)(value.Value >> 32));
            }
        });
    }

    /// <summary>The parameters and the result (0: void) of a function.</summary>
    public int FunctionPrototype(int result, params ReadOnlySpan<BtfParameter> parameters)
    {
        var copy = parameters.ToArray();
        return Add(BtfKind.FunctionPrototype, "", result, copy.Length, false, to =>
        {
            foreach (var parameter in copy)
            {
                to.U32(String(parameter.Name));
                to.U32(parameter.TypeId);
            }
        });
    }

    /// <summary>A function; extern for a kernel function that the object calls.</summary>
    public int Function(string name, int prototype, BtfLinkage linkage) =>
        Add(BtfKind.Function, name, prototype, (int)linkage);

    /// <summary>A variable.</summary>
    public int Variable(string name, int type, BtfLinkage linkage = BtfLinkage.Global) =>
        Add(BtfKind.Variable, name, type, 0, false, to => to.U32((int)linkage));

    /// <summary>A section and its variables (in <c>.ksyms</c>: extern functions), in order of offset; sizes in bytes.</summary>
    public int DataSection(string name, int size, params ReadOnlySpan<BtfSectionVariable> variables)
    {
        var copy = variables.ToArray();
        return Add(BtfKind.DataSection, name, size, copy.Length, false, to =>
        {
            foreach (var variable in copy)
            {
                to.U32(variable.VariableId);
                to.U32(variable.Offset);
                to.U32(variable.Size);
            }
        });
    }

    /// <summary>An attribute of a declaration, or of its member or parameter number <paramref name="component"/> (kernel 5.16).</summary>
    public int DeclarationTag(string text, int declaration, int component = -1) =>
        Add(BtfKind.DeclarationTag, text, declaration, 0, false, to => to.U32(component));

    /// <summary>An attribute of a type, such as <c>user</c> (kernel 5.17).</summary>
    public int TypeTag(string text, int target) => Add(BtfKind.TypeTag, text, target);

    /// <summary>The contents of section <c>.BTF</c>.</summary>
    public byte[] ToArray()
    {
        var to = new ByteBuffer(Order);
        var length = _types.Sum(t => t.Length);
        to.U16(0xeb9f);
        to.U8(1);
        to.U8(0);
        to.U32(24);
        to.U32(0);
        to.U32(length);
        to.U32(length);
        to.U32(_strings.Bytes.Length);
        foreach (var type in _types) to.Bytes(type);
        to.Bytes(_strings.Bytes);
        return to.ToArray();
    }

    private int Composite(BtfKind kind, string name, int size, ReadOnlySpan<BtfMember> members)
    {
        var copy = members.ToArray();
        // The flag changes how offsets are encoded; it is set only where there are bit fields.
        var bitfields = System.Array.Exists(copy, m => m.BitfieldSize != 0);
        return Add(kind, name, size, copy.Length, bitfields, to =>
        {
            foreach (var member in copy)
            {
                to.U32(String(member.Name));
                to.U32(member.TypeId);
                to.U32(member.BitOffset | member.BitfieldSize << 24);
            }
        });
    }

    private int Add(BtfKind kind, string name, int sizeOrType, int count = 0, bool flag = false, Action<ByteBuffer>? rest = null)
    {
        if (count > 0xffff) throw new ArgumentException($"{kind} '{name}' has {count} elements; BTF counts to 65535", nameof(count));
        var type = new ByteBuffer(Order);
        type.U32(String(name));
        type.U32((flag ? 1u << 31 : 0) | (uint)kind << 24 | (uint)count);
        type.U32(sizeOrType);
        rest?.Invoke(type);
        var bytes = type.ToArray();
        var key = Convert.ToBase64String(bytes);
        if (_ids.TryGetValue(key, out var id)) return id;
        _types.Add(bytes);
        _ids.Add(key, _types.Count);
        return _types.Count;
    }
}
