using Ktap.Compiler.Btf;
using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Codegen;

/// <summary>
/// The local types of an object's CO-RE relocations: for each kernel struct that code reads from, a struct of that name with the
/// members that are read, where the target has them. libbpf compares names, so anonymous structs around a member
/// are left out, and it wants the local offset to be the one in the instruction.
/// </summary>
internal sealed class CoreTypes(BtfReader kernel, BtfWriter to)
{
    private readonly Dictionary<int, Node> _roots = [];
    private readonly Dictionary<Node, int> _types = [];

    /// <summary>Notes a field that will be asked for; all must be noted before the first question.</summary>
    public void Note(CoreField field) => Follow(field, create: true);

    /// <summary>The local type that a field's access starts from, and the access in terms of local types.</summary>
    public (int Type, string Access) Local(CoreField field)
    {
        var type = TypeOf(_roots[kernel.Resolve(field.TypeId)]); // numbers the members
        return (type, string.Join(':', Follow(field, create: false)));
    }

    // Walks the access "0:12:3" in the kernel's types: which local members and array indexes it goes through.
    private List<int> Follow(CoreField field, bool create)
    {
        var indexes = field.Access.Split(':').Select(int.Parse).ToArray();
        var root = Child(_roots, kernel.Resolve(field.TypeId), id => new Node(id), create);
        var path = new List<int> { indexes[0] };
        var (node, type, bits) = (root, root.Kernel, 0);
        foreach (var index in indexes.AsSpan(1))
        {
            switch (kernel.Kind(type))
            {
                case BtfKind.Struct or BtfKind.Union:
                    var member = kernel.Members(type)[index];
                    bits += member.BitOffset;
                    type = kernel.Resolve(member.TypeId);
                    if (member.Name.Length == 0) continue;
                    var at = bits;
                    node = Child(node.Members, member.Name, _ => new Node(type) { BitOffset = at, BitfieldSize = member.BitfieldSize }, create);
                    if (!create) path.Add(node.Index);
                    bits = 0;
                    break;
                case BtfKind.Array:
                    type = kernel.Resolve(kernel.ArrayElement(type));
                    node = node.Element ??= new Node(type);
                    path.Add(index);
                    break;
                default: throw new InvalidOperationException($"the access {field.Access} of {field.Description} goes through a {kernel.Kind(type)}");
            }
        }
        return path;
    }

    private static Node Child<TKey>(Dictionary<TKey, Node> nodes, TKey key, Func<TKey, Node> make, bool create) where TKey : notnull
    {
        if (nodes.TryGetValue(key, out var node)) return node;
        if (!create) throw new InvalidOperationException($"{key} was not noted");
        return nodes[key] = make(key);
    }

    private int TypeOf(Node node)
    {
        if (_types.TryGetValue(node, out var known)) return known;
        var id = kernel.Kind(node.Kernel) switch
        {
            BtfKind.Struct => to.Struct(kernel.Name(node.Kernel), kernel.SizeOf(node.Kernel), Members(node)),
            BtfKind.Union => to.Union(kernel.Name(node.Kernel), kernel.SizeOf(node.Kernel), Members(node)),
            BtfKind.Array => to.Array(TypeOf(node.Element ?? new Node(kernel.Resolve(kernel.ArrayElement(node.Kernel)))), kernel.ArrayLength(node.Kernel)),
            BtfKind.Int => to.Int(kernel.Name(node.Kernel), kernel.SizeOf(node.Kernel), kernel.IntEncoding(node.Kernel)),
            BtfKind.Enum => to.Enum(kernel.Name(node.Kernel), kernel.SizeOf(node.Kernel), kernel.IsSignedEnum(node.Kernel), kernel.EnumValues(node.Kernel)),
            BtfKind.Enum64 => to.Enum64(kernel.Name(node.Kernel), kernel.IsSignedEnum(node.Kernel), kernel.EnumValues(node.Kernel)),
            BtfKind.Pointer => to.Pointer(0),
            var kind => throw new InvalidOperationException($"a field is a {kind}"),
        };
        return _types[node] = id;
    }

    private BtfMember[] Members(Node node)
    {
        // The kernel wants members by ascending offset.
        var index = 0;
        foreach (var (_, member) in node.Sorted) member.Index = index++;
        return node.Sorted.Select(m => new BtfMember(m.Key, TypeOf(m.Value), m.Value.BitOffset, m.Value.BitfieldSize)).ToArray();
    }

    // A type of the kernel as far as it is read: of a struct the members, of an array the element.
    private sealed class Node(int kernel)
    {
        public int Kernel { get; } = kernel;
        public int BitOffset { get; init; }
        public int BitfieldSize { get; init; }
        public int Index { get; set; }
        public Node? Element { get; set; }
        public Dictionary<string, Node> Members { get; } = [];
        public IEnumerable<KeyValuePair<string, Node>> Sorted => Members.OrderBy(m => m.Value.BitOffset).ThenBy(m => m.Key, StringComparer.Ordinal);
    }
}
