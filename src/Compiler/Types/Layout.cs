namespace Ktap.Compiler.Types;

/// <summary>How values are laid out in map keys, map values, shared memory and ring-buffer records: words of 8 bytes.</summary>
public static class Layout
{
    /// <summary>The size in bytes of a stored value; a multiple of 8. Types that are never stored have none and throw.</summary>
    public static int SizeOf(KtapType type) => type switch
    {
        KtapType.StringType s => s.Capacity,
        KtapType.TupleType t => t.Parts.Sum(SizeOf),
        KtapType.AnyType a => 8 + a.PayloadSize,
        _ when type.IsWord => 8,
        _ => throw new InvalidOperationException($"a {type.Describe()} is never stored"),
    };
}
