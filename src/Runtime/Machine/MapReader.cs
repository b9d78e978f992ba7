using Ktap.Runtime.LibBpf;

namespace Ktap.Runtime.Machine;

/// <summary>Reads a whole map: by batches where the kernel has them for its type (hashes and arrays since 5.6, per-CPU arrays since 5.13), else key by key.</summary>
internal sealed unsafe class MapReader(LoadedMap map)
{
    private const int FirstBatch = 4096;
    private byte[] _keys = [];
    private byte[] _values = [];
    private int _count;

    private enum BatchEnd
    {
        Done,
        Unsupported,
    }

    /// <summary>Every entry.</summary>
    internal MapEntries ReadAll()
    {
        if (Batches(take: false) == BatchEnd.Unsupported)
            for (var more = Next(first: true); more; more = Next(first: false))
                AddCurrent();
        return Result();
    }

    /// <summary>Every entry of a hash, taken out of it.</summary>
    internal MapEntries TakeAll()
    {
        if (map.IsArray) throw new InvalidOperationException($"entries can't be taken out of '{map.Name}': it is an array");
        if (Batches(take: true) == BatchEnd.Unsupported)
            while (Next(first: true))
                TakeCurrent();
        return Result();
    }

    // The last call returns ENOENT together with a valid count. ENOSPC means that the next bucket alone has more entries than there
    // is room: the room doubles and the same position is read again.
    private BatchEnd Batches(bool take)
    {
        var options = new BpfApi.BatchOptions { Size = (nuint)sizeof(BpfApi.BatchOptions) };
        // The position is a key for arrays, a bucket's number for hashes; never more than this.
        Span<byte> position = stackalloc byte[Math.Max(8, map.KeySize)];
        var started = false;
        Reserve(Math.Min(map.MaxEntries, FirstBatch));
        while (true)
        {
            var room = (uint)(_keys.Length / map.KeySize - _count);
            int error;
            fixed (byte* at = position, keys = _keys, values = _values)
            {
                var from = started ? at : null;
                var k = keys + ((long)_count * map.KeySize);
                var v = values + ((long)_count * map.EntrySize);
                error = take
                    ? BpfApi.LookupAndDeleteBatch(map.Handle, from, at, k, v, &room, &options)
                    : BpfApi.LookupBatch(map.Handle, from, at, k, v, &room, &options);
            }
            switch (error)
            {
                case 0 or -Libc.EINTR:
                    // EINTR: a key went while the kernel looked for the next; what was read is valid, and so is the position if anything was.
                    started |= room > 0;
                    _count += (int)room;
                    break;
                case -Libc.ENOENT:
                    _count += (int)room;
                    return BatchEnd.Done;
                case -Libc.ENOSPC:
                    break;
                case -Libc.EINVAL or -Libc.ENOTSUPP or -Libc.EOPNOTSUPP when !started && _count == 0:
                    return BatchEnd.Unsupported;
                default:
                    throw KernelErrors.Map("read", map.Name, -error);
            }
            Reserve(Math.Max(FirstBatch, 2 * (_count + 1)));
        }
    }

    private bool Next(bool first)
    {
        Reserve(_count + 1);
        fixed (byte* keys = _keys)
        {
            var next = keys + ((long)_count * map.KeySize);
            return BpfApi.NextKey(map.Handle, first ? null : next - map.KeySize, next) switch
            {
                0 => true,
                -Libc.ENOENT => false,
                var error => throw KernelErrors.Map("read", map.Name, -error),
            };
        }
    }

    // Between finding a key and reading it the entry may go; its place is then used for the next.
    private void AddCurrent()
    {
        fixed (byte* keys = _keys, values = _values)
        {
            var error = BpfApi.Lookup(map.Handle, keys + ((long)_count * map.KeySize), values + ((long)_count * map.EntrySize));
            if (error is 0 or -Libc.ENOENT) _count++;
            else throw KernelErrors.Map("read", map.Name, -error);
            // An entry that went keeps its key, so that the walk goes on from there; it reads as zeros.
            if (error != 0) new Span<byte>(values + ((long)(_count - 1) * map.EntrySize), map.EntrySize).Clear();
        }
    }

    private void TakeCurrent()
    {
        fixed (byte* keys = _keys, values = _values)
        {
            var key = keys + ((long)_count * map.KeySize);
            var error = BpfApi.LookupAndDelete(map.Handle, key, values + ((long)_count * map.EntrySize));
            if (error == 0) _count++;
            else if (error != -Libc.ENOENT) throw KernelErrors.Map("read", map.Name, -error);
        }
    }

    private void Reserve(int entries)
    {
        if ((long)_keys.Length >= (long)entries * map.KeySize && _keys.Length != 0) return;
        entries = Math.Max(entries, Math.Max(16, _count * 4));
        Grow(ref _keys, _count * map.KeySize, checked(entries * map.KeySize));
        Grow(ref _values, _count * map.EntrySize, checked(entries * map.EntrySize));
    }

    // What is never written to is no memory.
    private static void Grow(ref byte[] bytes, int used, int size)
    {
        var larger = GC.AllocateUninitializedArray<byte>(size);
        bytes.AsSpan(0, used).CopyTo(larger);
        bytes = larger;
    }

    private MapEntries Result() => new(
        _count, map.KeySize, map.EntrySize, _keys.AsMemory(0, _count * map.KeySize), _values.AsMemory(0, _count * map.EntrySize));
}
