using System.Runtime.InteropServices;
using Ktap.Runtime.LibBpf;

namespace Ktap.Runtime.Machine;

/// <summary>
/// The consumer's side of a BPF_MAP_TYPE_RINGBUF: one page with the consumer's position, writable; one with the producer's, and the
/// data, mapped twice in a row so that no record is split (kernel/bpf/ringbuf.c, Documentation/bpf/ringbuf.rst). One reader.
/// </summary>
internal sealed unsafe class RingBuffer : IDisposable
{
    private const uint Busy = 1u << 31, Discarded = 1u << 30;
    private const int Header = 8;

    // The programs see freed space this often; each time moves a cache line between CPUs.
    private const ulong ReleaseEvery = 64 << 10;

    private readonly Mapping _consumer;
    private readonly Mapping _producer;
    private readonly byte* _data;
    private readonly ulong _mask;
    private readonly int _fd;
    private readonly Descriptor _wake;

    /// <summary>Maps the ring.</summary>
    internal RingBuffer(LoadedMap map)
    {
        var page = (nuint)Libc.PageSize();
        _fd = map.Handle;
        _mask = (ulong)map.MaxEntries - 1;
        _consumer = Mapping.Create(_fd, page, MapAccess.SharedWrite);
        if (_consumer.IsInvalid) throw KernelErrors.Map("map the memory of", map.Name, Marshal.GetLastPInvokeError());
        _producer = Mapping.Create(_fd, page + (2 * (nuint)map.MaxEntries), MapAccess.SharedRead, (long)page);
        if (_producer.IsInvalid) throw KernelErrors.Map("map the memory of", map.Name, Marshal.GetLastPInvokeError());
        _data = _producer.Address + page;
        _wake = new Descriptor(Libc.EventFd(0, Libc.CloseOnExec));
        if (_wake.IsInvalid) throw KernelErrors.Map("make a way to wake the reader of", map.Name, Marshal.GetLastPInvokeError());
    }

    // Positions are unsigned longs of the kernel; both sides are the same machine, so of nuint's size.
    private ref nuint ConsumerPosition => ref *(nuint*)_consumer.Address;

    private ref nuint ProducerPosition => ref *(nuint*)_producer.Address;

    /// <summary>How far both sides have come. The position of the reader is read first: it never passes the other.</summary>
    internal RingProgress Progress
    {
        get
        {
            var read = Volatile.Read(ref ConsumerPosition);
            return new RingProgress((long)Volatile.Read(ref ProducerPosition), (long)read);
        }
    }

    /// <summary>Copies the records that are there now, up to a record that is still being written, or a full batch; returns how many.</summary>
    internal int Drain(RecordBatch batch)
    {
        ulong at = ConsumerPosition;
        var released = at;
        var count = 0;
        var end = Volatile.Read(ref ProducerPosition);
        while (at < end)
        {
            var header = (uint*)(_data + (at & _mask));
            var length = Volatile.Read(ref *header);
            if ((length & Busy) != 0) break;
            var size = length & ~Discarded;
            if ((length & Discarded) == 0)
            {
                if (!batch.TryAdd(new ReadOnlySpan<byte>((byte*)header + Header, (int)size))) break;
                count++;
            }
            at += (size + Header + 7) & ~7u;
            if (at - released < ReleaseEvery) continue;
            Volatile.Write(ref ConsumerPosition, (nuint)at);
            released = at;
        }
        if (at != released) Volatile.Write(ref ConsumerPosition, (nuint)at);
        return count;
    }

    /// <summary>Waits for the kernel to say that there is something, or for <see cref="Wake"/>.</summary>
    internal bool Wait(int milliseconds)
    {
        var descriptors = stackalloc[] { new Libc.PollDescriptor(_fd, Libc.PollIn), new Libc.PollDescriptor(_wake.Number, Libc.PollIn) };
        if (Libc.Poll(descriptors, 2, milliseconds) <= 0) return false;
        ulong count;
        if (descriptors[1].Returned != 0) _ = Libc.Read(_wake.Number, &count, sizeof(ulong));
        return descriptors[0].Returned != 0;
    }

    /// <summary>Ends a wait.</summary>
    internal void Wake()
    {
        ulong one = 1;
        _ = Libc.Write(_wake.Number, &one, sizeof(ulong));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _consumer.Dispose();
        _producer.Dispose();
        _wake.Dispose();
    }
}
