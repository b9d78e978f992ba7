using Ktap.Compiler.Lowering;
using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;
using Ktap.Compiler.Values;
using Ktap.Runtime.Machine;

namespace Ktap.Runtime.Tables;

/// <summary>A table whose slots are in a BPF hash map that handlers update at the same time.</summary>
public sealed class MapStore(IMachine machine, LoadedMap map, SharedTable table, StackStore stacks) : TableStore
{
    // A table that handlers only look up and nothing was ever stored to.
    private bool IsUntyped => table.Key is KtapType.NeverType || table.Value is KtapType.NeverType;

    /// <inheritdoc/>
    public override long Count => IsUntyped ? 0 : machine.ReadAll(map).Count;

    /// <inheritdoc/>
    public override Value Get(Value key)
    {
        if (IsUntyped || !ValueCodec.Fits(table.Key, key)) return Value.Nil;
        Span<byte> value = stackalloc byte[map.ValueSize];
        return machine.Lookup(map, KeyBytes(key), value) ? ValueCodec.Read(table.Value, value, stacks) : Value.Nil;
    }

    /// <inheritdoc/>
    public override void Set(Value key, Value value)
    {
        if (value.IsNil)
        {
            if (!IsUntyped && ValueCodec.Fits(table.Key, key)) machine.Delete(map, KeyBytes(key));
            return;
        }
        if (IsUntyped) throw new StoreException($"no handler stores to '{table.Name}', so it can't take a slot while tracing");
        var bytes = new byte[map.ValueSize];
        ValueCodec.Write(table.Value, value, bytes, stacks);
        machine.Update(map, KeyBytes(key), bytes);
    }

    /// <summary>Looks up and stores: a handler's update between the two is lost, as hash maps have no atomic step from user space.</summary>
    public override void Update(Value key, Func<Value, Value> update) => Set(key, update(Get(key)));

    /// <inheritdoc/>
    public override void Clear() => machine.Clear(map);

    /// <inheritdoc/>
    public override IReadOnlyList<KeyValuePair<Value, Value>> Snapshot()
    {
        if (IsUntyped) return [];
        var entries = machine.ReadAll(map);
        var slots = new KeyValuePair<Value, Value>[entries.Count];
        for (var i = 0; i < slots.Length; i++)
            slots[i] = new(ValueCodec.Read(table.Key, entries.Key(i), stacks), ValueCodec.Read(table.Value, entries.Value(i), stacks));
        return slots;
    }

    private byte[] KeyBytes(Value key)
    {
        var bytes = new byte[map.KeySize];
        ValueCodec.Write(table.Key, key, bytes, stacks);
        return bytes;
    }
}

/// <summary>A shared variable in the mapped <c>.bss</c> section.</summary>
public sealed class MappedCellStore(IMachine machine, LoadedMap bss, CellPlace place, StackStore stacks) : CellStore
{
    private KtapType Type => place.Cell.Type.NotNil;

    /// <inheritdoc/>
    public override Value Get()
    {
        if (Type is KtapType.NeverType || (place.PresentOffset is { } present && Word(present) == 0)) return Value.Nil;
        Span<byte> bytes = stackalloc byte[Layout.SizeOf(Type)];
        machine.ReadMemory(bss, place.Offset, bytes);
        return ValueCodec.Read(Type, bytes, stacks);
    }

    /// <inheritdoc/>
    public override void Set(Value value)
    {
        if (value.IsNil && place.PresentOffset is { } absent)
        {
            machine.ExchangeMemory(bss, absent, 0);
            return;
        }
        if (Type is KtapType.NeverType) throw new StoreException($"handlers take '{place.Cell.Cell.Name}' to be nil");
        Span<byte> bytes = stackalloc byte[Layout.SizeOf(Type)];
        ValueCodec.Write(Type, value, bytes, stacks);
        machine.WriteMemory(bss, place.Offset, bytes);
        if (place.PresentOffset is { } present) machine.ExchangeMemory(bss, present, 1);
    }

    /// <summary>Adding an integer is one atomic step; anything else is a read and a write.</summary>
    public override void Update(Func<Value, Value> update)
    {
        var now = Get();
        var next = update(now);
        if (Type is KtapType.IntType && next.Kind == ValueKind.Int && now.Kind is ValueKind.Int or ValueKind.Nil)
        {
            machine.AddMemory(bss, place.Offset, next.AsInt - now.AsInt);
            if (place.PresentOffset is { } present) machine.ExchangeMemory(bss, present, 1);
            return;
        }
        Set(next);
    }

    private long Word(int offset)
    {
        Span<byte> word = stackalloc byte[8];
        machine.ReadMemory(bss, offset, word);
        return BitConverter.ToInt64(word);
    }
}
