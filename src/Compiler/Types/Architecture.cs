using System.Collections.Immutable;

namespace Ktap.Compiler.Types;

/// <summary>A processor architecture, as data.</summary>
/// <param name="Name">As <c>arch</c> gives it: "x86_64".</param>
/// <param name="WordSize">The size of a pointer in bytes, 4 or 8.</param>
/// <param name="IsBigEndian">The byte order.</param>
/// <param name="Syscalls">The system calls by number, named as tracefs names their events (<c>newfstat</c>).</param>
/// <param name="SyscallArguments">Where <c>struct pt_regs</c> has the six arguments of a system call, byte offsets.</param>
/// <param name="SyscallNumber">Where it has the number, also when the call returns.</param>
public sealed record Architecture(
    string Name, int WordSize, bool IsBigEndian, IReadOnlyDictionary<int, string> Syscalls,
    ImmutableArray<int> SyscallArguments, int SyscallNumber);
