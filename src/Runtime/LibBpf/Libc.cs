using System.Runtime.InteropServices;

namespace Ktap.Runtime.LibBpf;

/// <summary>The C library's calls that tracing needs and .NET has not. Failing ones return -1 and leave errno as the last P/Invoke error.</summary>
internal static unsafe partial class Libc
{
    internal const int ProtRead = 1, ProtWrite = 2, MapShared = 1, MapPrivate = 2;
    internal const int ReadOnly = 0, Directory = 0x10000, CloseOnExec = 0x80000;
    internal const short PollIn = 1;
    internal const int SignalKill = 9;

    // include/uapi/asm-generic/errno-base.h and errno.h; the numbers differ on mips, alpha, parisc and sparc alone.
    internal const int EPERM = 1, ENOENT = 2, ESRCH = 3, EINTR = 4, E2BIG = 7, ENOEXEC = 8, EBADF = 9, ECHILD = 10, EAGAIN = 11, ENOMEM = 12, EACCES = 13, EFAULT = 14,
        EBUSY = 16, EEXIST = 17, ENODEV = 19, EINVAL = 22, EMFILE = 24, ENOSPC = 28, ENOSYS = 38, EOPNOTSUPP = 95, ENOTSUPP = 524;

    [LibraryImport("libc", EntryPoint = "close")]
    internal static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags, uint mode = 0);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(int fd, void* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(int fd, void* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    internal static partial int Pipe2(int* ends, int flags);

    // glibc and musl have off_t of 64 bits here only on 64-bit targets; offsets stay below 2 GiB, and mmap64 is there in both.
    [LibraryImport("libc", EntryPoint = "mmap64", SetLastError = true)]
    internal static partial nint Mmap(nint address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    internal static partial int Munmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    internal static partial int Poll(PollDescriptor* descriptors, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    internal static partial int EventFd(uint count, int flags);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Mount(string source, string target, string type, nuint flags, nint data);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    internal static partial int SetResourceLimit(int resource, ResourceLimit* limit);

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    internal static partial int GetResourceLimit(int resource, ResourceLimit* limit);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    internal static partial int WaitPid(int pid, int* status, int options);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    internal static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    internal static partial uint EffectiveUserId();

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "uname", SetLastError = true)]
    internal static partial int UName(byte* sixNamesOf65Bytes);

    [LibraryImport("libc", EntryPoint = "getpagesize")]
    internal static partial int PageSize();

    [LibraryImport("libc", EntryPoint = "sched_getaffinity", SetLastError = true)]
    internal static partial int GetAffinity(int thread, nuint size, byte* mask);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    internal static partial int SetAffinity(int thread, nuint size, byte* mask);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint SystemCall(nint number, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0, nint f = 0);

    /// <summary>
    /// The same without telling the runtime: for the moments between a fork and an exec, when nothing of the runtime may run. errno
    /// is where <see cref="Marshal.GetLastSystemError"/> finds it.
    /// </summary>
    [SuppressGCTransition]
    [LibraryImport("libc", EntryPoint = "syscall")]
    internal static partial nint SystemCallRaw(nint number, nint a, nint b, nint c, nint d);

    [LibraryImport("libc", EntryPoint = "vasprintf")]
    internal static partial int VASPrintF(byte** text, byte* format, void* arguments);

    [LibraryImport("libc", EntryPoint = "free")]
    internal static partial void Free(void* memory);

    [SuppressGCTransition]
    [LibraryImport("libc", EntryPoint = "fork")]
    internal static partial int ForkRaw();

    /// <summary>Fills a 256-byte <c>struct statx</c>, which is the same everywhere.</summary>
    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int StatX(int folder, string path, int flags, uint mask, byte* result);

    internal struct PollDescriptor(int fd, short events)
    {
        internal int Fd = fd;
        internal short Events = events;
        internal short Returned;
    }

    internal struct ResourceLimit(nuint current, nuint maximum)
    {
        internal nuint Current = current;
        internal nuint Maximum = maximum;
    }
}
