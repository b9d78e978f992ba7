using System.Collections.Immutable;
using Ktap.Compiler.Bpf;

namespace Ktap.Compiler.Btf;

/// <summary>
/// A map of an object, as libbpf creates it: sizes in bytes, or BTF types of key and value (ids of the same <see cref="BtfWriter"/>;
/// 0: only the size is given, and sizes are then needed where the map type has keys and values). <paramref name="Flags"/> are
/// the kernel's BPF_F_*. <paramref name="Inner"/> describes the maps that a map of maps holds, and <paramref name="Slots"/>
/// the names of maps that its first slots get when it is made.
/// </summary>
public sealed record MapDefinition(
    string Name, BpfMapType Type, int KeySize = 0, int ValueSize = 0, int MaxEntries = 0, int Flags = 0,
    int KeyType = 0, int ValueType = 0, MapDefinition? Inner = null)
{
    /// <summary>Names of maps for the slots from 0 on, of a map of maps.</summary>
    public ImmutableArray<string> Slots { get; init; } = [];

    /// <summary>
    /// What libbpf reads, in order: each number is encoded as a pointer to an array of that many ints, each type as a
    /// pointer to it, and the inner map, last, as an array of pointers to its definition.
    /// </summary>
    internal IEnumerable<(string Name, int Number, int Type)> Members()
    {
        yield return ("type", (int)Type, 0);
        if (KeyType != 0) yield return ("key", 0, KeyType);
        else if (KeySize != 0) yield return ("key_size", KeySize, 0);
        if (ValueType != 0) yield return ("value", 0, ValueType);
        else if (ValueSize != 0 && Inner is null) yield return ("value_size", ValueSize, 0);
        if (MaxEntries != 0) yield return ("max_entries", MaxEntries, 0);
        if (Flags != 0) yield return ("map_flags", Flags, 0);
    }

    /// <summary>The offset of the slots' pointers in the definition, in bytes: the size of what comes before them.</summary>
    public int SlotsOffset => Members().Count() * 8;

    /// <summary>The size in bytes of the definition in section <c>.maps</c>: 8 a member, and 8 a slot.</summary>
    public int DefinitionSize => SlotsOffset + (Slots.Length * 8);
}
