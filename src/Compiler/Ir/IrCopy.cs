namespace Ktap.Compiler.Ir;

/// <summary>Copies of functions, so that a stage can work in place on its own and leave its input as it was.</summary>
public static class IrCopy
{
    /// <summary>A copy with blocks of its own (same numbers), without those that can't be reached; order kept.</summary>
    public static IrFunction CopyReachable(this IrFunction function)
    {
        var flow = ControlFlow.Of(function);
        var copies = new IrBlock[flow.Count];
        for (var i = 0; i < copies.Length; i++) copies[i] = new IrBlock(flow.Order[i].Id);
        for (var i = 0; i < copies.Length; i++)
        {
            var ops = flow.Order[i].Ops;
            copies[i].Ops.EnsureCapacity(ops.Count);
            copies[i].Ops.AddRange(ops);
            copies[i].Ops[^1] = ops[^1].MapTargets(target => copies[flow.IndexOf(target)]);
        }
        return function with { Blocks = [.. function.Blocks.Where(b => flow.IndexOf(b) >= 0).Select(b => copies[flow.IndexOf(b)])] };
    }
}
