using Ktap.Compiler.Typing;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Lowering;

/// <summary>
/// A shared variable's place in <c>.bss</c>. One of a word, or where the kernel has no atomic exchange, is its value at <paramref name="Offset"/>, and for an optional type a
/// word at <paramref name="PresentOffset"/> that is 1 where it is not nil. A larger one has copies, so that it is replaced whole.
/// </summary>
/// <remarks>
/// With copies, the word at <paramref name="Offset"/> says which copy counts: its sequence number, shifted left, and its index; 0 is nil. The copies follow, each a sequence
/// number and the value. A copy with an odd number is taken: by who writes it, or because it counts. Who stores makes the number of a free copy odd, writes, exchanges the word, and
/// makes the number of the copy that counted before even: it is free. Who reads copies the value, and then looks whether the number still is what the word has said.
/// </remarks>
public sealed record CellPlace(SharedCell Cell, int Offset, int? PresentOffset, bool HasCopies)
{
    /// <summary>How many copies there are: one that counts, and one for each writer at a time, interrupts included.</summary>
    public const int Copies = 1 << IndexBits;

    /// <summary>How many bits of the word that says which copy counts are the index.</summary>
    public const int IndexBits = 4;

    /// <summary>The offset of the value in a copy, in bytes.</summary>
    public const int ValueOffset = 8;

    /// <summary>The bytes from one copy to the next.</summary>
    public int Stride => ValueOffset + Layout.SizeOf(Cell.Type.NotNil);

    /// <summary>Where the copies begin in <c>.bss</c>.</summary>
    public int CopiesOffset => Offset + 8;
}
