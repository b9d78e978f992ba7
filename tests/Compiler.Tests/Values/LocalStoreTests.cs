using Ktap.Compiler.Values;

namespace Ktap.Compiler.Tests.Values;

public class LocalStoreTests
{
    private static KeyValuePair<Value, Value>[] Slots => [new(Value.Int(3), Value.Int(30)), new(Value.Int(1), Value.Int(10)), new(Value.Int(2), Value.Int(20))];

    [Fact]
    public void AListOfSlotsIsTheTable()
    {
        var store = new LocalStore(Slots);
        Assert.Equal(3, store.Count);
        Assert.Equal(Slots, store.Snapshot());
        Assert.Equal(Value.Int(10), store.Get(Value.Int(1)));
        Assert.True(store.Get(Value.Int(4)).IsNil);
        Assert.Equal(Slots, store.Snapshot());
    }

    [Fact]
    public void ItsChangesShowAndTheListStaysAsItIs()
    {
        var slots = Slots;
        var store = new LocalStore(slots);
        var before = store.Snapshot();
        store.Set(Value.Int(1), Value.Nil);
        store.Set(Value.Int(4), Value.Int(40));
        Assert.Equal(3, store.Count);
        Assert.True(store.Get(Value.Int(1)).IsNil);
        Assert.Equal([20, 30, 40], store.Snapshot().Select(s => s.Value.AsInt).Order());
        Assert.Equal(Slots, slots);
        Assert.Equal(Slots, before);
    }

    [Fact]
    public void ClearedItIsEmpty()
    {
        var store = new LocalStore(Slots);
        store.Clear();
        Assert.Equal(0, store.Count);
        Assert.Empty(store.Snapshot());
        store.Set(Value.Int(5), Value.Int(50));
        Assert.Equal(1, store.Count);
    }
}
