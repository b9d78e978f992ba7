using System.Buffers;
using System.Runtime.InteropServices;
using Ktap.Compiler.Types;
using Ktap.Runtime.LibBpf;
using Ktap.Runtime.Symbols;

namespace Ktap.Runtime.Machine;

public sealed partial class LocalMachine
{
    /// <inheritdoc/>
    public unsafe byte[] ReadFile(string path)
    {
        using var fd = Open(path, Libc.ReadOnly);
        var bytes = new byte[16 << 10];
        for (var used = 0; ;)
        {
            if (used == bytes.Length) Array.Resize(ref bytes, bytes.Length * 4);
            nint got;
            fixed (byte* at = bytes) got = Libc.Read(fd.Number, at + used, (nuint)(bytes.Length - used));
            if (got > 0) used += (int)got;
            else if (got == 0) return bytes[..used];
            else if (Marshal.GetLastPInvokeError() is not Libc.EINTR and var errno) throw KernelErrors.File(path, errno);
        }
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> MapFile(string path)
    {
        using var fd = Open(path, Libc.ReadOnly);
        var length = new FileInfo(path).Length;
        if (length == 0) return ReadFile(path);
        var mapping = Mapping.Create(fd.Number, (nuint)length, MapAccess.PrivateRead);
        // Files of procfs and of sysfs before 6.16 (BTF) can't be mapped.
        if (mapping.IsInvalid) return ReadFile(path);
        var file = new MappedFile(mapping);
        _files.Add(file);
        return file.Memory;
    }

    /// <inheritdoc/>
    public bool Exists(string path) => Libc.Access(path, 0) == 0;

    /// <inheritdoc/>
    public unsafe FileIdentity? Identify(string path)
    {
        const int currentFolder = -100;
        const uint typeInodeSize = 0x1 | 0x100 | 0x200;
        const int mode = 28, inode = 32, size = 40, major = 136, minor = 140;
        const int typeMask = 0xf000, plain = 0x8000;
        // struct statx (linux/stat.h), the same on every architecture.
        var file = stackalloc byte[256];
        if (Libc.StatX(currentFolder, path, 0, typeInodeSize, file) != 0) return null;
        return new FileIdentity(
            *(uint*)(file + major), *(uint*)(file + minor), *(ulong*)(file + inode), *(long*)(file + size), (*(ushort*)(file + mode) & typeMask) == plain);
    }

    /// <inheritdoc/>
    public ElfFunctions ReadFunctions(string path)
    {
        using var fd = Open(path, Libc.ReadOnly);
        return ElfReader.Read(fd.Number);
    }

    /// <inheritdoc/>
    public ElfMarkers ReadMarkers(string path)
    {
        using var fd = Open(path, Libc.ReadOnly);
        return ElfMarkerReader.Read(fd.Number);
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, MemoryPlace>? ReadSymbols(string path)
    {
        using var fd = Open(path, Libc.ReadOnly);
        return ElfVariables.Read(fd.Number);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> ListDirectory(string path)
    {
        // Opening it first gives the kernel's own errno where .NET has only classes of exceptions.
        using var fd = Open(path, Libc.ReadOnly | Libc.Directory);
        return [.. new DirectoryInfo(path).EnumerateFileSystemInfos().Select(e => e.Name)];
    }

    /// <inheritdoc/>
    public int OpenFolder(string path)
    {
        var fd = Open(path, Libc.ReadOnly | Libc.Directory);
        _folders.Add(fd);
        return fd.Number;
    }

    private static Descriptor Open(string path, int flags)
    {
        var fd = new Descriptor(Libc.Open(path, flags | Libc.CloseOnExec));
        return fd.IsInvalid ? throw KernelErrors.File(path, Marshal.GetLastPInvokeError()) : fd;
    }

    /// <summary>A file's bytes in place, as memory that .NET can slice.</summary>
    private sealed unsafe class MappedFile(Mapping mapping) : MemoryManager<byte>
    {
        public override Span<byte> GetSpan() => new(mapping.Address, (int)mapping.Length);

        public override MemoryHandle Pin(int elementIndex = 0) => new(mapping.Address + elementIndex);

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing) => mapping.Dispose();
    }
}
