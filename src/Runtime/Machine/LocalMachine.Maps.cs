using System.Runtime.InteropServices;
using Ktap.Runtime.LibBpf;

namespace Ktap.Runtime.Machine;

public sealed unsafe partial class LocalMachine
{
    /// <inheritdoc/>
    public bool Lookup(LoadedMap map, ReadOnlySpan<byte> key, Span<byte> value)
    {
        CheckSizes(map, key, value.Length);
        fixed (byte* k = key, v = value)
            return BpfApi.Lookup(map.Handle, k, v) switch
            {
                0 => true,
                -Libc.ENOENT => false,
                var error => throw KernelErrors.Map("read", map.Name, -error),
            };
    }

    /// <inheritdoc/>
    public bool Update(LoadedMap map, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, UpdateMode mode = UpdateMode.Any)
    {
        CheckSizes(map, key, value.Length);
        fixed (byte* k = key, v = value)
            return BpfApi.Update(map.Handle, k, v, (ulong)mode) switch
            {
                0 => true,
                -Libc.EEXIST when mode == UpdateMode.NoExist => false,
                -Libc.ENOENT when mode == UpdateMode.Exist => false,
                var error => throw KernelErrors.Map("write to", map.Name, -error),
            };
    }

    /// <inheritdoc/>
    public void UpdateReference(LoadedMap map, ReadOnlySpan<byte> key, int handle) => Update(map, key, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in handle)));

    /// <inheritdoc/>
    public bool Delete(LoadedMap map, ReadOnlySpan<byte> key)
    {
        CheckSizes(map, key, map.EntrySize);
        fixed (byte* k = key)
            return BpfApi.Delete(map.Handle, k) switch
            {
                0 => true,
                -Libc.ENOENT => false,
                var error => throw KernelErrors.Map("delete from", map.Name, -error),
            };
    }

    /// <inheritdoc/>
    public bool Take(LoadedMap map, ReadOnlySpan<byte> key, Span<byte> value)
    {
        CheckSizes(map, key, value.Length);
        fixed (byte* k = key, v = value)
            return BpfApi.LookupAndDelete(map.Handle, k, v) switch
            {
                0 => true,
                -Libc.ENOENT => false,
                -Libc.EINVAL or -Libc.ENOTSUPP or -Libc.EOPNOTSUPP => Lookup(map, key, value) && Delete(map, key),
                var error => throw KernelErrors.Map("read", map.Name, -error),
            };
    }

    /// <inheritdoc/>
    public MapEntries ReadAll(LoadedMap map) => new MapReader(map).ReadAll();

    /// <inheritdoc/>
    public MapEntries TakeAll(LoadedMap map) => new MapReader(map).TakeAll();

    /// <inheritdoc/>
    public void Prime(LoadedMap map)
    {
        const int thisThread = 0, maskBytes = 1024;
        const uint noPreallocation = 1;
        if ((map.Flags & noPreallocation) == 0) return;
        byte* all = stackalloc byte[maskBytes], one = stackalloc byte[maskBytes];
        if (Libc.GetAffinity(thisThread, maskBytes, all) != 0) return;
        Span<byte> key = stackalloc byte[map.KeySize], value = new byte[map.EntrySize];
        key.Clear();
        for (var cpu = 0; cpu < map.PossibleCpus; cpu++)
        {
            one[cpu / 8] = (byte)(1 << cpu % 8);
            // One that is offline, or not for this process, is left out.
            if (Libc.SetAffinity(thisThread, maskBytes, one) == 0)
            {
                Update(map, key, value);
                Delete(map, key);
            }
            one[cpu / 8] = 0;
        }
        _ = Libc.SetAffinity(thisThread, maskBytes, all);
    }

    /// <inheritdoc/>
    public void Clear(LoadedMap map)
    {
        if (!map.IsArray)
        {
            TakeAll(map);
            return;
        }
        var zero = new byte[map.EntrySize];
        for (var i = 0; i < map.MaxEntries; i++) Update(map, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in i)), zero);
    }

    /// <inheritdoc/>
    public void ReadMemory(LoadedMap map, int offset, Span<byte> into) => ArrayOf(map).Read(offset, into);

    /// <inheritdoc/>
    public void WriteMemory(LoadedMap map, int offset, ReadOnlySpan<byte> from) => ArrayOf(map).Write(offset, from);

    /// <inheritdoc/>
    public long AddMemory(LoadedMap map, int offset, long delta) => Interlocked.Add(ref ArrayOf(map).Word(offset), delta);

    /// <inheritdoc/>
    public long ExchangeMemory(LoadedMap map, int offset, long value) => Interlocked.Exchange(ref ArrayOf(map).Word(offset), value);

    /// <inheritdoc/>
    public long CompareExchangeMemory(LoadedMap map, int offset, long expected, long value) => Interlocked.CompareExchange(ref ArrayOf(map).Word(offset), value, expected);

    /// <inheritdoc/>
    public int DrainRing(LoadedMap ring, RecordBatch batch) => ObjectOf(ring.ObjectHandle).Ring(ring).Drain(batch);

    /// <inheritdoc/>
    public RingProgress ProgressOf(LoadedMap ring) => ObjectOf(ring.ObjectHandle).Ring(ring).Progress;

    /// <inheritdoc/>
    public bool WaitRing(LoadedMap ring, int milliseconds) => ObjectOf(ring.ObjectHandle).Ring(ring).Wait(milliseconds);

    /// <inheritdoc/>
    public void WakeRing(LoadedMap ring) => ObjectOf(ring.ObjectHandle).Ring(ring).Wake();

    private MappedArray ArrayOf(LoadedMap map) => ObjectOf(map.ObjectHandle).Array(map);

    // The kernel copies as many bytes as the map says, whatever the spans hold.
    private static void CheckSizes(LoadedMap map, ReadOnlySpan<byte> key, int valueLength)
    {
        if (key.Length != map.KeySize || valueLength != map.EntrySize)
            throw new ArgumentException($"map '{map.Name}' has keys of {map.KeySize} and values of {map.EntrySize} bytes, not {key.Length} and {valueLength}");
    }
}
