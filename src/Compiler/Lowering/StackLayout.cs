using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Lowering;

/// <summary>
/// The map of captured stacks: from a stack's number, which is a 64-bit hash of it, to an entry of words. A second hash that is
/// independent of the first tells two stacks of one number apart, so that none is taken for another.
/// </summary>
public static class StackLayout
{
    /// <summary>The most frames of a stack (PERF_MAX_STACK_DEPTH, which <c>kernel.perf_event_max_stack</c> begins with).</summary>
    public const int MaxFrames = 127;

    private const int FewestStacks = 1 << 16;

    /// <summary>In an entry, the byte offset of the second hash.</summary>
    public const int Check = 0;

    /// <summary>The number of frames, 32 bits.</summary>
    public const int Count = 8;

    /// <summary>The process whose user stack it is, 32 bits; 0: a kernel stack.</summary>
    public const int Process = 12;

    /// <summary>The frames, innermost first.</summary>
    public const int Frames = 16;

    /// <summary>The size of an entry.</summary>
    public const int Size = Frames + MaxFrames * 8;

    /// <summary>The number of the kernel stack without frames, which has no entry.</summary>
    public const long NoKernelFrames = 1;

    /// <summary>The number of the user stack without frames (of a kernel thread).</summary>
    public const long NoUserFrames = 2;

    /// <summary>A bit that every other number has.</summary>
    public const long Entry = 4;

    // linux/bpf.h.
    private const uint NoPreallocation = 1;

    // From here on the kernel allocates slots in a way that is safe in every context (its own allocator for BPF); before it refuses perf
    // events such maps, and warns about the others.
    private static readonly Version SafeAllocation = new(6, 1);

    /// <summary>How many different stacks are kept where tables have so many slots.</summary>
    public static int Stacks(int maxEntries) => Math.Max(FewestStacks, maxEntries);

    /// <summary>The map's specification: 70 MB at least where the kernel has to allocate all of it beforehand.</summary>
    public static MapSpec Map(KernelFeatures features, int maxEntries) =>
        new(KernelNames.Stacks, BpfMapType.Hash, 8, Size, Stacks(maxEntries), features.Version >= SafeAllocation ? NoPreallocation : 0);
}
