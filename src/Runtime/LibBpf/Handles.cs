using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Ktap.Runtime.LibBpf;

/// <summary>A file descriptor that is closed with it.</summary>
public sealed class Descriptor : SafeHandleMinusOneIsInvalid
{
    /// <summary>Takes over a descriptor; -1 is the invalid one.</summary>
    public Descriptor(int fd) : base(ownsHandle: true) => SetHandle(fd);

    /// <summary>The number; valid while this is not disposed.</summary>
    public int Number => (int)handle;

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.Close((int)handle) == 0;
}

/// <summary>A <c>struct bpf_object *</c>, closed with it: programs, maps and BTF go unless links or other processes hold them.</summary>
public sealed class BpfObjectHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    /// <summary>For the marshaller.</summary>
    public BpfObjectHandle() : base(ownsHandle: true)
    {
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        BpfApi.ObjectClose(handle);
        return true;
    }
}

/// <summary>A <c>struct bpf_link *</c>, detached and freed with it.</summary>
public sealed class BpfLinkHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    /// <summary>For the marshaller.</summary>
    public BpfLinkHandle() : base(ownsHandle: true)
    {
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => BpfApi.LinkDestroy(handle) == 0;
}

/// <summary>Memory from mmap(2), unmapped with it.</summary>
public sealed unsafe class Mapping : SafeHandleMinusOneIsInvalid
{
    private readonly nuint _length;

    private Mapping(nint address, nuint length) : base(ownsHandle: true)
    {
        _length = length;
        SetHandle(address);
    }

    /// <summary>The first byte; valid while this is not disposed.</summary>
    public byte* Address => (byte*)handle;

    /// <summary>The length in bytes, as asked for.</summary>
    public nuint Length => _length;

    /// <summary>Maps <paramref name="length"/> bytes of a descriptor from <paramref name="offset"/>; an invalid mapping (and errno) when the kernel refuses.</summary>
    public static Mapping Create(int fd, nuint length, MapAccess access, long offset = 0)
    {
        var (protection, flags) = access switch
        {
            MapAccess.PrivateRead => (Libc.ProtRead, Libc.MapPrivate),
            MapAccess.SharedRead => (Libc.ProtRead, Libc.MapShared),
            _ => (Libc.ProtRead | Libc.ProtWrite, Libc.MapShared),
        };
        return new Mapping(Libc.Mmap(0, length, protection, flags, fd, offset), length);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.Munmap(handle, _length) == 0;
}

/// <summary>How memory is mapped; /sys/kernel/btf/vmlinux allows the first only.</summary>
public enum MapAccess
{
    /// <summary>Private, read only.</summary>
    PrivateRead,

    /// <summary>Shared with the kernel or other processes, read only.</summary>
    SharedRead,

    /// <summary>Shared, read and write.</summary>
    SharedWrite,
}
