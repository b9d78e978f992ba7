using System.Text;
using Ktap.Compiler.Types;
using Ktap.Runtime.LibBpf;

namespace Ktap.Runtime.Machine;

/// <summary>Reads by libelf where an ELF file has its variables and functions, by name. Those of threads, which are somewhere else in each, are left out.</summary>
internal static unsafe class ElfVariables
{
    // elf.h.
    private const uint SymbolTable = 2, DynamicSymbols = 11;
    private const int Object = 1, Function = 2;
    private const ushort FirstReservedSection = 0xff00;

    /// <summary>Reads an open file; null where it is no ELF file.</summary>
    internal static Dictionary<string, MemoryPlace>? Read(int fd)
    {
        _ = LibElf.Version(LibElf.CurrentVersion);
        var elf = LibElf.Begin(fd, LibElf.Read, 0);
        try
        {
            return elf != 0 && LibElf.Kind(elf) == LibElf.KindElf ? Read(elf) : null;
        }
        finally
        {
            if (elf != 0) _ = LibElf.End(elf);
        }
    }

    private static Dictionary<string, MemoryPlace> Read(nint elf)
    {
        var places = new Dictionary<string, MemoryPlace>();
        for (var section = LibElf.NextSection(elf, 0); section != 0; section = LibElf.NextSection(elf, section))
        {
            LibElf.Section header;
            if (LibElf.SectionHeader(section, &header) == null || header.Type is not (SymbolTable or DynamicSymbols)) continue;
            var data = LibElf.DataOf(section, 0);
            LibElf.Symbol symbol;
            for (var i = 1; data != null && LibElf.SymbolAt(data, i, &symbol) != null; i++)
            {
                if ((symbol.Info & 15) is not (Object or Function) || symbol.Section is 0 or >= FirstReservedSection) continue;
                var text = LibElf.StringAt(elf, header.Link, symbol.Name);
                if (text == null || *text == 0) continue;
                var name = Encoding.UTF8.GetString(System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));
                var place = new MemoryPlace(symbol.Value, symbol.Size);
                // Both tables have what others link to.
                if (!places.TryAdd(name, place) && places[name].Address != place.Address) places[name] = place with { IsAmbiguous = true };
            }
        }
        return places;
    }
}
