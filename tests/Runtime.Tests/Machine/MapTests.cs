using System.Diagnostics;
using System.Runtime.InteropServices;
using Ktap.Runtime.Machine;
using Xunit.Abstractions;

namespace Ktap.Runtime.Tests.Machine;

public sealed class MapTests(ITestOutputHelper output) : KernelTest(output)
{
    [Fact]
    public void AHashKeepsWhatIsWritten()
    {
        NeedKernel();
        var table = LoadProbes("count_enter").Map("table");
        var value = new byte[8];
        Assert.False(Machine.Lookup(table, Bytes(1), value));
        Assert.False(Machine.Update(table, Bytes(1), Bytes(5), UpdateMode.Exist));
        Assert.True(Machine.Update(table, Bytes(1), Bytes(5), UpdateMode.NoExist));
        Assert.False(Machine.Update(table, Bytes(1), Bytes(6), UpdateMode.NoExist));
        Assert.True(Machine.Update(table, Bytes(1), Bytes(7), UpdateMode.Exist));
        Assert.True(Machine.Lookup(table, Bytes(1), value));
        Assert.Equal(7, BitConverter.ToInt64(value));
        Assert.True(Machine.Delete(table, Bytes(1)));
        Assert.False(Machine.Delete(table, Bytes(1)));
        Assert.Throws<ArgumentException>(() => Machine.Lookup(table, new byte[4], new byte[8]));
        Assert.Throws<ArgumentException>(() => Machine.Lookup(table, new byte[8], new byte[4]));
    }

    [Fact]
    public void AHundredThousandEntriesAreReadAndTakenExactly()
    {
        NeedKernel();
        const int entries = 100_000;
        var table = LoadProbes("count_enter").Map("table");
        Assert.Equal(0, Machine.ReadAll(table).Count);
        for (long i = 0; i < entries; i++) Machine.Update(table, Bytes(i), Bytes(i * i));
        var clock = Stopwatch.StartNew();
        var all = Machine.ReadAll(table);
        Note($"read {all.Count} entries in {clock.Elapsed.TotalMilliseconds:f1} ms");
        AssertSquares(all, entries);
        AssertSquares(Machine.TakeAll(table), entries);
        Assert.Equal(0, Machine.ReadAll(table).Count);
        Machine.Update(table, Bytes(3), Bytes(9));
        Machine.Clear(table);
        Assert.Equal(0, Machine.ReadAll(table).Count);
    }

    [Fact]
    public void PerCpuValuesHaveASlotACpu()
    {
        NeedKernel();
        var map = LoadProbes("count_enter").Map("percpu");
        Assert.Equal((8, 8 * Machine.Features.PossibleCpus), (map.SlotSize, map.EntrySize));
        var slots = Enumerable.Range(0, Machine.Features.PossibleCpus).SelectMany(c => BitConverter.GetBytes((long)c + 100)).ToArray();
        for (var key = 0; key < 40; key++) Machine.Update(map, BitConverter.GetBytes(key), slots);
        var all = Machine.ReadAll(map);
        Assert.Equal(40, all.Count);
        for (var i = 0; i < all.Count; i++) Assert.Equal(slots, all.Value(i).ToArray());
        Assert.Equal(40, Machine.TakeAll(map).Count);
        Assert.Equal(0, Machine.ReadAll(map).Count);
    }

    [Fact]
    public void AnArrayIsReadWholeAndCleared()
    {
        NeedKernel();
        var array = LoadProbes("count_enter").Map("array");
        for (var i = 0; i < 16; i++) Machine.Update(array, BitConverter.GetBytes(i), Bytes(i + 1));
        var all = Machine.ReadAll(array);
        Assert.Equal(16, all.Count);
        for (var i = 0; i < 16; i++) Assert.Equal((i, i + 1L), (BitConverter.ToInt32(all.Key(i)), BitConverter.ToInt64(all.Value(i))));
        Machine.Clear(array);
        Assert.All(MemoryMarshal.ToEnumerable(Machine.ReadAll(array).Values), b => Assert.Equal(0, b));
        Assert.Throws<InvalidOperationException>(() => Machine.TakeAll(array));
    }

    [Fact]
    public void MappedMemoryIsAtomicInWords()
    {
        NeedKernel();
        var bss = LoadProbes("count_enter").Map(".bss");
        Assert.Equal(5, Machine.AddMemory(bss, Counter.Enters, 5));
        Assert.Equal(3, Machine.AddMemory(bss, Counter.Enters, -2));
        Assert.Equal(3, Machine.ExchangeMemory(bss, Counter.Enters, 100));
        Parallel.For(0, 1000, _ => Machine.AddMemory(bss, Counter.Enters, 1));
        Assert.Equal(1100, Machine.ExchangeMemory(bss, Counter.Enters, 0));
        Machine.WriteMemory(bss, Counter.Perf + 3, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        var bytes = new byte[9];
        Machine.ReadMemory(bss, Counter.Perf + 3, bytes);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9], bytes);
        Assert.Throws<ArgumentOutOfRangeException>(() => Machine.ReadMemory(bss, bss.ValueSize, new byte[8]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Machine.ReadMemory(bss, -1, new byte[8]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Machine.AddMemory(bss, 4, 1));
    }

    private static void AssertSquares(MapEntries all, int entries)
    {
        Assert.Equal(entries, all.Count);
        var seen = new bool[entries];
        for (var i = 0; i < all.Count; i++)
        {
            var key = BitConverter.ToInt64(all.Key(i));
            Assert.False(seen[key]);
            seen[key] = true;
            Assert.Equal(key * key, BitConverter.ToInt64(all.Value(i)));
        }
    }

    private static byte[] Bytes(long value) => BitConverter.GetBytes(value);
}
