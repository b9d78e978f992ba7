using System.Diagnostics;
using Ktap.Compiler.Probes;
using Ktap.Runtime.Machine;
using Xunit.Abstractions;

namespace Ktap.Runtime.Tests.Machine;

public sealed class RingTests(ITestOutputHelper output) : KernelTest(output)
{
    [Fact]
    public void AMillionRecordsArriveInOrderAndNoneIsUnaccounted()
    {
        NeedKernel();
        const int calls = 1_000_000;
        var loaded = LoadProbes("ring_enter");
        Want(loaded, GetPpid);
        var ring = loaded.Map("ring");
        var link = Machine.Attach(loaded.Program("ring_enter"), new AttachPoint.RawTracepoint("sys_enter"));
        var clock = Stopwatch.StartNew();
        var caller = Task.Factory.StartNew(() => CallGetPpid(calls), TaskCreationOptions.LongRunning);
        var (received, last) = (0, -1L);
        var batch = new RecordBatch();
        while (true)
        {
            var done = caller.IsCompleted;
            batch.Clear();
            var count = Machine.DrainRing(ring, batch);
            Assert.Equal(count, batch.Count);
            foreach (var record in batch)
            {
                var n = BitConverter.ToInt64(record);
                if (record.Length != 24 || n <= last || n % 10 == 9 || BitConverter.ToInt64(record[8..]) != ~n) Assert.Fail($"record {n} after {last}");
                last = n;
                received++;
            }
            if (count == 0 && done) break;
            if (count == 0) Thread.Sleep(1);
        }
        Machine.Detach(link);
        var lost = Read(loaded, Counter.Lost);
        Note($"{received} records, {lost} lost, {clock.ElapsedMilliseconds} ms");
        Assert.Equal(calls, Read(loaded, Counter.Enters));
        // None is lost unless the reader gets no CPU for long: the ring holds a third of a million.
        Assert.Equal(calls, received + lost + Read(loaded, Counter.Discarded));
    }

    [Fact]
    public void AFullBatchLeavesTheRestInTheRing()
    {
        NeedKernel();
        var loaded = LoadProbes("ring_enter");
        Want(loaded, GetPpid);
        var link = Machine.Attach(loaded.Program("ring_enter"), new AttachPoint.RawTracepoint("sys_enter"));
        CallGetPpid(100);
        Machine.Detach(link);
        var batch = new RecordBatch(32 * 7);
        var counts = new List<int>();
        int count;
        do
        {
            batch.Clear();
            counts.Add(count = Machine.DrainRing(loaded.Map("ring"), batch));
        }
        while (count > 0);
        Assert.Equal(90, counts.Sum());
        Assert.All(counts.Take(12), c => Assert.Equal(7, c));
    }

    [Fact]
    public void TheReaderIsWokenAndNotBefore()
    {
        NeedKernel();
        var loaded = LoadProbes("wake_enter");
        Want(loaded, GetPpid);
        var ring = loaded.Map("ring");
        var link = Machine.Attach(loaded.Program("wake_enter"), new AttachPoint.RawTracepoint("sys_enter"));
        var clock = Stopwatch.StartNew();
        Assert.False(Machine.WaitRing(ring, 50));
        Assert.True(clock.ElapsedMilliseconds >= 49);
        var caller = new Thread(() =>
        {
            Thread.Sleep(30);
            CallGetPpid(1);
        });
        caller.Start();
        Assert.True(Machine.WaitRing(ring, 60_000));
        caller.Join();
        Machine.Detach(link);
        var batch = new RecordBatch();
        Assert.Equal(1, Machine.DrainRing(ring, batch));
        Assert.False(Machine.WaitRing(ring, 0));
    }

    [Fact]
    public void AWaitIsEndedFromAnotherThread()
    {
        NeedKernel();
        var ring = LoadProbes("wake_enter").Map("ring");
        Machine.WakeRing(ring);
        Assert.False(Machine.WaitRing(ring, -1));
        var waker = new Thread(() =>
        {
            Thread.Sleep(20);
            Machine.WakeRing(ring);
        });
        waker.Start();
        Assert.False(Machine.WaitRing(ring, -1));
        waker.Join();
    }

    [Fact]
    public void ABatchKeepsRecordsOfAnyLength()
    {
        var batch = new RecordBatch(64);
        Assert.True(batch.TryAdd(new byte[100]));
        Assert.False(batch.TryAdd([1]));
        batch.Clear();
        Assert.True(batch.TryAdd([1, 2, 3]));
        Assert.True(batch.TryAdd([]));
        Assert.True(batch.TryAdd([4, 5, 6, 7, 8, 9, 10, 11]));
        var read = new List<byte[]>();
        foreach (var record in batch) read.Add(record.ToArray());
        Assert.Equal([[1, 2, 3], [], [4, 5, 6, 7, 8, 9, 10, 11]], read);
    }
}
