using Ktap.Compiler.Values;
using Ktap.Runtime.Machine;

namespace Ktap.Runtime.Tables;

/// <summary>Two maps of one table that take turns, and what is in front of them: the handlers get the other, empty one, and what is in the one before is taken out.</summary>
public sealed class FlippedMaps(IMachine machine, LoadedMap outer, LoadedMap[] turns, FrontSums[] fronts, SlotCodec codec)
{
    private static readonly byte[] First = new byte[4];

    private int _turn;

    /// <summary>
    /// Takes out all slots; what was added to one may come in parts. The kernel waits in the update until no program runs any more that may have found the map before
    /// (maybe_wait_bpf_programs, since 4.20): that is then still, and so are the places in front of it. A handler that found the other places and this map all the same has
    /// made a key there that the other map hasn't, which harms nothing: it comes out of the places.
    /// </summary>
    public IEnumerable<KeyValuePair<Value, Value>> Take()
    {
        var still = _turn;
        _turn = 1 - _turn;
        foreach (var front in fronts) front.Turn(_turn);
        machine.UpdateReference(outer, First, turns[_turn].Handle);
        IEnumerable<KeyValuePair<Value, Value>> slots = codec.Slots(machine.TakeAll(turns[still]));
        foreach (var front in fronts) slots = slots.Concat(codec.Slots(front.Take(still)));
        return slots;
    }
}
