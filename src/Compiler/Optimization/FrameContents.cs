using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Optimization;

/// <summary>
/// What is in the words of slots of the stack frame at a place of the code, as far as it is known: only of slots whose address goes nowhere but into loads, stores and
/// calls, so that nothing else can change them.
/// </summary>
internal sealed class FrameContents
{
    private readonly Definitions _definitions;
    private readonly bool[] _isTracked; // by slot

    public FrameContents(IrFunction function, Definitions definitions)
    {
        _definitions = definitions;
        _isTracked = new bool[function.Slots.Length];
        Array.Fill(_isTracked, true);
        Span<VReg> uses = stackalloc VReg[IrOperands.MaxUses];
        foreach (var block in function.Blocks)
            foreach (var op in block.Ops)
            {
                if (op is IrOp.FrameAddress address && !definitions.IsSingle(address.Dst)) _isTracked[address.Slot.Id] = false;
                for (var n = op.Uses(uses) - 1; n >= 0; n--)
                    if (definitions.Of(uses[n]) is IrOp.FrameAddress used && op is not (IrOp.Load or IrOp.Call) && !(op is IrOp.Store store && store.Value != (IrOperand)uses[n]))
                        _isTracked[used.Slot.Id] = false;
            }
    }

    /// <summary>The words that are known, by slot and byte offset.</summary>
    public ImmutableDictionary<(int Slot, int Offset), IrOperand> Words { get; set; } = ImmutableDictionary<(int, int), IrOperand>.Empty;

    /// <summary>The slot and offset that an address is, or null for one that isn't tracked.</summary>
    public (int Slot, int Offset)? PlaceOf(VReg at, int offset) =>
        _definitions.Of(at) is IrOp.FrameAddress address && _isTracked[address.Slot.Id] ? (address.Slot.Id, address.Offset + offset) : null;

    /// <summary>What a load gives, where that is known.</summary>
    public IrOperand? Loaded(IrOp.Load load) =>
        load.Size == 8 && PlaceOf(load.Base, load.Offset) is { } place && Words.TryGetValue(place, out var value) ? value : null;

    /// <summary>Whether a store changes nothing.</summary>
    public bool IsThere(IrOp.Store store) =>
        store.Size == 8 && PlaceOf(store.Base, store.Offset) is { } place && Words.TryGetValue(place, out var value) && value == store.Value;

    /// <summary>The words of a key at an address; null where not all are known.</summary>
    public string? Key(VReg at, int size)
    {
        if (_definitions.Of(at) is IrOp.DataAddress { Section: DataKind.Rodata } constant) return $"constant {constant.Offset}";
        if (size % 8 != 0 || PlaceOf(at, 0) is not var (slot, first)) return null;
        var words = new string[size / 8];
        for (var i = 0; i < words.Length; i++)
        {
            if (!Words.TryGetValue((slot, first + i * 8), out var word)) return null;
            words[i] = word.ToString();
        }
        return string.Join(", ", words);
    }

    /// <summary>After an operation.</summary>
    public void Follow(IrOp op)
    {
        switch (op)
        {
            case IrOp.Store store when PlaceOf(store.Base, store.Offset) is var (slot, offset):
                if (store.Size == 8 && offset % 8 == 0 && _definitions.IsSingle(store.Value)) Words = Words.SetItem((slot, offset), store.Value);
                else Words = Words.Remove((slot, offset & ~7)).Remove((slot, (offset + store.Size - 1) & ~7));
                break;
            // Keys and values of maps are only read; other helpers may write where an argument leads.
            case IrOp.Call { Helper: not (BpfHelper.MapLookupElem or BpfHelper.MapUpdateElem or BpfHelper.MapDeleteElem) } call:
                foreach (var arg in call.Args)
                    if (arg.Register is { } reg && PlaceOf(reg, 0) is var (written, _))
                        Words = Words.RemoveRange(Words.Keys.Where(w => w.Slot == written));
                break;
        }
    }
}
