using System.Runtime.InteropServices;

namespace Ktap.Runtime.LibBpf;

/// <summary>libtraceevent 1.x, as far as formatting records needs it.</summary>
internal static unsafe partial class LibTraceEvent
{
    private const string Library = "libtraceevent";

    /// <summary><c>struct tep_record</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Record
    {
        internal ulong Timestamp;
        internal ulong Offset;
        internal long MissedEvents;
        internal int RecordSize;
        internal int Size;
        internal byte* Data;
        internal int Cpu;
        internal int ReferenceCount;
        internal int Locked;
        internal nint Private;
    }

    /// <summary><c>struct trace_seq</c>: the text, and how much of it there is.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Sequence
    {
        internal byte* Buffer;
        internal uint BufferSize;
        internal uint Length;
        internal uint ReadPosition;
        internal int State;
    }

    [LibraryImport(Library, EntryPoint = "tep_alloc")]
    internal static partial nint Allocate();

    [LibraryImport(Library, EntryPoint = "tep_free")]
    internal static partial void Free(nint tep);

    [LibraryImport(Library, EntryPoint = "tep_set_long_size")]
    internal static partial void SetLongSize(nint tep, int bytes);

    [LibraryImport(Library, EntryPoint = "tep_set_page_size")]
    internal static partial void SetPageSize(nint tep, int bytes);

    /// <summary>0 is little-endian, 1 big-endian: the traced machine's.</summary>
    [LibraryImport(Library, EntryPoint = "tep_set_file_bigendian")]
    internal static partial void SetFileBigEndian(nint tep, int endian);

    /// <summary>0 is little-endian, 1 big-endian: this machine's; tep_alloc takes little-endian for granted.</summary>
    [LibraryImport(Library, EntryPoint = "tep_set_local_bigendian")]
    internal static partial void SetLocalBigEndian(nint tep, int endian);

    [LibraryImport(Library, EntryPoint = "tep_set_loglevel")]
    internal static partial void SetLogLevel(int level);

    [LibraryImport(Library, EntryPoint = "tep_parse_event")]
    internal static partial int ParseEvent(nint tep, byte* format, nuint size, byte* group);

    [LibraryImport(Library, EntryPoint = "tep_strerror")]
    internal static partial int ErrorText(nint tep, int error, byte* buffer, nuint size);

    [LibraryImport(Library, EntryPoint = "tep_parse_printk_formats")]
    internal static partial int ParsePrintkFormats(nint tep, byte* text);

    [LibraryImport(Library, EntryPoint = "tep_register_comm", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int RegisterComm(nint tep, string comm, int pid);

    [LibraryImport(Library, EntryPoint = "tep_set_function_resolver")]
    internal static partial int SetFunctionResolver(nint tep, delegate* unmanaged[Cdecl]<nint, ulong*, byte**, byte*> resolver, nint state);

    /// <summary>tep_print_event with one variadic argument: the format is "%s" and the argument one of libtraceevent's words.</summary>
    [LibraryImport(Library, EntryPoint = "tep_print_event")]
    internal static partial void PrintEvent(nint tep, Sequence* sequence, Record* record, byte* format, byte* what);

    [LibraryImport(Library, EntryPoint = "trace_seq_init")]
    internal static partial void SequenceInit(Sequence* sequence);

    [LibraryImport(Library, EntryPoint = "trace_seq_reset")]
    internal static partial void SequenceReset(Sequence* sequence);

    [LibraryImport(Library, EntryPoint = "trace_seq_destroy")]
    internal static partial void SequenceDestroy(Sequence* sequence);
}
