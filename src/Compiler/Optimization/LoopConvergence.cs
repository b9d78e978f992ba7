using Ktap.Compiler.Ir;
using Ktap.Compiler.Lowering;

namespace Ktap.Compiler.Optimization;

/// <summary>
/// Makes guarded loops cheap for the verifier. It walks a loop again and again until a round teaches it nothing new; a variable
/// that begins as a constant is a new constant each round, and that never ends. So what a loop carries from round to round is made
/// unknown before it (<see cref="HiddenKnowledge"/>). The same is done where a round ends to what a way through the round may have made
/// known (<see cref="LoopKnowledge"/>). What counts the rounds down stays known: it is what ends a loop that the verifier walks round by round.
/// </summary>
internal static class LoopConvergence
{
    public static IrFunction Run(IrFunction function)
    {
        if (!function.Blocks.Any(b => b.Ops[^1] is IrOp.Guard)) return function;
        function = WithPreheaders(function);
        var flow = ControlFlow.Of(function);
        var liveness = new Liveness(flow, function.RegisterCount);
        var dominators = new Dominators(flow);
        var registers = function.RegisterCount;
        for (var head = 0; head < flow.Count; head++)
        {
            if (flow.Order[head].Ops[^1] is not IrOp.Guard guard) continue;
            var loop = NaturalLoop.Of(flow, dominators, head);
            if (!IsReachedFrom(loop, flow.Predecessors(head)))
            {
                // What follows turned out not to come back: one round, and the block is what leads to it, another loop's counter included.
                flow.Order[head].Ops[^1] = new IrOp.Jump(guard.Inside, guard.Span);
                continue;
            }
            var assigned = new HashSet<int>();
            foreach (var block in loop)
                foreach (var op in flow.Order[block].Ops)
                    if (op.Definition() is { } dst && dst != guard.Rounds) assigned.Add(dst.Id);
            var carried = new List<int>(assigned.Count);
            foreach (var before in flow.Predecessors(head))
                if (!loop.Contains(before)) carried = Of(liveness.LiveOut(before), assigned);
            var learnt = LoopKnowledge.Of(flow, dominators, loop, head, carried);
            foreach (var before in flow.Predecessors(head)) registers = Hide(flow.Order[before], loop.Contains(before) ? learnt : carried, registers);
            if (guard.Rounds is { } rounds) flow.Order[head].Ops[^1] = new IrOp.Branch(IrCondition.Eq, rounds, 0L, guard.Exhausted, guard.Inside, guard.Span);
        }
        return function with { RegisterCount = registers };
    }

    private static List<int> Of(ReadOnlySpan<int> live, HashSet<int> assigned)
    {
        var carried = new List<int>(assigned.Count);
        foreach (var register in live)
            if (assigned.Contains(register)) carried.Add(register);
        return carried;
    }

    private static int Hide(IrBlock before, List<int> hidden, int registers) =>
        HiddenKnowledge.Insert(before, before.Ops.Count - 1, hidden, registers, before.Ops[^1].Span);

    // Every way into a loop from outside gets a block of its own, which leads nowhere else.
    private static IrFunction WithPreheaders(IrFunction function)
    {
        var blocks = function.Blocks.ToBuilder();
        var next = function.BlockIdLimit;
        var flow = ControlFlow.Of(function);
        var dominators = new Dominators(flow);
        for (var head = 0; head < flow.Count; head++)
        {
            if (flow.Order[head].Ops[^1] is not IrOp.Guard guard) continue;
            var loop = NaturalLoop.Of(flow, dominators, head);
            var preheader = new IrBlock(next++);
            preheader.Ops.Add(new IrOp.Jump(flow.Order[head], guard.Span));
            foreach (var before in flow.Predecessors(head))
            {
                if (loop.Contains(before)) continue;
                var ops = flow.Order[before].Ops;
                ops[^1] = ops[^1].MapTargets(target => target == flow.Order[head] ? preheader : target);
            }
            blocks.Insert(blocks.IndexOf(flow.Order[head]), preheader);
        }
        return function with { Blocks = blocks.ToImmutable() };
    }

    private static bool IsReachedFrom(HashSet<int> loop, ReadOnlySpan<int> predecessors)
    {
        foreach (var before in predecessors)
            if (loop.Contains(before)) return true;
        return false;
    }
}
