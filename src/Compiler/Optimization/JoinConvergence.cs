using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Optimization;

/// <summary>
/// Keeps the ways through a function from being more than the verifier follows (a million instructions). Each <c>if</c> in a row that changes a number doubles
/// them, as long as the verifier knows what the number was on each; once what differs is hidden where they join (<see cref="HiddenKnowledge"/>), it walks on once. That costs an
/// instruction for each register, so it is done only in functions that would take the verifier long, and there only where many ways have come together.
/// </summary>
internal static class JoinConvergence
{
    // What the verifier is let walk before anything is hidden, in operations of the IR: some ten milliseconds.
    private const double MostOperations = 16_000;

    // How many ways may go on where they join.
    private static readonly double[] Limits = [64, 8, 1];

    private enum Loop
    {
        None,
        // By the kernel: the verifier walks it until a round teaches it nothing new.
        Guarded,
        // By a number that the verifier knows (LoopConvergence has made a branch of the guard): it walks every round, and each way through one as often.
        Counted,
    }

    public static IrFunction Run(IrFunction function)
    {
        var flow = ControlFlow.Of(function);
        var loops = Loops(flow);
        if (IsSmall(flow, loops)) return function;
        var liveness = new Liveness(flow, function.RegisterCount);
        var addresses = new AddressRegisters(flow, function.RegisterCount);
        var count = CountWith(double.PositiveInfinity);
        foreach (var limit in Limits)
            if (count.Operations > MostOperations) count = CountWith(limit);

        var registers = function.RegisterCount;
        // From the last place of a block on, so that those before keep theirs.
        for (var i = count.Places.Count - 1; i >= 0; i--)
        {
            var place = count.Places[i];
            registers = HiddenKnowledge.Insert(place.Block, place.Index, place.Registers, registers, place.Block.Ops[place.Index].Span);
        }
        return function with { RegisterCount = registers };

        // Until it has walked a loop to its end, the verifier compares all that it knows, also of what nobody wants any more (before Linux 6.15, of registers; of the stack still): there no
        // difference may stay.
        WayCount CountWith(double limit)
        {
            if (double.IsPositiveInfinity(limit) || !IsAnyGuarded(loops)) return new(flow, liveness, addresses, function.RegisterCount, b => loops[b] == Loop.Counted ? 1 : limit);
            var dominators = new Dominators(flow);
            return new(flow, liveness, addresses, function.RegisterCount, b => loops[b] == Loop.None ? limit : 1,
                b => loops[b] == Loop.Guarded && loops[dominators.Parent[b]] == Loop.Guarded ? dominators.Parent[b] : null);
        }
    }

    // Even if all ways were different.
    private static bool IsSmall(ControlFlow flow, Loop[] loops)
    {
        var (operations, ways) = (0, 1.0);
        for (var b = 0; b < flow.Count; b++)
        {
            if (loops[b] == Loop.Counted) return false;
            operations += flow.Order[b].Ops.Count;
            if (flow.Successors(b).Length == 2) ways *= 2;
            foreach (var op in flow.Order[b].Ops)
                if (op is IrOp.Compare) ways *= 2;
        }
        return operations * ways <= MostOperations;
    }

    private static bool IsAnyGuarded(Loop[] loops)
    {
        foreach (var loop in loops)
            if (loop == Loop.Guarded) return true;
        return false;
    }

    // By block: the outermost loop that it is in.
    private static Loop[] Loops(ControlFlow flow)
    {
        var loops = new Loop[flow.Count];
        Dominators? dominators = null;
        for (var head = 0; head < flow.Count; head++)
        {
            if (loops[head] != Loop.None || !IsComeBackTo(flow, head)) continue;
            var kind = flow.Order[head].Ops[^1] is IrOp.Guard ? Loop.Guarded : Loop.Counted;
            foreach (var block in NaturalLoop.Of(flow, dominators ??= new Dominators(flow), head)) loops[block] = kind;
        }
        return loops;
    }

    private static bool IsComeBackTo(ControlFlow flow, int block)
    {
        foreach (var p in flow.Predecessors(block))
            if (p >= block) return true;
        return false;
    }
}
