namespace Ktap.Compiler.Ir;

/// <summary>
/// The rules of the IR, checked between all passes: it is cheap, and what a wrong pass makes is found at the pass, not in the
/// verifier's log.
/// </summary>
public static class IrChecker
{
    /// <summary>Checks one function.</summary>
    /// <exception cref="InvalidOperationException">A rule is broken (a bug of ktap's): says which, after what, and prints the function.</exception>
    public static void Check(IrFunction function, string after)
    {
        if (Fault(function) is { } fault)
            throw new InvalidOperationException($"wrong IR after {after}: {fault}\n{IrPrinter.Print(function)}");
    }

    /// <summary>The first rule that a function breaks, in words, or null.</summary>
    public static string? Fault(IrFunction function)
    {
        if (function.Blocks.IsEmpty) return "no entry block";
        var blocks = new IrBlock?[function.BlockIdLimit];
        foreach (var block in function.Blocks)
        {
            if (blocks[block.Id] is not null) return $"two blocks are {block}";
            blocks[block.Id] = block;
        }
        foreach (var block in function.Blocks)
        {
            if (block.Ops.Count == 0) return $"{block} is empty";
            if (!block.Ops[^1].IsTerminator()) return $"{block} has no terminator";
            for (var i = 0; i < block.Ops.Count; i++)
            {
                var op = block.Ops[i];
                if (i < block.Ops.Count - 1 && op.IsTerminator()) return $"'{IrPrinter.Print(op)}' stands within {block}";
                if ((Registers(op, function.RegisterCount) ?? Shape(op, function)) is { } fault) return $"'{IrPrinter.Print(op)}' in {block}: {fault}";
            }
            var (first, second) = block.Ops[^1].Successors();
            if (!Exists(first) || !Exists(second)) return $"'{IrPrinter.Print(block.Ops[^1])}' leaves the function";
            if (first == function.Blocks[0] || second == function.Blocks[0]) return $"'{IrPrinter.Print(block.Ops[^1])}' goes back to the entry";
        }
        return Undefined(function) ?? OutOfSlot(function);

        bool Exists(IrBlock? target) => target is null || (target.Id < blocks.Length && blocks[target.Id] == target);
    }

    private static string? Registers(IrOp op, int count)
    {
        Span<VReg> uses = stackalloc VReg[IrOperands.MaxUses];
        if (op is IrOp.Call { Args: var args } && (args.IsDefault || args.Length > 5)) return "a helper takes at most 5 arguments";
        if (op.Definition() is { } dst && (uint)dst.Id >= (uint)count) return $"{dst} is beyond the {count} registers of the function";
        for (var n = op.Uses(uses) - 1; n >= 0; n--)
            if ((uint)uses[n].Id >= (uint)count) return $"{uses[n]} is beyond the {count} registers of the function";
        return null;
    }

    private static string? Shape(IrOp op, IrFunction function) => op switch
    {
        IrOp.Load { Size: not (1 or 2 or 4 or 8) } or IrOp.Store { Size: not (1 or 2 or 4 or 8) } => "a size is 1, 2, 4 or 8",
        IrOp.Atomic { Size: not (4 or 8) } => "an atomic's size is 4 or 8",
        IrOp.Atomic { Op: IrAtomic.CompareExchange } o when o.Expected is null || o.Dst is null => "a compare-exchange has a destination and an expected value",
        IrOp.Atomic { Op: IrAtomic.Exchange, Dst: null } => "an exchange has a destination",
        IrOp.Atomic { Op: not IrAtomic.CompareExchange, Expected: not null } => "only a compare-exchange has an expected value",
        IrOp.FrameAddress o when !Contains(function, o.Slot) => "the slot is not the function's",
        IrOp.FrameAddress o when o.Offset < 0 || o.Offset > o.Slot.Size => "outside of the slot",
        IrOp.DataAddress { Offset: < 0 } => "outside of the section",
        _ => null,
    };

    private static bool Contains(IrFunction function, FrameSlot slot) =>
        (uint)slot.Id < (uint)function.Slots.Length && function.Slots[slot.Id] == slot;

    private static string? Undefined(IrFunction function)
    {
        var flow = ControlFlow.Of(function);
        var liveness = new Liveness(flow, function.RegisterCount);
        return liveness.LiveAtEntry.Count == 0
            ? null
            : $"{string.Join(", ", liveness.LiveAtEntry.Order().Select(id => new VReg(id)))} may be read before being assigned";
    }

    // Loads and stores through a register that is the address of a slot and nothing else.
    private static string? OutOfSlot(IrFunction function)
    {
        var slots = new IrOp.FrameAddress?[function.RegisterCount];
        var definitions = new int[function.RegisterCount];
        foreach (var block in function.Blocks)
            foreach (var op in block.Ops)
            {
                if (op.Definition() is { } dst) definitions[dst.Id]++;
                if (op is IrOp.FrameAddress address) slots[address.Dst.Id] = address;
            }
        foreach (var block in function.Blocks)
            foreach (var op in block.Ops)
            {
                var (at, offset, size) = op switch
                {
                    IrOp.Load o => (o.Base.Id, o.Offset, o.Size),
                    IrOp.Store o => (o.Base.Id, o.Offset, o.Size),
                    IrOp.Atomic o => (o.Base.Id, o.Offset, o.Size),
                    _ => (-1, 0, 0),
                };
                if (at < 0 || definitions[at] != 1 || slots[at] is not { } slot) continue;
                if (slot.Offset + offset < 0 || slot.Offset + offset + size > slot.Slot.Size) return $"'{IrPrinter.Print(op)}' in {block}: outside of the slot";
            }
        return null;
    }
}
