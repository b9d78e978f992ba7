using System.Runtime.InteropServices;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Runtime.Tests.Tables;

/// <summary>Samples of known values on the running kernel: <c>lseek</c> of no file takes any 64 bits as its offset.</summary>
[Collection("kernel")]
public partial class AggregateTests
{
    private const string Read = "trace_end { for (k, v in pairs(t)) { print(sum(v), min(v), max(v), stddev(v), quantile(v, 99)) lhist(v, -100, 100, 7) } }";

    private static long[] Numbers()
    {
        var random = new Random(1121);
        var numbers = new List<long>();
        for (var bit = 0; bit < 64; bit++)
            for (var near = -2; near <= 2; near++) numbers.AddRange([unchecked((1L << bit) + near), unchecked(-(1L << bit) + near)]);
        for (var i = 0; i < 20_000; i++) numbers.Add(random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64));
        return [.. numbers];
    }

    private static void Seek(IEnumerable<long> numbers, int whence = 0)
    {
        foreach (var number in numbers) LSeek(-1, number, whence);
    }

    [Fact]
    public void TheKernelSortsIntoTheSameBucketsAsUserSpace()
    {
        using var script = new AttachedScript("trace syscalls:sys_enter_lseek { t[whence] <<< offset x <<< offset h[1, probename] = hist(offset) l = lhist(offset, -1000, 1 << 40, 1 << 33) }" +
            Read + "trace_end { print(quantile(x, 5)) lquantize(x, 0, 10, 1) }");
        var numbers = Numbers();
        Seek(numbers);
        script.End();
        Same(numbers, script["t"].AsTable[Value.Int(0)], AggregateParts.All, new LinearSteps(-100, 100, 7));
        Same(numbers, script["x"], AggregateParts.Fine, new LinearSteps(0, 10, 1));
        Same(numbers, Assert.Single(script["h"].AsTable.Store.Snapshot()).Value, AggregateParts.Powers, null);
        Same(numbers, script["l"], AggregateParts.None, new LinearSteps(-1000, 1L << 40, 1L << 33));
    }

    // Everything that the aggregate keeps is what user space makes of the same numbers.
    private static void Same(long[] numbers, Value value, AggregateParts parts, LinearSteps? steps)
    {
        var aggregate = value.AsAggregate;
        Assert.Equal(parts & ~AggregateParts.Count, aggregate.Plan.Parts & ~AggregateParts.Count);
        Assert.Equal(steps is null ? [] : [steps], aggregate.Plan.Linear.ToArray());
        var statistics = AggregateStatistics.Empty;
        foreach (var number in numbers) statistics = statistics.With(number);
        var buckets = numbers.SelectMany(aggregate.Plan.BucketsOf).GroupBy(b => b).Select(g => (g.Key, (long)g.Count())).OrderBy(b => b.Key);
        Assert.Equal(buckets, aggregate.BucketCounts);
        Assert.Equal(numbers.Length, aggregate.Count);
        if (parts.HasFlag(AggregateParts.All & ~AggregateParts.Count)) Assert.Equal(statistics, aggregate.Statistics);
    }

    [Theory]
    [InlineData("count()", 4)]
    [InlineData("sum(offset)", -2)]
    [InlineData("avg(offset)", 0)]
    [InlineData("min(offset)", -9)]
    [InlineData("max(offset)", 5)]
    [InlineData("stddev(offset)", 5)]
    public void OneNumberIsReadAsAnInteger(string maker, long expected)
    {
        using var script = new AttachedScript($"trace syscalls:sys_enter_lseek {{ t[\"key\", whence] = {maker} x = {maker} }}");
        Assert.True(script["x"].IsNil);
        Assert.Equal(0, script["t"].AsTable.Count);
        Seek([-9, 1, 5, 1]);
        var key = Value.Tuple(new KTuple([Value.String("key"), Value.Int(0)]));
        for (var ended = 0; ended < 2; ended++)
        {
            Assert.Equal(Value.Int(expected), script["x"]);
            Assert.Equal(Value.Int(expected), script["t"].AsTable[key]);
            Assert.Equal([new(key, Value.Int(expected))], script["t"].AsTable.Store.Snapshot());
            Assert.True(script["t"].AsTable[Value.Int(7)].IsNil);
            script.End();
        }
    }

    [Fact]
    public void MinAndMaxOfSeveralArePlainFunctions()
    {
        using var script = new AttachedScript("var gone = {} trace syscalls:sys_enter_lseek { gone[3] += 1 small = min(offset, 3, whence - 1) large = max(offset, -4) none = max(offset, gone[1]) }");
        Seek([7]);
        script.End();
        Assert.Equal((-1, 7, ValueKind.Nil), (script["small"].AsInt, script["large"].AsInt, script["none"].Kind));
    }

    [Fact]
    public void UserSpaceSamplesTooAndNothingIsLost()
    {
        using var script = new AttachedScript("t[0] <<< 100 x <<< 5 trace syscalls:sys_enter_lseek { t[whence] <<< offset x <<< offset } " +
            "tick-1s { t[0] <<< 200 t[9] <<< 1 x <<< 6 print(sum(t[0]), sum(x)) }");
        Seek([1, 2, 3]);
        script.Tick();
        Seek([4]);
        for (var ended = 0; ended < 2; ended++)
        {
            Assert.Equal((6, 310), Numbers("t", 0));
            Assert.Equal((1, 1), Numbers("t", 9));
            Assert.Equal((6, 21), (script["x"].AsAggregate.Count, script["x"].AsAggregate.Statistics.Sum));
            Assert.Equal(2, script["t"].AsTable.Count);
            script.End();
        }

        (long, long) Numbers(string table, long key) =>
            script[table].AsTable[Value.Int(key)].AsAggregate is var a ? (a.Count, a.Statistics.Sum) : default;
    }

    [Fact]
    public void DeletedIsGoneOfBothMaps()
    {
        using var script = new AttachedScript("trace syscalls:sys_enter_lseek { t[whence] <<< offset x <<< offset } " + Read + " trace_end { quantize(x) }");
        Seek([1, 2], 0);
        Seek([3, 400], 1);
        var t = script["t"].AsTable;
        t[Value.Int(0)] = Value.Nil;
        Assert.True(t[Value.Int(0)].IsNil);
        Assert.Equal([new(2, 3, 1), new(256, 511, 1)], t[Value.Int(1)].AsAggregate.Rows().Where(r => r.Count > 0));
        Seek([5], 0);
        Assert.True(t[Value.Int(0)].IsNil, "one run sees one state");
        t = script["t"].AsTable;
        Assert.Equal([new(4, 7, 1)], t[Value.Int(0)].AsAggregate.Rows());
        t.Store.Clear();
        Assert.Equal(0, t.Count);
        Seek([6], 1);
        t = script["t"].AsTable;
        Assert.Equal([new(4, 7, 1)], t[Value.Int(1)].AsAggregate.Rows());
        Assert.Equal(1, t.Count);
        Assert.Throws<StoreException>(() => t[Value.Int(1)] = Value.Int(5));
        Assert.Throws<StoreException>(() => t.Store.Update(Value.Int(1), new Change("+", Value.Int(5), _ => Value.Int(5))));
    }

    [Fact]
    public void NilIsCountedAndAFullTableToo()
    {
        using var script = new AttachedScript("var gone = {} trace syscalls:sys_enter_lseek { gone[3] += 1 t[offset] = sum(1) t[gone[1]] = sum(2) x <<< gone[2] }", maxEntries: 4);
        Seek(Enumerable.Range(0, 10).Select(i => (long)i));
        script.Tracing.Stop();
        Assert.Equal(4, script["t"].AsTable.Count);
        Assert.True(script["x"].IsNil);
        Assert.Equal([(HandlerError.TableFull, 6L), (HandlerError.BadSample, 10), (HandlerError.BadSample, 10)],
            script.Tracing.Errors.Select(e => (e.Counter.Kind, e.Count)));
    }

    [Fact]
    public void OneDistributionCanFillTheBuckets()
    {
        // Four slots have room for 64 buckets together.
        using var script = new AttachedScript("trace syscalls:sys_enter_lseek { t[0] <<< offset } trace_end { print(quantile(t[0], 50)) }", maxEntries: 4);
        Seek(Enumerable.Range(0, 100).Select(i => (long)i));
        script.Tracing.Stop();
        Assert.Equal(64, script["t"].AsTable[Value.Int(0)].AsAggregate.Count);
        Assert.Equal([(HandlerError.TableFull, 36L)], script.Tracing.Errors.Select(e => (e.Counter.Kind, e.Count)));
    }

    [Fact]
    public void TwoProcessorsLoseNothing()
    {
        Skip.Unless(Environment.ProcessorCount > 1, "needs two processors");
        using var script = new AttachedScript("trace syscalls:sys_enter_lseek { t[offset & 7] <<< offset x <<< offset n += 1 c[execname] = count() h[whence] = hist(offset) }" +
            "trace_end { for (k, v in pairs(t)) { print(sum(v), min(v), max(v), stddev(v), quantile(v, 99)) } print(sum(x), max(x), stddev(x), quantile(x, 5)) }");
        var end = DateTime.UtcNow.AddSeconds(2);
        var calls = new long[2];
        var threads = Enumerable.Range(0, 2).Select(cpu => new Thread(() =>
        {
            PinTo(cpu);
            while (DateTime.UtcNow < end)
                for (var i = 0; i < 100; i++) LSeek(-1, calls[cpu]++ * 2 + cpu, 0);
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        script.End();
        Assert.Empty(script.Tracing.Errors);
        var total = calls.Sum();
        var sum = calls.Select((n, cpu) => n * (n - 1) + (cpu * n)).Sum();
        var squares = (UInt128)0;
        for (var cpu = 0; cpu < 2; cpu++)
            for (var i = 0L; i < calls[cpu]; i++) squares += (UInt128)((i * 2) + cpu) * (UInt128)((i * 2) + cpu);
        var expected = new AggregateStatistics(total, sum, 0, Math.Max((calls[0] - 1) * 2, ((calls[1] - 1) * 2) + 1), squares);
        var x = script["x"].AsAggregate;
        // The least isn't asked for, so it isn't kept.
        Assert.Equal(expected with { Min = long.MaxValue }, x.Statistics);
        Assert.Equal(total, x.BucketCounts.Sum(b => b.Count));
        var t = script["t"].AsTable.Store.Snapshot().Select(s => s.Value.AsAggregate).ToArray();
        Assert.Equal(8, t.Length);
        Assert.Equal(expected, t.Aggregate(AggregateStatistics.Empty, (a, b) => a.Merge(b.Statistics)));
        Assert.Equal(total, t.Sum(a => a.BucketCounts.Sum(b => b.Count)));
        Assert.Equal(total, script["n"].AsInt);
        Assert.Equal(total, script["c"].AsTable.Store.Snapshot().Sum(s => s.Value.AsInt));
        Assert.Equal(total, script["h"].AsTable[Value.Int(0)].AsAggregate.Count);
    }

    private static unsafe void PinTo(int cpu)
    {
        var mask = 1UL << cpu;
        Assert.Equal(0, SetAffinity(0, sizeof(ulong), &mask));
    }

    [LibraryImport("libc", EntryPoint = "lseek")]
    private static partial long LSeek(int file, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static unsafe partial int SetAffinity(int thread, nuint size, ulong* mask);
}
