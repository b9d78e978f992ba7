using System.Collections.Immutable;

namespace Ktap.Compiler.Types;

/// <summary>A processor architecture, as data. Places in <c>struct pt_regs</c> are byte offsets.</summary>
/// <param name="Name">As <c>arch</c> gives it, and <c>uname -m</c>: "x86_64".</param>
/// <param name="WordSize">The size of a pointer in bytes, 4 or 8.</param>
/// <param name="IsBigEndian">The byte order.</param>
/// <param name="SyscallArguments">Where <c>struct pt_regs</c> has the six arguments of a system call.</param>
/// <param name="SyscallNumber">Where it has the number, also when the call returns.</param>
public sealed record Architecture(string Name, int WordSize, bool IsBigEndian, ImmutableArray<int> SyscallArguments, int SyscallNumber)
{
    // arch/x86/include/asm/ptrace.h (struct pt_regs, from r15 at 0 to ss at 160); names as arch/x86/kernel/ptrace.c (regoffset_table) has them, which is what perf probe takes.
    private static readonly Architecture X64 = new("x86_64", 8, false, [112, 104, 96, 56, 72, 64], 120)
    {
        Registers = new Dictionary<string, int>
        {
            ["r15"] = 0, ["r14"] = 8, ["r13"] = 16, ["r12"] = 24, ["bp"] = 32, ["bx"] = 40, ["r11"] = 48, ["r10"] = 56, ["r9"] = 64, ["r8"] = 72, ["ax"] = 80,
            ["cx"] = 88, ["dx"] = 96, ["si"] = 104, ["di"] = 112, ["orig_ax"] = 120, ["ip"] = 128, ["cs"] = 136, ["flags"] = 144, ["sp"] = 152, ["ss"] = 160,
        },
        RegistersSize = 168,
        FunctionArguments = ["di", "si", "dx", "cx", "r8", "r9"],
        Result = "ax",
        InstructionPointer = "ip",
        StackPointer = "sp",
        StackedReturnAddress = true,
        ElfMachine = 62,
    };

    /// <summary>The registers by the names that fetch arguments use, without <c>%</c>.</summary>
    public required IReadOnlyDictionary<string, int> Registers { get; init; }

    /// <summary>The bytes of the registers that a perf event's program gets (<c>bpf_user_pt_regs_t</c>).</summary>
    public required int RegistersSize { get; init; }

    /// <summary>Whether watchpoints can tell reads from writes; else they watch both, or writes alone.</summary>
    public bool WatchesReads { get; init; }

    /// <summary>The registers of a function's first arguments, in order; the others are on the stack.</summary>
    public required ImmutableArray<string> FunctionArguments { get; init; }

    /// <summary>The register of a function's result.</summary>
    public required string Result { get; init; }

    /// <summary>The register of the instruction's address.</summary>
    public required string InstructionPointer { get; init; }

    /// <summary>The register of the stack's top.</summary>
    public required string StackPointer { get; init; }

    /// <summary>Whether a call pushes the return address, so that a function's first argument on the stack is one word above its top at entry.</summary>
    public required bool StackedReturnAddress { get; init; }

    /// <summary>The number by which ELF files say that they are for it (<c>e_machine</c>).</summary>
    public required ushort ElfMachine { get; init; }

    /// <summary>The architecture that <c>uname -m</c> names, or null where ktap doesn't know it.</summary>
    public static Architecture? ForMachine(string machine) => machine == X64.Name ? X64 : null;
}
