using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Ktap.Runtime.LibBpf;

namespace Ktap.Runtime.Machine;

/// <summary>What the local machine holds for a loaded object: libbpf's object, its programs by descriptor, the mapped memory of its maps.</summary>
internal sealed class LocalObject(BpfObjectHandle handle) : IDisposable
{
    private readonly ConcurrentDictionary<int, MappedArray> _arrays = [];
    private readonly ConcurrentDictionary<int, RingBuffer> _rings = [];

    /// <summary>libbpf's pointers to the programs, by descriptor.</summary>
    internal Dictionary<int, nint> Programs { get; } = [];

    /// <summary>The memory of a mappable map, mapped at the first use.</summary>
    internal MappedArray Array(LoadedMap map) => _arrays.GetOrAdd(map.Handle, static (_, m) => new MappedArray(m), map);

    /// <summary>The reader of a ring map, made at the first use.</summary>
    internal RingBuffer Ring(LoadedMap map) => _rings.GetOrAdd(map.Handle, static (_, m) => new RingBuffer(m), map);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var array in _arrays.Values) array.Dispose();
        foreach (var ring in _rings.Values) ring.Dispose();
        handle.Dispose();
    }
}

/// <summary>The memory of a mappable array map, shared with the programs. Positions are bytes from the first entry.</summary>
internal sealed unsafe class MappedArray : IDisposable
{
    private const uint Mappable = 1 << 10, ReadOnlyForPrograms = 1 << 7;
    private readonly Mapping _memory;
    private readonly int _length;

    /// <summary>Maps it; a map without BPF_F_MMAPABLE is our bug.</summary>
    internal MappedArray(LoadedMap map)
    {
        if ((map.Flags & Mappable) == 0) throw new InvalidOperationException($"map '{map.Name}' can't be mapped");
        _length = map.SlotSize * map.MaxEntries;
        // .rodata is frozen when it is loaded, and can't be mapped for writing then.
        var access = (map.Flags & ReadOnlyForPrograms) != 0 ? MapAccess.SharedRead : MapAccess.SharedWrite;
        _memory = Mapping.Create(map.Handle, (nuint)_length, access);
        if (_memory.IsInvalid) throw KernelErrors.Map("map the memory of", map.Name, Marshal.GetLastPInvokeError());
    }

    /// <summary>Copies out, whole words wherever source and length allow.</summary>
    internal void Read(int offset, Span<byte> into)
    {
        Check(offset, into.Length);
        var at = _memory.Address + offset;
        var i = 0;
        if ((offset & 7) == 0)
            for (; i + 8 <= into.Length; i += 8) MemoryMarshal.Write(into[i..], Volatile.Read(ref *(ulong*)(at + i)));
        for (; i < into.Length; i++) into[i] = Volatile.Read(ref at[i]);
    }

    /// <summary>Copies in, whole words wherever target and length allow.</summary>
    internal void Write(int offset, ReadOnlySpan<byte> from)
    {
        Check(offset, from.Length);
        var at = _memory.Address + offset;
        var i = 0;
        if ((offset & 7) == 0)
            for (; i + 8 <= from.Length; i += 8) Volatile.Write(ref *(ulong*)(at + i), MemoryMarshal.Read<ulong>(from[i..]));
        for (; i < from.Length; i++) Volatile.Write(ref at[i], from[i]);
    }

    /// <summary>The aligned word at a position, for atomic operations.</summary>
    internal ref long Word(int offset)
    {
        Check(offset, 8);
        if ((offset & 7) != 0) throw new ArgumentOutOfRangeException(nameof(offset), "not a multiple of 8");
        return ref *(long*)(_memory.Address + offset);
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    private void Check(int offset, int length)
    {
        if (offset < 0 || length > _length - offset) throw new ArgumentOutOfRangeException(nameof(offset));
    }
}
