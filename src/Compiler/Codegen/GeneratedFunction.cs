using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Codegen;

/// <summary>What an instruction refers to that only the loader knows; <paramref name="Index"/> counts slots from the function's start.</summary>
public abstract record CodeRelocation(int Index)
{
    /// <summary>A 16-byte load of a map.</summary>
    public sealed record Map(int Index, MapSpec Spec) : CodeRelocation(Index);

    /// <summary>A 16-byte load of an address in a data section; the offset in bytes is the load's immediate.</summary>
    public sealed record Data(int Index, DataKind Section) : CodeRelocation(Index);

    /// <summary>A 16-byte load of the address of one of the module's functions.</summary>
    public sealed record Function(int Index, string Name) : CodeRelocation(Index);

    /// <summary>A call of a function of the kernel.</summary>
    public sealed record Kernel(int Index, CFunction Called) : CodeRelocation(Index);

    /// <summary>An immediate that is a field's offset; it holds the target's.</summary>
    public sealed record Field(int Index, CoreField Struct) : CodeRelocation(Index);
}

/// <summary>From instruction <paramref name="Index"/> (slots from the function's start) on, the code comes from this part of the script.</summary>
public readonly record struct CodeLine(int Index, TextSpan Span);

/// <summary>The code of one function, with what it refers to and where it comes from.</summary>
/// <param name="Name">The function's name.</param>
/// <param name="Source">The script.</param>
/// <param name="Instructions">The slots.</param>
/// <param name="Relocations">By ascending index.</param>
/// <param name="Lines">By ascending index; the first is 0; one wherever the line in the script changes.</param>
/// <param name="StackSize">Bytes of stack that it uses.</param>
public sealed record GeneratedFunction(
    string Name,
    SourceText Source,
    ImmutableArray<BpfInstruction> Instructions,
    ImmutableArray<CodeRelocation> Relocations,
    ImmutableArray<CodeLine> Lines,
    int StackSize);
