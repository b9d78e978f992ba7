using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Btf;
using Ktap.Compiler.Elf;
using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Codegen;

/// <summary>Puts a module's generated functions, maps and data into one ELF object, the <c>.bpf.o</c> that libbpf loads.</summary>
public static class ObjectBuilder
{
    /// <summary>
    /// The bytes of the object. <paramref name="functions"/> are those of the module's programs, then of its callbacks, in their order. Field offsets are the target's; with
    /// <paramref name="keepCoreRelocations"/> they are also recorded for other kernels, which costs libbpf some 14 ms when loading.
    /// </summary>
    public static byte[] Build(IrModule module, IReadOnlyList<GeneratedFunction> functions, bool keepCoreRelocations)
    {
        var order = module.Target.Architecture.IsBigEndian ? ByteOrder.Big : ByteOrder.Little;
        var btf = new BtfWriter(order);
        ImmutableArray<DataSection> data = [.. module.Data.Where(d => d.Size > 0)];
        ImmutableArray<MapDefinition> maps = [.. module.Maps.Select(Definition)];
        if (!maps.IsEmpty) btf.MapSection(maps);
        foreach (var section in data) AddVariables(btf, section);
        var kernel = functions.SelectMany(f => f.Relocations).OfType<CodeRelocation.Kernel>().Select(r => r.Called).DistinctBy(f => f.Name).ToImmutableArray();
        if (!kernel.IsEmpty) KernelFunctions.Declare(btf, kernel);

        var layout = new ElfObject(order)
        {
            Programs = [.. functions.Select((f, i) => Program(i < module.Programs.Length ? module.Programs[i].Section : ElfProgram.FunctionSection, f, data))],
            Maps = maps,
            KernelFunctions = [.. kernel.Select(f => f.Name)],
            Data = [.. data.Select(d => new ElfDataSection(NameOf(d.Kind), d.Size, d.Kind == DataKind.Bss ? [] : d.Contents, d.Variables.Select(v => new ElfVariable(v.Name, v.Offset, v.Size)).ToImmutableArray()))],
        };
        var extension = Extension(btf, layout, functions, keepCoreRelocations ? module.Target.Btf : null);
        return ElfObjectWriter.Write(layout with { Btf = btf.ToArray(), BtfExt = extension });
    }

    private static MapDefinition Definition(MapSpec map) =>
        new(map.Name, map.Type, map.KeySize, map.ValueSize, map.MaxEntries, (int)map.Flags, Inner: map.Inner is { } inner ? Definition(inner) : null)
        {
            Slots = map.Inner is { } first ? [first.Name] : [],
        };

    private static byte[] Extension(BtfWriter btf, ElfObject layout, IReadOnlyList<GeneratedFunction> functions, BtfReader? kernel)
    {
        var extension = new BtfExtWriter(btf);
        var prototype = btf.FunctionPrototype(btf.Int("int", 4, BtfEncoding.Signed), new BtfParameter("ctx", btf.Pointer(0)));
        var core = kernel is null ? null : new CoreTypes(kernel, btf);
        var fields = functions.SelectMany(f => f.Relocations).OfType<CodeRelocation.Field>();
        if (core is not null)
            foreach (var relocation in fields) core.Note(relocation.Struct);

        var starts = layout.Starts();
        for (var i = 0; i < functions.Count; i++)
        {
            var (function, section) = (functions[i], layout.Programs[i].Section);
            extension.Function(section, starts[i], btf.Function(function.Name, prototype, layout.Programs[i].IsGlobal ? BtfLinkage.Global : BtfLinkage.Static));
            foreach (var line in function.Lines)
            {
                var at = function.Source.PositionOf(line.Span.Start);
                extension.Line(section, starts[i] + line.Index, function.Source.Name, function.Source.LineText(at.Line), at.Line, at.Column);
            }
            if (core is null) continue;
            foreach (var relocation in function.Relocations.OfType<CodeRelocation.Field>())
            {
                var (type, access) = core.Local(relocation.Struct);
                extension.Core(section, starts[i] + relocation.Index, type, access, relocation.Struct.Kind);
            }
        }
        return extension.ToArray();
    }

    private static void AddVariables(BtfWriter btf, DataSection section)
    {
        var variables = section.Variables.OrderBy(v => v.Offset)
            .Select(v => new BtfSectionVariable(btf.Variable(v.Name, VariableType(btf, v.Size)), v.Offset, v.Size));
        btf.DataSection(NameOf(section.Kind), section.Size, variables.ToArray());
    }

    private static int VariableType(BtfWriter btf, int size)
    {
        var word = btf.Int("unsigned long long", 8);
        if (size == 8) return word;
        return size % 8 == 0 ? btf.Array(word, size / 8) : btf.Array(btf.Int("unsigned char", 1), size);
    }

    // A place in a data section is named by the variable that it is in, and the load's immediate counts from there.
    private static ElfProgram Program(string section, GeneratedFunction function, ImmutableArray<DataSection> data)
    {
        var code = function.Instructions.ToBuilder();
        var symbols = ImmutableArray.CreateBuilder<BpfRelocation>();
        foreach (var relocation in function.Relocations)
            switch (relocation)
            {
                case CodeRelocation.Map map: symbols.Add(new(map.Index, map.Spec.Name)); break;
                case CodeRelocation.Function callback: symbols.Add(new(callback.Index, callback.Name)); break;
                case CodeRelocation.Kernel call: symbols.Add(new(call.Index, call.Called.Name)); break;
                case CodeRelocation.Data place:
                    var variable = VariableAt(data, place.Section, code[place.Index].Immediate);
                    code[place.Index] = code[place.Index] with { Immediate = code[place.Index].Immediate - variable.Offset };
                    symbols.Add(new(place.Index, variable.Name));
                    break;
            }
        return new ElfProgram(section, function.Name, code.ToImmutable(), symbols.ToImmutable());
    }

    private static DataVariable VariableAt(ImmutableArray<DataSection> data, DataKind kind, int offset)
    {
        foreach (var section in data)
            if (section.Kind == kind)
                foreach (var variable in section.Variables)
                    if (offset >= variable.Offset && offset < variable.Offset + variable.Size) return variable;
        throw new InvalidOperationException($"no variable is at {offset} in {NameOf(kind)}");
    }

    private static string NameOf(DataKind kind) => kind == DataKind.Bss ? ".bss" : ".rodata";
}
