using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Btf;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Ir;

/// <summary>A block: straight-line code that ends in one terminator. Its identity is the object; its number is for printing.</summary>
public sealed class IrBlock(int id)
{
    /// <summary>A number unique in its function.</summary>
    public int Id { get; } = id;

    /// <summary>The operations, the terminator last.</summary>
    public List<IrOp> Ops { get; } = [];

    /// <inheritdoc/>
    public override string ToString() => $"b{Id}";
}

/// <summary>Memory in the stack frame: <paramref name="Size"/> bytes, a multiple of 8, aligned to 8. All frames of a program share 512 bytes.</summary>
public sealed record FrameSlot(int Id, int Size, string Purpose);

/// <summary>One function: the entry block is the first. <paramref name="RegisterCount"/> bounds the numbers of its virtual registers.</summary>
public sealed record IrFunction(string Name, SourceText Source, ImmutableArray<IrBlock> Blocks, int RegisterCount, ImmutableArray<FrameSlot> Slots)
{
    /// <summary>Above the number of every block, for tables of blocks.</summary>
    public int BlockIdLimit
    {
        get
        {
            var limit = 0;
            foreach (var block in Blocks) limit = Math.Max(limit, block.Id + 1);
            return limit;
        }
    }
}

/// <summary>One program: a function with the ELF section that tells libbpf its type (<c>raw_tp/sys_enter</c>, <c>tp/skb/kfree_skb</c>, <c>perf_event</c>).</summary>
public sealed record IrProgram(string Section, IrFunction Function);

/// <summary>A map: its name in the object, its kind, and the types of key and value that the runtime reads it with.</summary>
/// <param name="KeySize">Bytes; 0 for a ring buffer.</param>
/// <param name="ValueSize">Bytes; 0 for a ring buffer.</param>
/// <param name="MaxEntries">Slots; bytes of a ring buffer.</param>
/// <param name="Flags">BPF_F_ flags.</param>
public sealed record MapSpec(string Name, BpfMapType Type, int KeySize, int ValueSize, int MaxEntries, uint Flags = 0)
{
    /// <summary>Of a map of maps: the one that is in its first slot when it is made, which says what all of them are like; else null.</summary>
    public MapSpec? Inner { get; init; }
}

/// <summary>Variables in a data section, an array map of one value that user space maps: a name, where it is and how large, in bytes.</summary>
public sealed record DataVariable(string Name, int Offset, int Size);

/// <summary>The data sections of an object.</summary>
public enum DataKind
{
    /// <summary>Zeros at start, read and written by programs and by user space (<c>.bss</c>).</summary>
    Bss,

    /// <summary>Constants: programs only read it, and the verifier knows its values (<c>.rodata</c>).</summary>
    Rodata,
}

/// <summary>A data section: its variables, its size in bytes, and its contents (empty for <see cref="DataKind.Bss"/>). A mappable array map of one value once loaded.</summary>
public sealed record DataSection(DataKind Kind, int Size, ImmutableArray<DataVariable> Variables, ImmutableArray<byte> Contents);

/// <summary>A field of a kernel struct, for a CO-RE relocation: the struct's BTF id in the target, and the access string (<c>0:12:3</c>) through it.</summary>
public sealed record CoreField(int TypeId, string Access, string Description)
{
    /// <summary>Which fact of the field is meant.</summary>
    public CoreRelocationKind Kind { get; init; } = CoreRelocationKind.FieldByteOffset;
}

/// <summary>All that goes into one object.</summary>
public sealed record IrModule(
    Target Target,
    ImmutableArray<IrProgram> Programs,
    ImmutableArray<MapSpec> Maps,
    ImmutableArray<DataSection> Data)
{
    /// <summary>The functions that the kernel calls back for the programs.</summary>
    public ImmutableArray<IrFunction> Callbacks { get; init; } = [];
}
