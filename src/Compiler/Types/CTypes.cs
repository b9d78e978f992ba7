using System.Collections.Immutable;
using Ktap.Compiler.Btf;

namespace Ktap.Compiler.Types;

/// <summary>
/// The C types that a script can name: those of the target's BTF, then those that it declared itself. BTF is looked into only
/// when a type is asked for. For one thread at a time.
/// </summary>
public sealed class CTypes
{
    private readonly Func<Target> _target;
    private readonly CDeclarations _declared;
    private readonly Dictionary<int, CType> _fromBtf = [];
    private readonly Dictionary<string, long?> _enumerators = [];
    private readonly HashSet<CType.Aggregate> _told = [];

    /// <summary>The types of a target, which is asked for when first needed.</summary>
    public CTypes(Func<Target> target)
    {
        _target = target;
        _declared = new CDeclarations { Elsewhere = InKernel };
    }

    /// <summary>Whether the target has BTF: without, there are only declared types.</summary>
    public bool HasBtf => Btf is not null;

    /// <summary>The bytes of a pointer and of a <c>long</c>.</summary>
    public int WordSize => _target().Architecture.WordSize;

    private BtfReader? Btf => _target().Btf;

    /// <summary>The type that a name stands for: <c>struct sk_buff *</c>, <c>u32[4]</c>. A <see cref="FormatException"/> says what is wrong with it.</summary>
    public CType Parse(string text) => CParser.Type(text, WordSize);

    /// <summary>Declares types and functions; the kernel's own win over them. A <see cref="FormatException"/> says what is wrong.</summary>
    public void Declare(string text) => CParser.Declarations(text, WordSize, _declared);

    /// <summary>The type behind names of types; null for a name that nothing declares.</summary>
    public CType? Resolve(CType type)
    {
        if (type is not CType.Named named) return type;
        return Named(named.Name) is { } found ? Resolve(found) : null;
    }

    /// <summary>The size in bytes; null for what has none (void, functions), or isn't known.</summary>
    public int? SizeOf(CType type)
    {
        switch (Resolve(type))
        {
            case CType.Array a: return SizeOf(a.Element) is { } size ? size * a.Length : null;
            case CType.Aggregate g when KernelId(g) is var id and not 0: return Btf!.SizeOf(id);
            case { } known: return _declared.Measure(known, WordSize)?.Size;
            default: return null;
        }
    }

    /// <summary>A member, through anonymous structs and unions too; null where there is none.</summary>
    public CMember? Member(CType.Aggregate type, string name)
    {
        if (KernelId(type) is var id and not 0)
        {
            var path = new List<int>();
            return Btf!.FindMember(id, name, path) is { } member ? new CMember(name, FromBtf(member.TypeId), member.BitOffset, member.BitfieldSize, [.. path]) : null;
        }
        if (!_declared.Aggregates.TryGetValue(type, out var layout)) return null;
        foreach (var member in layout.Members)
        {
            if (member.Name == name) return member;
            if (member.Name.Length == 0 && member.Type is CType.Aggregate inner && Member(inner, name) is { } found)
                return found with { BitOffset = found.BitOffset + member.BitOffset, Path = [] };
        }
        return null;
    }

    /// <summary>Whether anything says what is in the struct or union.</summary>
    public bool IsKnown(CType.Aggregate type) => KernelId(type) != 0 || _declared.Aggregates.ContainsKey(type);

    /// <summary>The names of the members, those of anonymous structs and unions too.</summary>
    public IEnumerable<string> MemberNames(CType.Aggregate type) => KernelId(type) is var id and not 0
        ? Btf!.Members(id).SelectMany(m => m.Name.Length > 0 ? [m.Name] : FromBtf(m.TypeId) is CType.Aggregate inner ? MemberNames(inner) : [])
        : _declared.Aggregates.TryGetValue(type, out var layout)
            ? layout.Members.SelectMany(m => m.Name.Length > 0 ? [m.Name] : m.Type is CType.Aggregate inner ? MemberNames(inner) : [])
            : [];

    /// <summary>The id of a struct or union in the target's BTF, or 0.</summary>
    public int KernelId(CType.Aggregate type)
    {
        if (type.BtfId != 0 || type.Name.Length == 0) return type.BtfId;
        return Btf?.Find(type.IsUnion ? BtfKind.Union : BtfKind.Struct, type.Name) ?? 0;
    }

    /// <summary>Whether to say now that the script declares a struct or union that the kernel has, whose own is used: true once for each.</summary>
    public bool TellsOverruled(CType.Aggregate type) => _declared.Aggregates.ContainsKey(type) && KernelId(type) != 0 && _told.Add(type);

    /// <summary>A function of the kernel; else what the script declared, or null.</summary>
    public CFunction? Function(string name)
    {
        if (Btf is not { } btf || btf.Find(BtfKind.Function, name) is not (var id and not 0)) return _declared.Functions.GetValueOrDefault(name);
        var parameters = btf.Parameters(id);
        var isVariadic = parameters is [.., { TypeId: 0 }];
        var named = parameters.Where(p => p.TypeId != 0).ToArray();
        return new CFunction(name, FromBtf(btf.ResultOf(id)), [.. named.Select(p => FromBtf(p.TypeId))], isVariadic) { ParameterNames = [.. named.Select(p => p.Name)] };
    }

    /// <summary>The types of what the kernel's code gives a tracepoint; null where BTF doesn't have it.</summary>
    public ImmutableArray<CType>? RawTracepoint(string name) =>
        Btf is { } btf && btf.FindRawTracepoint(name) is var prototype and not 0 ? [.. btf.Parameters(prototype).Skip(1).Select(p => FromBtf(p.TypeId))] : null;

    /// <summary>The functions that BPF programs may call (kfuncs), as far as the kernel's BTF marks them, since 6.10's tools; empty where it doesn't.</summary>
    public IReadOnlyCollection<string> CallableFunctions => field ??= Btf is { } btf
        ? btf.FindAll(BtfKind.DeclarationTag, name => name.SequenceEqual("bpf_kfunc"u8)).Select(tag => btf.Name(btf.Target(tag))).ToHashSet()
        : [];

    /// <summary>The value of an enumerator of the kernel's enums, or of those that <c>ffi.cdef</c> declared; null where there is none.</summary>
    public long? Enumerator(string name)
    {
        if (_enumerators.TryGetValue(name, out var known)) return known;
        return _enumerators[name] = Btf?.FindEnumerator(name) ?? (_declared.Constants.TryGetValue(name, out var declared) ? declared : null);
    }

    /// <summary>The names of the kernel's structs and unions, for "did you mean".</summary>
    public IEnumerable<string> AggregateNames(bool isUnion) => Btf is { } btf
        ? btf.FindAll(isUnion ? BtfKind.Union : BtfKind.Struct, name => name.Length > 0).Select(id => (isUnion ? "union " : "struct ") + btf.Name(id))
        : [];

    /// <summary>The type with an id in the target's BTF; behind typedefs and qualifiers.</summary>
    private CType FromBtf(int id)
    {
        if (_fromBtf.TryGetValue(id, out var known)) return known;
        var btf = Btf!;
        var type = btf.Resolve(id);
        return _fromBtf[id] = btf.Kind(type) switch
        {
            BtfKind.Int => new CType.Integer(btf.Name(type), btf.SizeOf(type), btf.IntEncoding(type).HasFlag(BtfEncoding.Signed)),
            BtfKind.Enum or BtfKind.Enum64 => EnumOf(btf, type),
            BtfKind.Pointer => new CType.Pointer(FromBtf(btf.Target(type)), IsTaggedUser(btf, btf.Target(type))),
            BtfKind.Array => new CType.Array(FromBtf(btf.ArrayElement(type)), btf.ArrayLength(type)),
            BtfKind.Struct or BtfKind.Union => new CType.Aggregate(btf.Kind(type) == BtfKind.Union, btf.Name(type), type),
            BtfKind.Forward => new CType.Aggregate(btf.IsForwardUnion(type), btf.Name(type), 0),
            BtfKind.FunctionPrototype => new CType.Function(),
            _ => new CType.Void(),
        };
    }

    private CType? Named(string name)
    {
        if (Btf is not { } btf) return _declared.Find(name, WordSize);
        if (!name.StartsWith("enum ", StringComparison.Ordinal)) return btf.Find(BtfKind.Typedef, name) is var id and not 0 ? FromBtf(id) : _declared.Find(name, WordSize);
        var tag = name[5..];
        var found = btf.Find(BtfKind.Enum, tag) is var plain and not 0 ? plain : btf.Find(BtfKind.Enum64, tag);
        return found != 0 ? FromBtf(found) : _declared.Find(name, WordSize);
    }

    private (int Size, int Alignment)? InKernel(CType type)
    {
        switch (type)
        {
            case CType.Aggregate g when KernelId(g) is var id and not 0:
                return (Btf!.SizeOf(id), AlignmentOf(g));
            case CType.Named { Name: var name } when HasBtf && Named(name) is { } known:
                return _declared.Measure(known, WordSize);
            default:
                return null;
        }
    }

    // BTF doesn't tell alignments; the members' natural ones do, but for what is packed or aligned by hand.
    private int AlignmentOf(CType.Aggregate type) =>
        Btf!.Members(KernelId(type)).Select(m => _declared.Measure(FromBtf(m.TypeId), WordSize)?.Alignment ?? 1).Prepend(1).Max();

    private static CType.Enumeration EnumOf(BtfReader btf, int id)
    {
        var names = new Dictionary<long, string>();
        foreach (var value in btf.EnumValues(id)) names.TryAdd(value.Value, value.Name);
        var name = btf.Name(id);
        return new CType.Enumeration(btf.SizeOf(id), btf.IsSignedEnum(id), new IntFormat.Enum(name.Length > 0 ? "enum " + name : $"enum #{id}", names));
    }

    // Kernels built by clang say of pointers which memory they point into.
    private static bool IsTaggedUser(BtfReader btf, int id)
    {
        for (; btf.Kind(id) is BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict or BtfKind.TypeTag; id = btf.Target(id))
            if (btf.Kind(id) == BtfKind.TypeTag && btf.NameBytes(id).SequenceEqual("user"u8)) return true;
        return false;
    }
}
