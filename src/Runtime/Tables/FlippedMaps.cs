using Ktap.Compiler.Values;
using Ktap.Runtime.Machine;

namespace Ktap.Runtime.Tables;

/// <summary>Two maps of one table that take turns: the handlers get the other, empty one, and what is in the one before is taken out.</summary>
public sealed class FlippedMaps(IMachine machine, LoadedMap outer, LoadedMap[] turns, SlotCodec codec)
{
    private static readonly byte[] First = new byte[4];

    private int _turn;

    /// <summary>
    /// Takes out all slots. The kernel waits in the update until no program runs any more that may have found the map before (maybe_wait_bpf_programs,
    /// since 4.20): that is then still.
    /// </summary>
    public IEnumerable<KeyValuePair<Value, Value>> Take()
    {
        var still = turns[_turn];
        _turn = 1 - _turn;
        machine.UpdateReference(outer, First, turns[_turn].Handle);
        return codec.Slots(machine.TakeAll(still));
    }
}
