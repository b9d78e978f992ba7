using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>What code that reads the kernel emits into.</summary>
/// <param name="Ir">The function being built.</param>
/// <param name="Buffer">A buffer of so many bytes (rounded up to words) in the stack frame or in per-CPU scratch memory; its bytes are undefined.</param>
/// <param name="Scratch">A buffer as <paramref name="Buffer"/> gives it, but always in per-CPU memory, where addresses may be computed, and of whose contents the verifier knows nothing.</param>
/// <param name="Constant">Puts bytes into the read-only data and gives their offset there; a multiple of 8.</param>
/// <param name="CountError">Emits the counting of a run-time error at the current place; the code goes on.</param>
/// <param name="Fail">Emits the counting of a run-time error and ends the handler.</param>
/// <param name="IsBigEndian">The byte order of words in the read-only data.</param>
public sealed record KernelEmitter(
    IrBuilder Ir, Func<int, string, VReg> Buffer, Func<int, string, VReg> Scratch, Func<ImmutableArray<byte>, int> Constant, Action<HandlerError> CountError, Action<HandlerError> Fail, bool IsBigEndian)
{
    // From so many bytes on a loop clears, so many in each round; straight-line code is faster.
    private const int LargeBuffer = 512, BytesInRound = 64;

    /// <summary>A zeroed buffer of so many bytes, a multiple of 8.</summary>
    public VReg ZeroedBuffer(int size, string purpose) => Clear(Buffer(size, purpose), size);

    /// <summary>Zeroes so many bytes, a multiple of 8; gives the address back.</summary>
    public VReg Clear(VReg buffer, int size)
    {
        var rounds = size >= LargeBuffer ? size / BytesInRound : 0;
        if (rounds > 0)
            Repeat(rounds, BytesInRound, (at, _) =>
            {
                var place = Ir.Binary(IrBinary.Add, buffer, at);
                for (var offset = 0; offset < BytesInRound; offset += 8) Ir.Store(place, offset, 0);
            });
        for (var offset = rounds * BytesInRound; offset < size; offset += 8) Ir.Store(buffer, offset, 0);
        return buffer;
    }

    /// <summary>
    /// A loop of a number of rounds that is known when compiling, and small: the verifier walks through each. The body gets a counter that goes up from 0 by
    /// <paramref name="step"/>, and the block behind the loop.
    /// </summary>
    public void Repeat(int rounds, int step, Action<VReg, IrBlock> body)
    {
        var counter = Ir.Copy(0L);
        var (round, done) = (Ir.NewBlock(), Ir.NewBlock());
        Ir.Start(round);
        body(counter, done);
        Ir.Assign(counter, Ir.Binary(IrBinary.Add, counter, step));
        Ir.Branch(IrCondition.LtU, counter, (long)rounds * step, round, done);
        Ir.Start(done);
    }

    /// <summary>
    /// The same number, of which the verifier knows nothing any more. Else it would go through the rest of the program once for each value that a number has when
    /// a loop is left; so all of them are one.
    /// </summary>
    public VReg Forget(VReg value)
    {
        var memory = Scratch(8, "forgotten");
        Ir.Store(memory, 0, value);
        return Ir.Load(memory, 0);
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
