using Ktap.Compiler.Bpf;

namespace Ktap.Compiler.Btf;

// Maps, in the style that libbpf reads: the type of each variable in .maps says what the map is.
public sealed partial class BtfWriter
{
    /// <summary>
    /// The section <c>.maps</c> with a variable a map, in the order given: the same order, with the same sizes, as the ELF
    /// writer lays them out.
    /// </summary>
    public int MapSection(IReadOnlyList<MapDefinition> maps)
    {
        var variables = new BtfSectionVariable[maps.Count];
        var at = 0;
        for (var i = 0; i < variables.Length; i++)
        {
            variables[i] = new(Variable(maps[i].Name, MapStruct(maps[i])), at, maps[i].DefinitionSize);
            at += maps[i].DefinitionSize;
        }
        return DataSection(".maps", at, variables);
    }

    private int MapStruct(MapDefinition map)
    {
        var members = new List<BtfMember>();
        foreach (var (name, number, type) in map.Members())
            members.Add(new(name, Pointer(type != 0 ? type : Array(Int("int", 4, BtfEncoding.Signed), number)), members.Count * 64));
        if (map.Inner is { } inner)
            members.Add(new("values", Array(Pointer(MapStruct(inner)), 0), members.Count * 64));
        return Struct("", map.SlotsOffset, [.. members]);
    }
}
