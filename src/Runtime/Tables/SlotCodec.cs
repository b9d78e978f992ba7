using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;
using Ktap.Compiler.Values;
using Ktap.Runtime.Machine;

namespace Ktap.Runtime.Tables;

/// <summary>The slots of one table to and from the entries of its maps.</summary>
public sealed class SlotCodec(SharedTable table, int keySize, int valueSize, StackStore stacks)
{
    /// <summary>Whether handlers only look it up and nothing was ever stored to it, so that its slots have no types.</summary>
    public bool IsUntyped { get; } = table.Key is KtapType.NeverType || table.Value is KtapType.NeverType;

    /// <summary>Whether a slot may have this key; where not, reading finds nothing.</summary>
    public bool Fits(Value key) => !IsUntyped && ValueCodec.Fits(table.Key, key);

    /// <summary>The bytes of a key; throws <see cref="StoreException"/> where it doesn't fit.</summary>
    public byte[] Key(Value key)
    {
        Check();
        var bytes = new byte[keySize];
        ValueCodec.Write(table.Key, key, bytes, stacks);
        return bytes;
    }

    /// <summary>The bytes of a value; throws <see cref="StoreException"/> where it doesn't fit.</summary>
    public byte[] Value(Value value)
    {
        Check();
        var bytes = new byte[valueSize];
        ValueCodec.Write(table.Value, value, bytes, stacks);
        return bytes;
    }

    /// <summary>The value in an entry.</summary>
    public Value ReadValue(ReadOnlySpan<byte> bytes) => ValueCodec.Read(table.Value, bytes, stacks);

    /// <summary>All slots of the entries of a map, with what was added to them in front of it.</summary>
    public KeyValuePair<Value, Value>[] Slots(MapEntries entries, params ReadOnlySpan<FrontSums> fronts)
    {
        var slots = new KeyValuePair<Value, Value>[entries.Count];
        for (var i = 0; i < slots.Length; i++)
        {
            var key = entries.Key(i);
            var value = ReadValue(entries.Value(i));
            foreach (var front in fronts) value = Ktap.Compiler.Values.Value.Int(unchecked(value.AsInt + front.Of(key)), value.Format);
            slots[i] = new(ValueCodec.Read(table.Key, key, stacks), value);
        }
        return slots;
    }

    private void Check()
    {
        if (IsUntyped) throw new StoreException($"no handler stores to '{table.Name}', so it can't take a slot while tracing");
    }
}
