using System.Runtime.InteropServices;

namespace Ktap.Runtime.Rendering;

/// <summary>The system calls of the output buffer; the numbers are those of Linux on every architecture but MIPS, Alpha and SPARC.</summary>
internal static unsafe partial class Libc
{
    public const int EIntr = 4, EAgain = 11, EPipe = 32;
    public const short PollOut = 4;

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int fd, byte* bytes, nuint count);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(PollFd* fds, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "isatty")]
    public static partial int IsATty(int fd);

    [StructLayout(LayoutKind.Sequential)]
    public struct PollFd
    {
        public int Fd;
        public short Events;
        public short ReturnedEvents;
    }
}
