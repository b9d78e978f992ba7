using System.Runtime.InteropServices;

namespace Ktap.Runtime.LibBpf;

/// <summary>
/// libbpf 1.1, as its headers declare it. Calls that return pointers set errno; integer results are -errno, among them libbpf's own
/// numbers from 4000 up, which <see cref="ErrorText"/> knows. Programs and maps are pointers that live as long as their object.
/// </summary>
internal static unsafe partial class BpfApi
{
    private const string Library = "libbpf";

    /// <summary><c>struct bpf_object_open_opts</c>; libbpf takes <see cref="Size"/> for the newest field that is there.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct OpenOptions
    {
        internal nuint Size;
        internal byte* ObjectName;
        internal byte RelaxedMaps;
        internal byte* PinRootPath;
        internal uint Reserved;
        internal byte* Kconfig;
        internal byte* BtfCustomPath;
        internal byte* KernelLogBuffer;
        internal nuint KernelLogSize;
        internal uint KernelLogLevel;
    }

    /// <summary><c>struct bpf_perf_event_opts</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PerfEventOptions
    {
        internal nuint Size;
        internal ulong Cookie;
    }

    [LibraryImport(Library, EntryPoint = "libbpf_strerror")]
    private static partial int StrError(int error, byte* buffer, nuint size);

    /// <summary>What libbpf or the C library calls an error; positive or negative.</summary>
    internal static string ErrorText(int error)
    {
        var buffer = stackalloc byte[256];
        StrError(error, buffer, 256);
        return Marshal.PtrToStringUTF8((nint)buffer) ?? "";
    }

    [LibraryImport(Library, EntryPoint = "libbpf_version_string")]
    internal static partial byte* VersionString();

    [LibraryImport(Library, EntryPoint = "libbpf_num_possible_cpus")]
    internal static partial int PossibleCpus();

    [LibraryImport(Library, EntryPoint = "libbpf_set_print")]
    internal static partial nint SetPrint(delegate* unmanaged[Cdecl]<int, byte*, void*, int> print);

    [LibraryImport(Library, EntryPoint = "bpf_object__open_mem", SetLastError = true)]
    internal static partial BpfObjectHandle ObjectOpen(byte* image, nuint size, OpenOptions* options);

    [LibraryImport(Library, EntryPoint = "bpf_object__load")]
    internal static partial int ObjectLoad(BpfObjectHandle loaded);

    [LibraryImport(Library, EntryPoint = "bpf_object__close")]
    internal static partial void ObjectClose(nint loaded);

    [LibraryImport(Library, EntryPoint = "bpf_object__next_program")]
    internal static partial nint NextProgram(BpfObjectHandle loaded, nint program);

    [LibraryImport(Library, EntryPoint = "bpf_object__next_map")]
    internal static partial nint NextMap(BpfObjectHandle loaded, nint map);

    [LibraryImport(Library, EntryPoint = "bpf_program__name")]
    internal static partial byte* ProgramName(nint program);

    [LibraryImport(Library, EntryPoint = "bpf_program__section_name")]
    internal static partial byte* ProgramSection(nint program);

    [LibraryImport(Library, EntryPoint = "bpf_program__fd")]
    internal static partial int ProgramFd(nint program);

    [LibraryImport(Library, EntryPoint = "bpf_program__type")]
    internal static partial int ProgramType(nint program);

    [LibraryImport(Library, EntryPoint = "bpf_program__set_type")]
    internal static partial int SetProgramType(nint program, int type);

    [LibraryImport(Library, EntryPoint = "bpf_program__set_expected_attach_type")]
    internal static partial int SetExpectedAttachType(nint program, int type);

    [LibraryImport(Library, EntryPoint = "bpf_program__set_autoload")]
    internal static partial int SetAutoload(nint program, [MarshalAs(UnmanagedType.U1)] bool autoload);

    [LibraryImport(Library, EntryPoint = "bpf_program__autoload")]
    [return: MarshalAs(UnmanagedType.U1)]
    internal static partial bool Autoload(nint program);

    [LibraryImport(Library, EntryPoint = "bpf_program__set_log_level")]
    internal static partial int SetLogLevel(nint program, uint level);

    [LibraryImport(Library, EntryPoint = "bpf_program__attach_raw_tracepoint", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial BpfLinkHandle AttachRawTracepoint(nint program, string name);

    [LibraryImport(Library, EntryPoint = "bpf_program__attach_trace", SetLastError = true)]
    internal static partial BpfLinkHandle AttachTrace(nint program);

    [LibraryImport(Library, EntryPoint = "bpf_program__attach_tracepoint", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial BpfLinkHandle AttachTracepoint(nint program, string group, string name);

    /// <summary>Attaches to a descriptor of perf_event_open, which the link then owns and closes.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_program__attach_perf_event_opts", SetLastError = true)]
    internal static partial BpfLinkHandle AttachPerfEvent(nint program, int fd, PerfEventOptions* options);

    [LibraryImport(Library, EntryPoint = "bpf_link__fd")]
    internal static partial int LinkFd(BpfLinkHandle link);

    [LibraryImport(Library, EntryPoint = "bpf_link__destroy")]
    internal static partial int LinkDestroy(nint link);
}
