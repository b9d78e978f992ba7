using Ktap.Compiler.Bpf;

namespace Ktap.Compiler.Codegen;

/// <summary>
/// The branches of the way that the verifier walks first. At each it goes on with the next instruction and keeps where the branch leads for later, and it gives up when
/// it has more than <see cref="Most"/> kept (BPF_COMPLEXITY_LIMIT_JMP_SEQ in kernel/bpf/verifier.c, kernel 5.2). On the first way nothing that it has seen before spares it any.
/// </summary>
internal static class PendingBranches
{
    public const int Most = 8192;

    /// <summary>The instruction with the first branch beyond the limit; -1 if the way ends before, or comes to a loop.</summary>
    public static int FirstTooMany(ReadOnlySpan<BpfInstruction> code)
    {
        var pending = 0;
        var seen = new bool[code.Length];
        for (var at = 0; at < code.Length && !seen[at];)
        {
            seen[at] = true;
            var instruction = code[at];
            if (instruction.Opcode == ((byte)BpfClass.Jmp | (byte)BpfJumpOp.Exit)) return -1;
            if (instruction.Opcode == ((byte)BpfClass.Jmp | (byte)BpfJumpOp.Always))
            {
                at += 1 + instruction.Offset;
                continue;
            }
            if (instruction.IsJump && ++pending > Most) return at;
            at += instruction.IsWide ? 2 : 1;
        }
        return -1;
    }
}
