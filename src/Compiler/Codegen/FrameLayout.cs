using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Codegen;

/// <summary>
/// Where the slots of the stack frame are, below R10. Slots that are never in use at the same time share room: in use from the
/// first to the last operation that names them, over the whole of any loop that this touches. A slot whose address is
/// kept in a register is in use everywhere; one that nothing refers to takes no room.
/// </summary>
internal sealed class FrameLayout
{
    // MAX_BPF_STACK, and what the kernel adds to a frame for the rounds of may_goto: 8 bytes from 6.9 on, 16 from 6.15 on.
    private const int MostStack = 512, RoundsOfGuards = 16;

    private readonly WorkFunction _function;
    private readonly (int First, int Last)[] _inUse; // by slot, indexes of operations; First > Last if unused
    private readonly int[] _offsets;

    public FrameLayout(WorkFunction function)
    {
        _function = function;
        _inUse = new (int, int)[function.Slots.Count];
        Array.Fill(_inUse, (int.MaxValue, -1));
        _offsets = new int[_inUse.Length];
        var loops = FindUses();
        for (var i = 0; i < _inUse.Length; i++)
            foreach (var (first, last) in loops)
                if (_inUse[i].First <= last && _inUse[i].Last >= first) Extend(i, first, last);
        Size = Place();
        Used = [.. function.Slots.Where(s => IsUsed(s.Id))];
    }

    /// <summary>The most bytes that the frame can take.</summary>
    public int Limit => _function.Blocks.Exists(b => b.Ops[^1] is IrOp.Guard) ? MostStack - RoundsOfGuards : MostStack;

    /// <summary>The bytes that the frame takes.</summary>
    public int Size { get; }

    /// <summary>The slots that are in it.</summary>
    public IReadOnlyList<FrameSlot> Used { get; }

    /// <summary>The distance of a place in a slot from R10; negative.</summary>
    public int OffsetOf(IrOp.FrameAddress address) => _offsets[address.Slot.Id] + address.Offset;

    private bool IsUsed(int slot) => _inUse[slot].First <= _inUse[slot].Last;

    private void Extend(int slot, int first, int last) =>
        _inUse[slot] = (Math.Min(_inUse[slot].First, first), Math.Max(_inUse[slot].Last, last));

    // Notes the uses of all slots; gives the outermost loops as ranges of operations: what jumps back span, where they overlap together.
    private List<(int First, int Last)> FindUses()
    {
        var starts = new int[_function.Blocks.Count + 1];
        for (var b = 0; b < _function.Blocks.Count; b++) starts[b + 1] = starts[b] + _function.Blocks[b].Ops.Count;
        Span<VReg> uses = stackalloc VReg[IrOperands.MaxUses];
        var index = 0;
        foreach (var block in _function.Blocks)
            foreach (var op in block.Ops)
            {
                if (op is IrOp.FrameAddress address) Extend(address.Slot.Id, 0, starts[^1]);
                for (var n = op.Uses(uses) - 1; n >= 0; n--)
                    if (SlotBehind(uses[n], op) is var (slot, isKept)) Extend(slot.Id, isKept ? 0 : index, isKept ? starts[^1] : index);
                index++;
            }

        var flow = new ControlFlow(_function.Blocks);
        var loops = new List<(int First, int Last)>();
        for (var b = 0; b < flow.Count; b++)
            foreach (var s in flow.Successors(b))
                if (s <= b) loops.Add((starts[s], starts[b + 1] - 1));
        loops.Sort();
        var outermost = new List<(int First, int Last)>();
        foreach (var loop in loops)
            if (outermost.Count > 0 && loop.First <= outermost[^1].Last) outermost[^1] = (outermost[^1].First, Math.Max(outermost[^1].Last, loop.Last));
            else outermost.Add(loop);
        return outermost;
    }

    // The slot that an operation uses through an inline register, and whether its address goes on to another register.
    private (FrameSlot Slot, bool IsKept)? SlotBehind(VReg reg, IrOp op)
    {
        if (!_function.IsInline(reg)) return null;
        return _function[reg].Recipe switch
        {
            IrOp.FrameAddress address => (address.Slot, op is not (IrOp.Load or IrOp.Store or IrOp.Atomic or IrOp.Call)),
            IrOp.Load reload => (_function.InlineFrame(reload.Base)!.Slot, false),
            _ => null,
        };
    }

    // First fit, in order of first use, in words of 8 bytes.
    private int Place()
    {
        var freeFrom = new List<int>(); // by word: after which operation it is free
        foreach (var slot in Sequence.Range(0, _inUse.Length).Where(IsUsed).OrderBy(i => _inUse[i].First).ThenBy(i => i))
        {
            var words = _function.Slots[slot].Size / 8;
            var (at, fit) = (0, 0);
            for (; fit < words && at < freeFrom.Count; at++) fit = freeFrom[at] < _inUse[slot].First ? fit + 1 : 0;
            for (; fit < words; fit++, at++) freeFrom.Add(-1);
            for (var w = at - words; w < at; w++) freeFrom[w] = _inUse[slot].Last;
            _offsets[slot] = -8 * at;
        }
        return 8 * freeFrom.Count;
    }
}
