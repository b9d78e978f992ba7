using System.Text;

namespace Ktap.Compiler.Values;

/// <summary>An immutable string of bytes: what a ktap string is. Compared byte by byte, as memcmp does.</summary>
public sealed class KString : IEquatable<KString>, IComparable<KString>
{
    private readonly byte[] _bytes;
    private int _hash;

    /// <summary>Takes ownership of <paramref name="bytes"/>.</summary>
    public KString(byte[] bytes) => _bytes = bytes;

    /// <summary>The UTF-8 bytes of <paramref name="text"/>.</summary>
    public KString(string text) => _bytes = Encoding.UTF8.GetBytes(text);

    /// <summary>The empty string.</summary>
    public static KString Empty { get; } = new([]);

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Span => _bytes;

    /// <summary>The length in bytes.</summary>
    public int Length => _bytes.Length;

    /// <inheritdoc/>
    public bool Equals(KString? other) => other is not null && (ReferenceEquals(this, other) || Span.SequenceEqual(other.Span));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as KString);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        if (_hash != 0) return _hash;
        var hash = new HashCode();
        hash.AddBytes(_bytes);
        return _hash = hash.ToHashCode() | 1;
    }

    /// <inheritdoc/>
    public int CompareTo(KString? other) => other is null ? 1 : Span.SequenceCompareTo(other.Span);

    /// <summary>The bytes as text; those that are not UTF-8 become U+FFFD.</summary>
    public override string ToString() => Encoding.UTF8.GetString(_bytes);
}
