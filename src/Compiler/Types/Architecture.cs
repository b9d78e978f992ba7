using System.Collections.Immutable;

namespace Ktap.Compiler.Types;

/// <summary>A processor architecture, as data.</summary>
/// <param name="Name">As <c>arch</c> gives it, and <c>uname -m</c>: "x86_64".</param>
/// <param name="WordSize">The size of a pointer in bytes, 4 or 8.</param>
/// <param name="IsBigEndian">The byte order.</param>
/// <param name="SyscallArguments">Where <c>struct pt_regs</c> has the six arguments of a system call, byte offsets.</param>
/// <param name="SyscallNumber">Where it has the number, also when the call returns.</param>
public sealed record Architecture(string Name, int WordSize, bool IsBigEndian, ImmutableArray<int> SyscallArguments, int SyscallNumber)
{
    // arch/x86/include/asm/ptrace.h: di, si, dx, r10, r8, r9; orig_ax.
    private static readonly Architecture X64 = new("x86_64", 8, false, [112, 104, 96, 56, 72, 64], 120);

    /// <summary>The architecture that <c>uname -m</c> names, or null where ktap doesn't know it.</summary>
    public static Architecture? ForMachine(string machine) => machine == X64.Name ? X64 : null;
}
