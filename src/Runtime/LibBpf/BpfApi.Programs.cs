using System.Runtime.InteropServices;

namespace Ktap.Runtime.LibBpf;

internal static unsafe partial class BpfApi
{
    /// <summary><c>struct bpf_test_run_opts</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct TestRunOptions
    {
        internal nuint Size;
        internal byte* DataIn;
        internal byte* DataOut;
        internal uint DataSizeIn;
        internal uint DataSizeOut;
        internal byte* ContextIn;
        internal byte* ContextOut;
        internal uint ContextSizeIn;
        internal uint ContextSizeOut;
        internal uint Result;
        internal int Repeat;
        internal uint Duration;
        internal uint Flags;
        internal uint Cpu;
        internal uint BatchSize;
    }

    /// <summary><c>struct bpf_prog_info</c> of Linux 5.12 and later; older kernels fill less of it, newer ones take the smaller size.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ProgramInfo
    {
        internal uint Type;
        internal uint Id;
        internal ulong Tag;
        internal uint JitedLength;
        internal uint TranslatedLength;
        internal ulong JitedInstructions;
        internal ulong TranslatedInstructions;
        internal ulong LoadTime;
        internal uint CreatedByUserId;
        internal uint MapIdCount;
        internal ulong MapIds;
        internal fixed byte Name[16];
        internal uint InterfaceIndex;
        internal uint GplCompatible;
        internal ulong NetworkDevice;
        internal ulong NetworkInode;
        internal uint JitedSymbolCount;
        internal uint JitedFunctionLengthCount;
        internal ulong JitedSymbols;
        internal ulong JitedFunctionLengths;
        internal uint BtfId;
        internal uint FunctionInfoSize;
        internal ulong FunctionInfo;
        internal uint FunctionInfoCount;
        internal uint LineInfoCount;
        internal ulong LineInfo;
        internal ulong JitedLineInfo;
        internal uint JitedLineInfoCount;
        internal uint LineInfoSize;
        internal uint JitedLineInfoSize;
        internal uint ProgramTagCount;
        internal ulong ProgramTags;
        internal ulong RunNanoseconds;
        internal ulong RunCount;
        internal ulong RecursionMisses;
    }

    [LibraryImport(Library, EntryPoint = "bpf_prog_test_run_opts")]
    internal static partial int TestRun(int program, TestRunOptions* options);

    /// <summary>Type 0 is BPF_STATS_RUN_TIME; the result is a descriptor, and counting goes on until it is closed.</summary>
    [LibraryImport(Library, EntryPoint = "bpf_enable_stats")]
    internal static partial int EnableStatistics(int type);

    [LibraryImport(Library, EntryPoint = "bpf_obj_get_info_by_fd")]
    internal static partial int GetInfo(int fd, void* info, uint* size);
}
