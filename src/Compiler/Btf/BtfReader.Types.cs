namespace Ktap.Compiler.Btf;

// What is in a type, kind by kind. Each asks the base for ids below this reader's own.
public sealed partial class BtfReader
{
    /// <summary>
    /// The type that a pointer, typedef, const, volatile, restrict, tag, function (its prototype) or variable refers to;
    /// for a prototype its result.
    /// </summary>
    public int Target(int id) => id < _firstId ? _base!.Target(id) : Word(id, 8);

    /// <summary>The type behind typedefs, const, volatile, restrict and type tags.</summary>
    public int Resolve(int id)
    {
        while (Kind(id) is BtfKind.Typedef or BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict or BtfKind.TypeTag) id = Target(id);
        return id;
    }

    /// <summary>The type behind const, volatile, restrict and type tags; typedefs stay.</summary>
    public int WithoutQualifiers(int id)
    {
        while (Kind(id) is BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict or BtfKind.TypeTag) id = Target(id);
        return id;
    }

    /// <summary>The size in bytes, through typedefs and qualifiers; 0 for what has none (void, functions, forward declarations).</summary>
    public int SizeOf(int id)
    {
        id = Resolve(id);
        switch (Kind(id))
        {
            case BtfKind.Int or BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Float or BtfKind.DataSection:
                return Target(id); // size and type share a word
            case BtfKind.Pointer: return PointerSize;
            case BtfKind.Array: return checked(ArrayLength(id) * SizeOf(ArrayElement(id)));
            case BtfKind.Variable: return SizeOf(Target(id));
            default: return 0;
        }
    }

    /// <summary>The size of a pointer, 4 or 8, told by the size of <c>long</c>; 8 where the data doesn't have one.</summary>
    public int PointerSize => _pointerSize != 0 ? _pointerSize : _pointerSize = _base?.PointerSize ?? FindPointerSize();

    private int _pointerSize;

    /// <summary>How an integer is to be read.</summary>
    public BtfEncoding IntEncoding(int id) => id < _firstId ? _base!.IntEncoding(id) : (BtfEncoding)(Word(id, 12) >> 24 & 15);

    /// <summary>An integer's width in bits: 8 × its size, but for integers that old compilers made for bit fields.</summary>
    public int BitCount(int id) => id < _firstId ? _base!.BitCount(id) : Word(id, 12) & 255;

    /// <summary>The type of an array's elements.</summary>
    public int ArrayElement(int id) => id < _firstId ? _base!.ArrayElement(id) : Word(id, 12);

    /// <summary>The type of an array's index.</summary>
    public int ArrayIndex(int id) => id < _firstId ? _base!.ArrayIndex(id) : Word(id, 16);

    /// <summary>The number of an array's elements; 0 for a flexible one.</summary>
    public int ArrayLength(int id) => id < _firstId ? _base!.ArrayLength(id) : Word(id, 20);

    /// <summary>The members of a struct or union, in order of declaration.</summary>
    public BtfMember[] Members(int id)
    {
        if (id < _firstId) return _base!.Members(id);
        var members = new BtfMember[ElementCount(id)];
        for (var i = 0; i < members.Length; i++)
        {
            var (bit, width) = MemberPlace(id, i);
            members[i] = new BtfMember(String(Word(id, 12 + i * 12)), Word(id, 16 + i * 12), bit, width);
        }
        return members;
    }

    /// <summary>Whether an enum's values are signed.</summary>
    public bool IsSignedEnum(int id) => id < _firstId ? _base!.IsSignedEnum(id) : Flag(id);

    /// <summary>
    /// The values of an enum of either kind. Before kernel 6.0's tools no enum was marked as signed, so that a 32-bit
    /// value with the top bit set then reads as unsigned.
    /// </summary>
    public BtfEnumValue[] EnumValues(int id)
    {
        if (id < _firstId) return _base!.EnumValues(id);
        var wide = Kind(id) == BtfKind.Enum64;
        var signed = Flag(id);
        var values = new BtfEnumValue[ElementCount(id)];
        for (var i = 0; i < values.Length; i++)
        {
            var at = 12 + i * (wide ? 12 : 8);
            var low = Word(id, at + 4);
            var value = wide ? (long)((ulong)(uint)Word(id, at + 8) << 32 | (uint)low) : signed ? low : (uint)low;
            values[i] = new BtfEnumValue(String(Word(id, at)), value);
        }
        return values;
    }

    /// <summary>Whether a forward declaration is of a union, not of a struct.</summary>
    public bool IsForwardUnion(int id) => id < _firstId ? _base!.IsForwardUnion(id) : Flag(id);

    /// <summary>The parameters of a prototype, or of a function's prototype.</summary>
    public BtfParameter[] Parameters(int id)
    {
        if (Kind(id) == BtfKind.Function) id = Target(id);
        if (id < _firstId) return _base!.Parameters(id);
        var parameters = new BtfParameter[ElementCount(id)];
        for (var i = 0; i < parameters.Length; i++) parameters[i] = new BtfParameter(String(Word(id, 12 + i * 8)), Word(id, 16 + i * 8));
        return parameters;
    }

    /// <summary>The result type of a prototype, or of a function's prototype; 0 for void.</summary>
    public int ResultOf(int id) => Target(Kind(id) == BtfKind.Function ? Target(id) : id);

    /// <summary>The linkage of a function or a variable.</summary>
    public BtfLinkage Linkage(int id) =>
        id < _firstId ? _base!.Linkage(id) : (BtfLinkage)(Kind(id) == BtfKind.Variable ? Word(id, 12) : ElementCount(id));

    /// <summary>The variables of a section, in order of offset.</summary>
    public BtfSectionVariable[] SectionVariables(int id)
    {
        if (id < _firstId) return _base!.SectionVariables(id);
        var variables = new BtfSectionVariable[ElementCount(id)];
        for (var i = 0; i < variables.Length; i++)
            variables[i] = new BtfSectionVariable(Word(id, 12 + i * 12), Word(id, 16 + i * 12), Word(id, 20 + i * 12));
        return variables;
    }

    /// <summary>What a declaration tag is about: the member or parameter number, or -1 for the whole declaration.</summary>
    public int TaggedComponent(int id) => id < _firstId ? _base!.TaggedComponent(id) : Word(id, 12);

    // Of a member: the bit where it starts, and its width if it is a bit field. With the type's flag set, the word holds
    // both; without it, a bit field shows only as an integer type of fewer bits than its size (compilers before 2018).
    private (int BitOffset, int BitfieldSize) MemberPlace(int id, int index)
    {
        var word = Word(id, 20 + index * 12);
        return Flag(id) ? (word & 0xffffff, word >>> 24) : (word, 0);
    }

    private int FindPointerSize()
    {
        foreach (var name in (ReadOnlySpan<string>)["long unsigned int", "unsigned long", "long int", "long"])
            if (Find(BtfKind.Int, name) is var id and not 0) return Target(id);
        return 8;
    }
}
