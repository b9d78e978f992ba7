namespace Ktap.Compiler.Text;

/// <summary>A half-open range of byte offsets in one source text: [<paramref name="Start"/>, <paramref name="Start"/> + <paramref name="Length"/>).</summary>
public readonly record struct TextSpan(int Start, int Length)
{
    /// <summary>The offset just past the last byte.</summary>
    public int End => Start + Length;

    /// <summary>The smallest span that covers both.</summary>
    public TextSpan To(TextSpan other) => FromBounds(Math.Min(Start, other.Start), Math.Max(End, other.End));

    /// <summary>The span from <paramref name="start"/> up to, not including, <paramref name="end"/>.</summary>
    public static TextSpan FromBounds(int start, int end) => new(start, end - start);
}

/// <summary>A place as people count: line and column from 1; columns count bytes, as compilers do.</summary>
public readonly record struct LinePosition(int Line, int Column);
