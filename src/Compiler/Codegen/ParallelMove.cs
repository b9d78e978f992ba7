using Ktap.Compiler.Bpf;

namespace Ktap.Compiler.Codegen;

/// <summary>Moves between machine registers that happen all at once, as the arguments of a call do, put into an order.</summary>
internal static class ParallelMove
{
    /// <summary>
    /// Emits the moves so that no source is overwritten before it is read; a cycle goes through R0, which must be no
    /// destination. Destinations differ from each other.
    /// </summary>
    public static void Emit(List<(BpfRegister To, BpfRegister From)> moves, Action<BpfInstruction> emit)
    {
        moves.RemoveAll(m => m.To == m.From);
        while (moves.Count > 0)
        {
            var ready = moves.FindIndex(m => !moves.Exists(other => other.From == m.To));
            if (ready >= 0)
            {
                emit(BpfInstruction.Mov(moves[ready].To, moves[ready].From));
                moves.RemoveAt(ready);
                continue;
            }
            // Only cycles are left, and R0 is in none: it is free.
            var blocked = moves[0].From;
            emit(BpfInstruction.Mov(BpfRegister.R0, blocked));
            for (var i = 0; i < moves.Count; i++)
                if (moves[i].From == blocked) moves[i] = (moves[i].To, BpfRegister.R0);
        }
    }
}
