using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Btf;

namespace Ktap.Compiler.Elf;

/// <summary>
/// A function of an object: its ELF section (<c>raw_tp/sys_enter</c>: what libbpf learns the program type from; <c>.text</c> for
/// functions that programs call), its symbol, its code and what of it refers to symbols. Functions of one section follow each other
/// in the order given. A function of <c>.text</c> is static (verified with its callers) unless <see cref="IsGlobal"/> says otherwise.
/// </summary>
public sealed record ElfProgram(string Section, string Name, ImmutableArray<BpfInstruction> Instructions, ImmutableArray<BpfRelocation> Relocations)
{
    /// <summary>The section of functions that aren't programs.</summary>
    public const string FunctionSection = ".text";

    /// <summary>Whether the symbol is global; its BTF function must say the same.</summary>
    public bool IsGlobal { get; init; } = Section != FunctionSection;
}

/// <summary>A variable in a data section; offset and size in bytes.</summary>
public readonly record struct ElfVariable(string Name, int Offset, int Size);

/// <summary>
/// A section of variables: a map of one entry when loaded. <c>.bss</c> and <c>.bss.*</c> have no <paramref name="Content"/> (all
/// zeros); <c>.data</c> can be written by both sides, <c>.rodata</c> by nobody once loaded. Size in bytes.
/// </summary>
public sealed record ElfDataSection(string Name, int Size, ImmutableArray<byte> Content, ImmutableArray<ElfVariable> Variables)
{
    /// <summary>Whether the section takes no room in the file.</summary>
    public bool IsZero => Name == ".bss" || Name.StartsWith(".bss.", StringComparison.Ordinal);
}

/// <summary>Everything that goes into one relocatable BPF object. The order of all lists is kept in the file.</summary>
public sealed record ElfObject(ByteOrder Order)
{
    /// <summary>The programs and the functions they call.</summary>
    public ImmutableArray<ElfProgram> Programs { get; init; } = [];

    /// <summary>The maps, in the order of <see cref="BtfWriter.MapSection"/>.</summary>
    public ImmutableArray<MapDefinition> Maps { get; init; } = [];

    /// <summary>The sections of variables.</summary>
    public ImmutableArray<ElfDataSection> Data { get; init; } = [];

    /// <summary>Kernel functions that the code calls; their BTF is an extern function each, in section <c>.ksyms</c>.</summary>
    public ImmutableArray<string> KernelFunctions { get; init; } = [];

    /// <summary>What the kernel judges helpers by; most of them want "GPL".</summary>
    public string License { get; init; } = "GPL";

    /// <summary>The kernel's version code, which kprobe programs needed before 5.0; 0 for none.</summary>
    public int Version { get; init; }

    /// <summary>The contents of <c>.BTF</c> (<see cref="BtfWriter.ToArray"/>); empty for none.</summary>
    public ReadOnlyMemory<byte> Btf { get; init; }

    /// <summary>The contents of <c>.BTF.ext</c> (<see cref="BtfExtWriter.ToArray"/>); empty for none.</summary>
    public ReadOnlyMemory<byte> BtfExt { get; init; }

    /// <summary>For each program the slot of its section where it starts: what <see cref="BtfExtWriter"/>'s offsets are counted from.</summary>
    public ImmutableArray<int> Starts()
    {
        var sizes = new Dictionary<string, int>();
        var starts = ImmutableArray.CreateBuilder<int>(Programs.Length);
        foreach (var program in Programs)
        {
            var start = sizes.GetValueOrDefault(program.Section);
            starts.Add(start);
            sizes[program.Section] = start + program.Instructions.Length;
        }
        return starts.MoveToImmutable();
    }
}
