namespace Ktap.Compiler.Types;

/// <summary>Where a variable or function is, and its bytes; for a symbol of the kernel, whose size isn't told, those up to the next symbol.</summary>
public readonly record struct MemoryPlace(ulong Address, ulong Size)
{
    /// <summary>Whether there are several of this name, so that it names none of them.</summary>
    public bool IsAmbiguous { get; init; }
}
