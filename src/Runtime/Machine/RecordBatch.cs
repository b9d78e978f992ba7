namespace Ktap.Runtime.Machine;

/// <summary>
/// Records taken from a ring, one after the other in one reused buffer: each a 4-byte length (native order), 4 bytes of padding,
/// the bytes, padding to 8. So every record starts 8-byte aligned.
/// </summary>
public sealed class RecordBatch(int capacity = 4 << 20)
{
    private const int Header = 8;
    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(capacity);
    private int _used;

    /// <summary>How many records are in it.</summary>
    public int Count { get; private set; }

    /// <summary>Whether a record had no room any more.</summary>
    public bool IsFull { get; private set; }

    /// <summary>The bytes that they take here, as many as in the ring.</summary>
    public int Size => _used;

    /// <summary>Forgets the records and keeps the memory.</summary>
    public void Clear() => (Count, _used, IsFull) = (0, 0, false);

    /// <summary>Copies a record in; false when it is full. An empty batch grows for a record larger than itself.</summary>
    public bool TryAdd(ReadOnlySpan<byte> record)
    {
        var size = Header + ((record.Length + 7) & ~7);
        if (_bytes.Length - _used < size)
        {
            IsFull = _used != 0;
            if (IsFull) return false;
            _bytes = GC.AllocateUninitializedArray<byte>(size);
        }
        BitConverter.TryWriteBytes(_bytes.AsSpan(_used), record.Length);
        record.CopyTo(_bytes.AsSpan(_used + Header));
        _used += size;
        Count++;
        return true;
    }

    /// <summary>Enumerates the records in the order in which they were reserved in the ring.</summary>
    public Enumerator GetEnumerator() => new(_bytes.AsSpan(0, _used));

    /// <summary>Walks over the records of a batch without allocating.</summary>
    public ref struct Enumerator(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        /// <summary>The bytes of the record.</summary>
        public ReadOnlySpan<byte> Current { get; private set; }

        /// <summary>Goes to the next; false at the end.</summary>
        public bool MoveNext()
        {
            if (_rest.IsEmpty) return false;
            var length = BitConverter.ToInt32(_rest);
            Current = _rest.Slice(Header, length);
            _rest = _rest[(Header + ((length + 7) & ~7))..];
            return true;
        }
    }
}
