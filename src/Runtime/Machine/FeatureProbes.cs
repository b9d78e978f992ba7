using System.Runtime.InteropServices;
using Ktap.Compiler.Types;
using Ktap.Runtime.LibBpf;

namespace Ktap.Runtime.Machine;

/// <summary>
/// Finds out what the kernel has. A version that surely has a feature is believed; for an older one the feature is tried, since
/// distributions backport: a tiny program loads, or it does not (some 60 microseconds each). What depends on the kernel's
/// configuration is tried always.
/// </summary>
internal static unsafe class FeatureProbes
{
    private const uint KprobeProgram = 2, RawTracepointProgram = 17, TracingKprobeMulti = 42, TracingUprobeMulti = 48;
    private static readonly ulong Exit = Word(0x95, 0, 0, 0, 0), ReturnZero = Word(0xb7, 0, 0, 0, 0);

    /// <summary>Looks and tries; under a millisecond.</summary>
    internal static KernelFeatures Run()
    {
        var names = stackalloc byte[6 * 65];
        _ = Libc.UName(names);
        var release = Marshal.PtrToStringUTF8((nint)names + (2 * 65)) ?? "";
        var version = ParseVersion(release);
        bool Since(int major, int minor) => version >= new Version(major, minor);
        return new KernelFeatures
        {
            Version = version,
            Release = release,
            Machine = Marshal.PtrToStringUTF8((nint)names + (4 * 65)) ?? "",
            PossibleCpus = BpfApi.PossibleCpus(),
            Btf = File.Exists("/sys/kernel/btf/vmlinux"),
            Cgroup2 = Cgroup.FindMount(),
            CurrentTaskBtf = Since(5, 11) || HasHelper(158),
            AtomicFetch = HasAtomicFetch(),
            PerfCookies = Since(5, 15) || HasHelper(174),
            BpfLoop = Since(5, 17) || HasHelper(181),
            OverrideReturn = HasHelper(58),
            KprobeMulti = HasMulti(TracingKprobeMulti),
            NumberIterators = Since(6, 4),
            UprobeMulti = HasMulti(TracingUprobeMulti),
            MayGoto = Since(6, 9) || HasMayGoto(),
            RawTracepointCookies = BpfCalls.OpenRawTracepoint(null, -1, 1) != -Libc.EINVAL,
        };
    }

    /// <summary>The numbers in front of a release: "6.1.0-37-amd64", "5.10-rc7".</summary>
    internal static Version ParseVersion(string release)
    {
        var numbers = new int[3];
        var parts = release.Split('.', 3);
        for (var i = 0; i < parts.Length; i++)
        {
            var digits = parts[i].AsSpan();
            if (digits.IndexOfAnyExceptInRange('0', '9') is >= 0 and var end) digits = digits[..end];
            _ = int.TryParse(digits, out numbers[i]);
            if (digits.Length != parts[i].Length) break;
        }
        return new Version(numbers[0], numbers[1], numbers[2]);
    }

    // A helper that the kernel doesn't know is "invalid func" (EINVAL); one that it knows fails later, over the missing arguments
    // (EACCES: R1 is the context, others are not initialised), or loads.
    private static bool HasHelper(uint helper) =>
        Loads(KprobeProgram, [Call(helper), ReturnZero, Exit]) is var error && error != -Libc.EINVAL;

    // r1 = 1; *(u64 *)(fp - 8) = 0; r1 = atomic_fetch_add(fp - 8, r1): the JITs of some 32-bit architectures have it not (ENOTSUPP).
    private static bool HasAtomicFetch() =>
        Loads(RawTracepointProgram, [Word(0xb7, 1, 0, 0, 1), Word(0x7a, 10, 0, -8, 0), Word(0xdb, 10, 1, -8, 1), ReturnZero, Exit]) == 0;

    private static bool HasMayGoto() => Loads(RawTracepointProgram, [Word(0xe5, 0, 0, 0, 0), ReturnZero, Exit]) == 0;

    // A link to nowhere: a kernel that has the link type gets as far as reading the list of places, at an address that isn't one.
    private static bool HasMulti(uint attachType)
    {
        var program = BpfCalls.LoadProgram(KprobeProgram, [ReturnZero, Exit], attachType);
        if (program < 0) return false;
        using var closing = new Descriptor(program);
        const ulong nowhere = 8;
        var link = attachType == TracingKprobeMulti
            // flags and count, symbols, addresses, cookies
            ? new BpfCalls.LinkAttributes { Program = (uint)program, AttachType = attachType, Word0 = Halves(0, 1), Word2 = nowhere }
            // path, offsets, reference counters, cookies, count and flags, pid
            : new BpfCalls.LinkAttributes { Program = (uint)program, AttachType = attachType, Word0 = nowhere, Word1 = nowhere, Word4 = Halves(1, 0) };
        return BpfCalls.CreateLink(link) == -Libc.EFAULT;
    }

    private static int Loads(uint type, ReadOnlySpan<ulong> code)
    {
        var fd = BpfCalls.LoadProgram(type, code);
        if (fd < 0) return fd;
        _ = Libc.Close(fd);
        return 0;
    }

    private static ulong Call(uint helper) => Word(0x85, 0, 0, 0, (int)helper);

    // struct bpf_insn: code, registers (target low, on little-endian machines), offset, immediate.
    private static ulong Word(byte code, int target, int source, short offset, int immediate)
    {
        Span<byte> bytes = stackalloc byte[8];
        bytes[0] = code;
        bytes[1] = (byte)(BitConverter.IsLittleEndian ? source << 4 | target : target << 4 | source);
        BitConverter.TryWriteBytes(bytes[2..], offset);
        BitConverter.TryWriteBytes(bytes[4..], immediate);
        return BitConverter.ToUInt64(bytes);
    }

    private static ulong Halves(uint first, uint second)
    {
        Span<uint> halves = [first, second];
        return MemoryMarshal.Cast<uint, ulong>(halves)[0];
    }
}
