using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>What code that reads the kernel emits into.</summary>
/// <param name="Ir">The function being built.</param>
/// <param name="Buffer">A buffer of so many bytes (rounded up to words) in the stack frame or in per-CPU scratch memory; its bytes are undefined.</param>
/// <param name="Constant">Puts bytes into the read-only data and gives their offset there; a multiple of 8.</param>
/// <param name="CountError">Emits the counting of a run-time error at the current place; the code goes on.</param>
public sealed record KernelEmitter(IrBuilder Ir, Func<int, string, VReg> Buffer, Func<ImmutableArray<byte>, int> Constant, Action<HandlerError> CountError)
{
    /// <summary>A zeroed buffer of so many bytes, a multiple of 8.</summary>
    public VReg ZeroedBuffer(int size, string purpose)
    {
        var buffer = Buffer(size, purpose);
        for (var offset = 0; offset < size; offset += 8) Ir.Store(buffer, offset, 0);
        return buffer;
    }

    /// <summary>The type of a string of at most so many bytes that <see cref="ReadText"/> reads: there is room for the byte that tells that there is more.</summary>
    public static KtapType.StringType TypeOfText(int most) => KtapType.String(most + 1);

    /// <summary>
    /// Reads a string at an address into a zeroed buffer of <see cref="TypeOfText"/>, by <c>probe_read_user_str</c> or its kin. One of more than <paramref name="most"/>
    /// bytes is cut, and that is counted. Gives what the helper does: negative where the read faulted.
    /// </summary>
    public VReg ReadText(VReg buffer, BpfHelper helper, IrOperand from, int most)
    {
        // The helper counts the NUL that it ends with.
        var result = Ir.Call(helper, CallEffect.Any, buffer, most + 2, from);
        var (cut, done) = (Ir.NewBlock(), Ir.NewBlock());
        Ir.Branch(IrCondition.GtS, result, most + 1, cut, done);
        Ir.Start(cut);
        Ir.Store(buffer, most, 0, 1);
        CountError(HandlerError.StringCut);
        Ir.Start(done);
        return result;
    }
}
