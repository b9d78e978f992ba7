using System.Runtime.InteropServices;
using System.Text;

namespace Ktap.Runtime.LibBpf;

/// <summary>bpf(2) and perf_event_open(2) themselves, for what libbpf 1.1 lacks. Results are a descriptor or -errno.</summary>
internal static unsafe class BpfCalls
{
    // enum bpf_cmd
    private const int ProgramLoad = 5, RawTracepointOpen = 17, LinkCreate = 28;
    private const uint PerfCloseOnExec = 8;

    /// <summary>The fields of <c>union bpf_attr</c> for BPF_PROG_LOAD up to the last that probes need.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct LoadAttributes
    {
        internal uint Type;
        internal uint Count;
        internal ulong Instructions;
        internal ulong License;
        internal uint LogLevel;
        internal uint LogSize;
        internal ulong LogBuffer;
        internal uint KernelVersion;
        internal uint Flags;
        internal fixed byte Name[16];
        internal uint InterfaceIndex;
        internal uint ExpectedAttachType;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct RawTracepointAttributes
    {
        internal ulong Name;
        internal uint Program;
        internal uint Padding;
        internal ulong Cookie;
    }

    /// <summary>BPF_LINK_CREATE for kprobe.multi and uprobe.multi: the union's words after the flags mean different things for each.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct LinkAttributes
    {
        internal uint Program;
        internal uint Target;
        internal uint AttachType;
        internal uint Flags;
        internal ulong Word0;
        internal ulong Word1;
        internal ulong Word2;
        internal ulong Word3;
        internal ulong Word4;
        internal ulong Word5;
    }

    /// <summary>Loads bare instructions, without maps or BTF.</summary>
    internal static int LoadProgram(uint type, ReadOnlySpan<ulong> instructions, uint expectedAttachType = 0)
    {
        fixed (ulong* code = instructions)
        fixed (byte* license = "GPL\0"u8)
        {
            var attributes = new LoadAttributes
            {
                Type = type,
                Count = (uint)instructions.Length,
                Instructions = (ulong)code,
                License = (ulong)license,
                ExpectedAttachType = expectedAttachType,
            };
            return Call(ProgramLoad, &attributes, sizeof(LoadAttributes));
        }
    }

    /// <summary>BPF_RAW_TRACEPOINT_OPEN; kernels before 6.10 say EINVAL to a cookie other than 0.</summary>
    internal static int OpenRawTracepoint(string? name, int program, ulong cookie)
    {
        fixed (byte* text = name is null ? null : Encoding.UTF8.GetBytes(name + "\0"))
        {
            var attributes = new RawTracepointAttributes { Name = (ulong)text, Program = (uint)program, Cookie = cookie };
            return Call(RawTracepointOpen, &attributes, sizeof(RawTracepointAttributes));
        }
    }

    /// <summary>BPF_LINK_CREATE.</summary>
    internal static int CreateLink(in LinkAttributes attributes)
    {
        fixed (LinkAttributes* at = &attributes) return Call(LinkCreate, at, sizeof(LinkAttributes));
    }

    /// <summary>perf_event_open(2), closed on exec; <paramref name="pid"/> is the descriptor of a cgroup where <paramref name="ofCgroup"/>.</summary>
    internal static int OpenPerfEvent(in PerfEventAttributes attributes, int pid, int cpu, bool ofCgroup = false)
    {
        const uint pidIsCgroup = 4;
        var flags = PerfCloseOnExec | (ofCgroup ? pidIsCgroup : 0);
        fixed (PerfEventAttributes* at = &attributes)
        {
            var fd = (int)Libc.SystemCall(SystemCalls.PerfEventOpen, (nint)at, pid, cpu, -1, (nint)flags);
            return fd < 0 ? -Marshal.GetLastPInvokeError() : fd;
        }
    }

    private static int Call(int command, void* attributes, int size)
    {
        var result = (int)Libc.SystemCall(SystemCalls.Bpf, command, (nint)attributes, size);
        return result < 0 ? -Marshal.GetLastPInvokeError() : result;
    }
}

/// <summary><c>struct perf_event_attr</c> in its version 5 (112 bytes), which every kernel since 4.1 takes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PerfEventAttributes
{
    /// <summary>Bits of <see cref="Flags"/>; the kernel's bit fields, lowest first (highest first on big-endian machines).</summary>
    internal const int Disabled = 0, ExcludeUser = 4, ExcludeKernel = 5, ExcludeHypervisor = 6, ExcludeIdle = 7, Frequency = 10;

    /// <summary>Where the two bits of <c>precise_ip</c> begin.</summary>
    internal static readonly int PrecisionShift = BitConverter.IsLittleEndian ? 15 : 47;

    /// <summary>PERF_SAMPLE_ADDR and PERF_SAMPLE_CALLCHAIN.</summary>
    internal const ulong SampleAddress = 1 << 3, SampleCallChain = 1 << 5;

    internal uint Type;
    internal uint Size;
    internal ulong Config;
    internal ulong Sample;
    internal ulong SampleType;
    internal ulong ReadFormat;
    internal ulong Flags;
    internal uint WakeupEvents;
    internal uint BreakpointType;
    internal ulong Config1;
    internal ulong Config2;
    internal ulong BranchSampleType;
    internal ulong SampleUserRegisters;
    internal uint SampleUserStack;
    internal int ClockId;
    internal ulong SampleInterruptRegisters;
    internal uint AuxWatermark;
    internal ushort SampleMaxStack;
    internal ushort Reserved;

    /// <summary>The size this struct says it has: PERF_ATTR_SIZE_VER5.</summary>
    internal const uint Version5 = 112;

    /// <summary>A flag's bit, counted as C compilers lay bit fields out.</summary>
    internal static ulong Bit(int index) => BitConverter.IsLittleEndian ? 1UL << index : 1UL << (63 - index);
}
