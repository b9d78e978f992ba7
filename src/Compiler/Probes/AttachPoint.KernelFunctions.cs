using System.Collections.Immutable;

namespace Ktap.Compiler.Probes;

// Functions of the kernel.
public abstract partial record AttachPoint
{
    /// <summary>
    /// One place in the kernel's code, by a kprobe through perf: <paramref name="Offset"/> bytes behind a function's start, or its return. <paramref name="Address"/> is
    /// the function's, 0 where only its name is known. A cookie other than 0 needs Linux 5.15.
    /// </summary>
    public sealed record Kprobe(string Function, ulong Address, ulong Offset, bool IsReturn, ulong Cookie = 0) : AttachPoint
    {
        /// <inheritdoc/>
        public override string Description => $"probe:{Function}" + (Offset == 0 ? "" : $"+0x{Offset:x}") + (IsReturn ? "%return" : "");
    }

    /// <summary>The entries of many functions, or their returns, as one link (kprobe.multi, Linux 5.18); a function's cookie is its place from 1.</summary>
    public sealed record KprobeMulti(string Pattern, ImmutableArray<KprobeTarget> Functions, bool IsReturn) : AttachPoint
    {
        /// <inheritdoc/>
        public override string Description => Functions is [var only] ? $"probe:{only.Function}{(IsReturn ? "%return" : "")}" : Pattern;

        /// <inheritdoc/>
        public override ImmutableArray<AttachPoint> Parts => Functions.Length < 2 ? [] :
            [this with { Functions = Functions[..(Functions.Length / 2)] }, this with { Functions = Functions[(Functions.Length / 2)..] }];
    }

    /// <summary>A function's entry or return, by a trampoline (fentry, fexit); which function it is, is in the object.</summary>
    public sealed record Trampoline(string Function, bool IsReturn) : AttachPoint
    {
        /// <inheritdoc/>
        public override string Description => $"{(IsReturn ? "fexit" : "fentry")}:{Function}";
    }
}

/// <summary>One of the functions of <see cref="AttachPoint.KprobeMulti"/>: its address is 0 where only the name is known.</summary>
public readonly record struct KprobeTarget(string Function, ulong Address, ulong Cookie);
