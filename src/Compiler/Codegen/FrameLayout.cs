using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Codegen;

/// <summary>Where the slots of the stack frame are: below R10, in order of their numbers; a slot that nothing refers to takes no room.</summary>
internal sealed class FrameLayout
{
    /// <summary>The stack of a program and all it calls, in bytes (MAX_BPF_STACK).</summary>
    public const int Limit = 512;

    private readonly int[] _offsets;

    public FrameLayout(WorkFunction function)
    {
        var used = new bool[function.Slots.Count];
        Span<VReg> uses = stackalloc VReg[IrOperands.MaxUses];
        foreach (var block in function.Blocks)
            foreach (var op in block.Ops)
            {
                if (op is IrOp.FrameAddress address) used[address.Slot.Id] = true;
                for (var n = op.Uses(uses) - 1; n >= 0; n--)
                    if (SlotBehind(function, uses[n]) is { } slot) used[slot.Id] = true;
            }
        _offsets = new int[used.Length];
        for (var i = 0; i < used.Length; i++)
        {
            if (!used[i]) continue;
            Size += function.Slots[i].Size;
            _offsets[i] = -Size;
        }
        Used = [.. function.Slots.Where(s => used[s.Id])];
    }

    /// <summary>The bytes that the frame takes.</summary>
    public int Size { get; }

    /// <summary>The slots that are in it.</summary>
    public IReadOnlyList<FrameSlot> Used { get; }

    /// <summary>The distance of a place in a slot from R10; negative.</summary>
    public int OffsetOf(IrOp.FrameAddress address) => _offsets[address.Slot.Id] + address.Offset;

    private static FrameSlot? SlotBehind(WorkFunction function, VReg reg)
    {
        if (function.InlineFrame(reg) is { } address) return address.Slot;
        return function.IsInline(reg) && function[reg].Recipe is IrOp.Load { Base: var at } ? function.InlineFrame(at)!.Slot : null;
    }
}
