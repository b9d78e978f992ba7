using System.Text;

namespace Ktap.Compiler.Btf;

// Looking types up by name. Names are compared in place: first where a name stands among the strings (a vectorised search),
// then which type refers to that place (another). No table of names is built: a script asks for a handful of the 126,000.
public sealed partial class BtfReader
{
    private readonly Dictionary<(BtfKind Kind, string Name), int> _found = [];

    /// <summary>The first type of the kind with the name, this data's own before the base's; 0 where there is none.</summary>
    public int Find(BtfKind kind, string name)
    {
        if (name.Length == 0) return 0;
        if (_found.TryGetValue((kind, name), out var id)) return id;
        id = FindOwn(kind, name);
        if (id == 0 && _base is not null) id = _base.Find(kind, name);
        return _found[(kind, name)] = id;
    }

    /// <summary>
    /// The ids of all types of a kind, this data's own only, whose name (as bytes) satisfies <paramref name="matches"/>:
    /// for globs, and for lists of what is near a misspelt name.
    /// </summary>
    public List<int> FindAll(BtfKind kind, Func<ReadOnlySpan<byte>, bool> matches)
    {
        var ids = new List<int>();
        for (var id = _firstId; id < TypeCount; id++)
            if (Kind(id) == kind && matches(NameBytes(id))) ids.Add(id);
        return ids;
    }

    /// <summary>The ids of all types of a kind, this data's own only, whose name starts with <paramref name="prefix"/>.</summary>
    public List<int> FindAll(BtfKind kind, string prefix)
    {
        var bytes = Encoding.UTF8.GetBytes(prefix);
        return FindAll(kind, name => name.StartsWith(bytes));
    }

    /// <summary>
    /// The prototype of a raw tracepoint; 0 where there is none. The kernel has for each a typedef <c>btf_trace_NAME</c> of
    /// a pointer to it; its first parameter (<c>void *__data</c>) is not an argument of the event.
    /// </summary>
    public int FindRawTracepoint(string name)
    {
        var typedef = Find(BtfKind.Typedef, RawTracepointPrefix + name);
        if (typedef == 0) return 0;
        var pointer = Resolve(typedef);
        var prototype = Kind(pointer) == BtfKind.Pointer ? Resolve(Target(pointer)) : 0;
        return Kind(prototype) == BtfKind.FunctionPrototype ? prototype : 0;
    }

    /// <summary>The value of an enumerator, of the first enum that has one of this name; null where none does.</summary>
    public long? FindEnumerator(string name)
    {
        var quoted = Encoding.UTF8.GetBytes('\0' + name + '\0');
        for (var at = OffsetOf(quoted, 0); at > 0; at = OffsetOf(quoted, at - _firstString + 1))
            if (EnumeratorAt(at) is { } value) return value;
        return _base?.FindEnumerator(name);
    }

    private long? EnumeratorAt(int nameOffset)
    {
        for (var id = _firstId; id < TypeCount; id++)
        {
            if (Kind(id) is not (BtfKind.Enum or BtfKind.Enum64)) continue;
            var size = Kind(id) == BtfKind.Enum64 ? 12 : 8;
            for (var i = 0; i < ElementCount(id); i++)
                if (Word(id, 12 + i * size) == nameOffset) return EnumValues(id)[i].Value;
        }
        return null;
    }

    /// <summary>What the typedefs of raw tracepoints' prototypes start with.</summary>
    public const string RawTracepointPrefix = "btf_trace_";

    /// <summary>
    /// A member of a struct or union by name, through anonymous members too, with its offset from the start of the outermost;
    /// null where there is none, or the type (behind typedefs and qualifiers) is neither. The indices of the members that lead to it
    /// are added to <paramref name="path"/>.
    /// </summary>
    public BtfMember? FindMember(int id, string name, List<int>? path = null)
    {
        var at = path?.Count ?? 0;
        var found = FindMember(Resolve(id), Encoding.UTF8.GetBytes(name), name, path);
        path?.Reverse(at, path.Count - at);
        return found;
    }

    private BtfMember? FindMember(int id, ReadOnlySpan<byte> name, string text, List<int>? path)
    {
        if (Kind(id) is not (BtfKind.Struct or BtfKind.Union)) return null;
        if (id < _firstId) return _base!.FindMember(id, name, text, path);
        var count = ElementCount(id);
        for (var i = 0; i < count; i++)
        {
            var nameAt = Word(id, 12 + i * 12);
            var type = Word(id, 16 + i * 12);
            if (nameAt == 0)
            {
                if (FindMember(Resolve(type), name, text, path) is not { } inner) continue;
                path?.Add(i);
                return inner with { BitOffset = inner.BitOffset + MemberPlace(id, i).BitOffset };
            }
            else if (StringBytes(nameAt).SequenceEqual(name))
            {
                path?.Add(i);
                var (bit, width) = MemberPlace(id, i);
                return new BtfMember(text, type, bit, width);
            }
        }
        return null;
    }

    private int FindOwn(BtfKind kind, string name)
    {
        // With the NULs on both sides: a whole string, not the end of another. (The first string of all is empty.)
        var quoted = Encoding.UTF8.GetBytes('\0' + name + '\0');
        if (_base is not null && _base.OffsetOf(quoted, 0) is var inBase and > 0 && FindByNameOffset(kind, inBase) is var id and not 0) return id;
        for (var at = OffsetOf(quoted, 0); at > 0; at = OffsetOf(quoted, at - _firstString + 1))
            if (FindByNameOffset(kind, at) is var own and not 0) return own;
        return 0;
    }

    // The offset of a string given with a NUL on both sides, from a place in this data's own strings on; 0 if it isn't there.
    // A module's first string has no NUL before it, so that one is compared by itself.
    private int OffsetOf(ReadOnlySpan<byte> quoted, int from)
    {
        var strings = Strings[from..];
        if (from == 0 && _base is not null && strings.StartsWith(quoted[1..])) return _firstString;
        var at = strings.IndexOf(quoted);
        return at < 0 ? 0 : _firstString + from + at + 1;
    }

    private int FindByNameOffset(BtfKind kind, int nameOffset)
    {
        var at = _keys.AsSpan(0, _count).IndexOf(KeyOf(kind, nameOffset));
        return at < 0 ? 0 : _firstId + at;
    }
}
