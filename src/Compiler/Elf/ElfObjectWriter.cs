using System.Text;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Btf;

namespace Ktap.Compiler.Elf;

/// <summary>
/// Writes a relocatable 64-bit BPF object that libbpf, bpftool, llvm-objdump and readelf read. The same object gives the same bytes.
/// What is wrong with an object is a bug of the compiler's: <see cref="InvalidOperationException"/>.
/// </summary>
public sealed class ElfObjectWriter
{
    private const int CodeAlignment = 8;

    private readonly ElfObject _object;
    private readonly List<ElfSection> _sections = [new("", SectionType.Null, SectionFlags.None, [], 0, 0)];
    private readonly List<ElfSymbol> _symbols = [];
    private readonly List<(int Section, List<ElfProgram> Programs)> _code = [];
    private readonly StringTable _names = new();
    private int _mapSection;

    private ElfObjectWriter(ElfObject source) => _object = source;

    /// <summary>The bytes of the file.</summary>
    public static byte[] Write(ElfObject source)
    {
        var writer = new ElfObjectWriter(source);
        writer.AddCode();
        writer.AddMaps();
        foreach (var data in source.Data) writer.AddData(data);
        writer.AddConstants();
        foreach (var function in source.KernelFunctions)
            writer._symbols.Add(new(function, SymbolType.None, true, 0, 0, 0));
        writer.AddTables();
        return ElfFile.Write(source.Order, writer._sections, writer._names);
    }

    private int Section(string name, SectionFlags flags, byte[] content, int alignment)
    {
        _sections.Add(new(name, SectionType.ProgramBits, flags, content, content.Length, alignment));
        return _sections.Count - 1;
    }

    // Code is written when all symbols are known: calls of static functions need their places.
    private void AddCode()
    {
        var starts = _object.Starts();
        var bySection = new Dictionary<string, int>();
        for (var i = 0; i < _object.Programs.Length; i++)
        {
            var program = _object.Programs[i];
            if (!bySection.TryGetValue(program.Section, out var at))
            {
                bySection.Add(program.Section, at = _code.Count);
                _code.Add((Section(program.Section, SectionFlags.Alloc | SectionFlags.Execute, [], CodeAlignment), []));
                if (program.Section == ElfProgram.FunctionSection)
                    _symbols.Add(new(program.Section, SymbolType.Section, false, _code[at].Section, 0, 0));
            }
            _code[at].Programs.Add(program);
            _symbols.Add(new(program.Name, SymbolType.Function, program.IsGlobal, _code[at].Section,
                starts[i] * BpfInstruction.Size, program.Instructions.Length * BpfInstruction.Size));
        }
    }

    private void AddMaps()
    {
        if (_object.Maps.IsEmpty) return;
        var at = 0;
        foreach (var map in _object.Maps)
        {
            _symbols.Add(new(map.Name, SymbolType.Object, true, _sections.Count, at, map.DefinitionSize));
            at += map.DefinitionSize;
        }
        _mapSection = Section(".maps", SectionFlags.Alloc | SectionFlags.Write, new byte[at], 8);
    }

    private void AddData(ElfDataSection data)
    {
        if (!data.IsZero && data.Content.Length != data.Size)
            throw new InvalidOperationException($"section '{data.Name}' has {data.Content.Length} bytes of {data.Size}");
        foreach (var variable in data.Variables)
        {
            if (variable.Offset < 0 || variable.Offset + variable.Size > data.Size)
                throw new InvalidOperationException($"variable '{variable.Name}' is outside section '{data.Name}'");
            _symbols.Add(new(variable.Name, SymbolType.Object, true, _sections.Count, variable.Offset, variable.Size));
        }
        var isConstant = data.Name.StartsWith(".rodata", StringComparison.Ordinal);
        var flags = isConstant ? SectionFlags.Alloc : SectionFlags.Alloc | SectionFlags.Write;
        _sections.Add(data.IsZero
            ? new(data.Name, SectionType.NoBits, flags, [], data.Size, 8)
            : new(data.Name, SectionType.ProgramBits, flags, [.. data.Content], data.Size, 8));
    }

    private void AddConstants()
    {
        Section("license", SectionFlags.Alloc | SectionFlags.Write, [.. Encoding.UTF8.GetBytes(_object.License), 0], 1);
        if (_object.Version != 0)
        {
            var version = new ByteBuffer(_object.Order);
            version.U32(_object.Version);
            Section("version", SectionFlags.Alloc | SectionFlags.Write, version.ToArray(), 4);
        }
        if (!_object.Btf.IsEmpty) Section(".BTF", SectionFlags.None, _object.Btf.ToArray(), 4);
        if (!_object.BtfExt.IsEmpty) Section(".BTF.ext", SectionFlags.None, _object.BtfExt.ToArray(), 4);
    }

    private void AddTables()
    {
        var symbols = new ElfSymbols(_symbols);
        var relocations = new List<ElfSection>();
        foreach (var (section, programs) in _code) WriteCode(section, programs, symbols, relocations);
        WriteMapSlots(symbols, relocations);

        var symbolTable = _sections.Count + relocations.Count;
        _sections.AddRange(relocations.Select(r => r with { Link = symbolTable }));
        _sections.Add(SymbolTable(symbols));
        _sections.Add(Names());
    }

    private void WriteCode(int section, List<ElfProgram> programs, ElfSymbols symbols, List<ElfSection> relocations)
    {
        var code = new ByteBuffer(_object.Order);
        var entries = new ByteBuffer(_object.Order);
        foreach (var program in programs)
        {
            var instructions = program.Instructions.ToArray();
            foreach (var relocation in program.Relocations)
            {
                if ((uint)relocation.Index >= (uint)instructions.Length)
                    throw new InvalidOperationException($"'{program.Name}' has no instruction {relocation.Index} to refer to '{relocation.Symbol}'");
                var at = code.Length + (relocation.Index * BpfInstruction.Size);
                instructions[relocation.Index] = Relocate(instructions[relocation.Index], at, symbols, relocation.Symbol, entries);
            }
            foreach (var instruction in instructions) instruction.Encode(code);
        }
        _sections[section] = _sections[section] with { Content = code.ToArray(), Size = code.Length };
        AddRelocations(section, entries, relocations);
    }

    // libbpf finds a static function by the symbol of its section and the instruction's immediate: bytes for a load,
    // for a call slots less one. Global functions and variables are named themselves.
    private static BpfInstruction Relocate(BpfInstruction instruction, int at, ElfSymbols symbols, string name, ByteBuffer entries)
    {
        if (!instruction.IsWide && !instruction.IsFunctionCall)
            throw new InvalidOperationException($"'{instruction}' can't refer to '{name}'");
        var number = symbols.NumberOf(name);
        var symbol = symbols.All[number];
        if (symbol is { Type: SymbolType.Function, IsGlobal: false })
        {
            number = symbols.NumberOf(ElfProgram.FunctionSection);
            instruction = instruction with { Immediate = instruction.IsWide ? symbol.Value : (symbol.Value / BpfInstruction.Size) - 1 };
        }
        WriteRelocation(entries, at, number, instruction.IsWide ? RelocationType.Load : RelocationType.Call);
        return instruction;
    }

    private void WriteMapSlots(ElfSymbols symbols, List<ElfSection> relocations)
    {
        var entries = new ByteBuffer(_object.Order);
        var at = 0;
        foreach (var map in _object.Maps)
        {
            for (var slot = 0; slot < map.Slots.Length; slot++)
                WriteRelocation(entries, at + map.SlotsOffset + (slot * 8), symbols.NumberOf(map.Slots[slot]), RelocationType.Data);
            at += map.DefinitionSize;
        }
        AddRelocations(_mapSection, entries, relocations);
    }

    private static void WriteRelocation(ByteBuffer to, int at, int symbol, RelocationType type)
    {
        to.U64((ulong)at);
        to.U64((ulong)symbol << 32 | (uint)type);
    }

    private void AddRelocations(int section, ByteBuffer entries, List<ElfSection> relocations)
    {
        if (entries.Length == 0) return;
        relocations.Add(new(".rel" + _sections[section].Name, SectionType.Relocations, SectionFlags.InfoLink, entries.ToArray(), entries.Length, 8)
        {
            Info = section,
            EntrySize = ElfSizes.Relocation,
        });
    }

    private ElfSection SymbolTable(ElfSymbols symbols)
    {
        var to = new ByteBuffer(_object.Order);
        foreach (var symbol in symbols.All)
        {
            to.U32(symbol.Type == SymbolType.Section ? 0 : _names.OffsetOf(symbol.Name)); // a section's symbol is called by the section's name
            to.U8((symbol.IsGlobal ? 0x10 : 0) | (int)symbol.Type);
            to.U8(0);
            to.U16(symbol.Section);
            to.U64((ulong)symbol.Value);
            to.U64((ulong)symbol.Size);
        }
        return new(".symtab", SectionType.SymbolTable, SectionFlags.None, to.ToArray(), to.Length, 8)
        {
            Link = _sections.Count + 1,
            Info = symbols.LocalCount,
            EntrySize = ElfSizes.Symbol,
        };
    }

    private ElfSection Names()
    {
        foreach (var section in _sections) _names.OffsetOf(section.Name);
        _names.OffsetOf(".strtab");
        return new(".strtab", SectionType.StringTable, SectionFlags.None, _names.Bytes.ToArray(), _names.Bytes.Length, 1);
    }
}
