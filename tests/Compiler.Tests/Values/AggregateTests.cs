using System.Numerics;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Tests.Values;

public class AggregateTests
{
    private static readonly AggregatePlan Everything = new(AggregateView.Samples, AggregateParts.All);

    // The ends of 64 bits, the neighbours of every power of two, and numbers of every magnitude.
    private static IEnumerable<long> Numbers(int random)
    {
        for (var bit = 0; bit < 64; bit++)
            for (var near = -2; near <= 2; near++)
            {
                yield return unchecked((1L << bit) + near);
                yield return unchecked(-(1L << bit) + near);
            }
        var source = new Random(20261121);
        for (var i = 0; i < random; i++) yield return source.NextInt64(long.MinValue, long.MaxValue) >> source.Next(64);
    }

    [Fact]
    public void EveryNumberLiesInTheRangeOfItsBuckets()
    {
        foreach (var number in Numbers(100_000))
        {
            var (low, high) = Buckets.PowerRange(Buckets.Power(number));
            Assert.True(low <= number && number <= high, $"{number}: {low}..{high}");
            (low, high) = Buckets.FineRange(Buckets.Fine(number));
            Assert.True(low <= number && number <= high, $"{number}: {low}..{high}");
            // Half of it is what a quantile can be wrong by.
            Assert.True((Int128)high - low <= Int128.Abs(number) / 32, $"{number}: {low}..{high}");
        }
    }

    [Fact]
    public void BucketsFollowEachOtherFromTheLeastIntegerToTheLargest()
    {
        Follow(Buckets.PowerCount, Buckets.PowerRange);
        Follow(Buckets.FineCount, Buckets.FineRange);
        var steps = new LinearSteps(-7, 20, 10);
        Follow(steps.BucketCount, steps.Range);

        static void Follow(int count, Func<int, (long Low, long High)> range)
        {
            var next = (Int128)long.MinValue;
            for (var i = 0; i < count; i++)
            {
                var (low, high) = range(i);
                Assert.Equal(next, low);
                next = (Int128)high + 1;
            }
            Assert.Equal((Int128)long.MaxValue + 1, next);
        }
    }

    [Fact]
    public void LinearBucketsHoldTheirNumbers()
    {
        foreach (var steps in new LinearSteps[] { new(0, 100, 10), new(-100, -30, 7), new(long.MinValue, long.MaxValue, long.MaxValue / 100), new(5, 6, 1) })
        {
            Assert.Null(steps.Problem);
            foreach (var number in Numbers(10_000))
            {
                var (low, high) = steps.Range(steps.Bucket(number));
                Assert.True(low <= number && number <= high, $"{steps}: {number} in {low}..{high}");
            }
        }
        Assert.Equal(12, new LinearSteps(0, 100, 10).BucketCount);
        Assert.Equal(5, new LinearSteps(0, 25, 10).BucketCount);
        Assert.NotNull(new LinearSteps(0, 100, 0).Problem);
        Assert.NotNull(new LinearSteps(5, 5, 1).Problem);
        Assert.NotNull(new LinearSteps(long.MinValue, long.MaxValue, 1).Problem);
        Assert.NotNull(new LinearSteps(0, 10_001, 1).Problem);
        Assert.Null(new LinearSteps(0, 9_999, 1).Problem);
    }

    public static TheoryData<string, int> Distributions
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var shape in new[] { "uniform", "exponential", "pareto", "two humps", "negative", "same", "all magnitudes" })
                foreach (var size in new[] { 1, 2, 3, 10, 99, 1000, 10_000, 1_000_000 })
                    data.Add(shape, size);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Distributions))]
    public void QuantilesAreWithin3Percent(string shape, int size)
    {
        var random = new Random(size);
        var samples = new long[size];
        for (var i = 0; i < size; i++)
            samples[i] = shape switch
            {
                "uniform" => random.NextInt64(1, 1_000_000),
                "exponential" => (long)(-Math.Log(1 - random.NextDouble()) * 50_000),
                "pareto" => (long)Math.Min(1e18, 1000 / Math.Pow(1 - random.NextDouble(), 1.2)),
                "two humps" => random.Next(10) == 0 ? random.NextInt64(9_000_000, 11_000_000) : random.NextInt64(900, 1100),
                "negative" => -random.NextInt64(0, 5_000_000),
                "same" => 123_457,
                _ => random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64),
            };
        var counts = samples.GroupBy(Buckets.Fine).Select(g => (g.Key, g.LongCount()));
        var aggregate = Aggregate.Of(Everything, new AggregateStatistics(size, 0, samples.Min(), samples.Max(), 0), counts);
        Array.Sort(samples);
        for (var percent = 0; percent <= 100; percent++)
        {
            var exact = samples[Math.Max(0, (int)(((long)size * percent + 99) / 100) - 1)];
            var found = Assert.NotNull(aggregate.Quantile(percent));
            Assert.True(Int128.Abs((Int128)found - exact) * 100 <= Int128.Abs(exact) * 3, $"{percent} % of {size}: {found}, not {exact}");
        }
    }

    [Fact]
    public void SquaresHave128Bits()
    {
        var (statistics, squares, sum, n) = (AggregateStatistics.Empty, BigInteger.Zero, BigInteger.Zero, 0);
        foreach (var number in Numbers(1000))
        {
            // Three squares of the least integer are under 2^128.
            if (number < long.MinValue / 2) continue;
            statistics = statistics.With(number >> 4);
            squares += BigInteger.Pow(number >> 4, 2);
            sum += number >> 4;
            n++;
        }
        Assert.Equal((n, squares), (statistics.Count, (BigInteger)statistics.Squares));
        Assert.Equal((long)(ulong)(sum & ulong.MaxValue), statistics.Sum);
        Assert.Equal(BigInteger.Pow(2, 126), AggregateStatistics.Empty.With(long.MinValue).Squares);
    }

    [Theory]
    [InlineData(new long[] { 5 }, 5, 0)]
    [InlineData(new long[] { 1, 2, 3, 4 }, 2, 1)]
    [InlineData(new long[] { -1, -2, -2 }, -1, 0)]
    [InlineData(new long[] { 10, 20, 30, 40, 50, 60, 70, 80, 90, 100 }, 55, 28)]
    [InlineData(new long[] { 0, 1_000_000_000_000_000_000, 2_000_000_000_000_000_000 }, 1_000_000_000_000_000_000, 816_496_580_927_726_032)]
    public void AverageAndDeviationAreTruncated(long[] samples, long average, long deviation)
    {
        var aggregate = Fold(samples);
        Assert.Equal((average, deviation), (aggregate.Average, aggregate.Deviation));
    }

    [Fact]
    public void NoSamplesGiveNothing()
    {
        var empty = Aggregate.Empty(Everything);
        Assert.Equal((0, null, null, null), (empty.Count, empty.Average, empty.Deviation, empty.Quantile(50)));
        Assert.Empty(empty.Rows());
        Assert.True(empty.Shown.IsNil);
    }

    [Fact]
    public void MergedIsAsIfSampledTogether()
    {
        var numbers = Numbers(500).ToArray();
        var linear = new LinearSteps(-100, 100, 7);
        var plan = Everything with { Linear = [new(0, 10, 1), linear] };
        var (all, even, odd) = (Aggregate.Empty(plan), Aggregate.Empty(plan), Aggregate.Empty(plan));
        for (var i = 0; i < numbers.Length; i++)
        {
            all = all.With(numbers[i]);
            if (i % 2 == 0) even = even.With(numbers[i]);
            else odd = odd.With(numbers[i]);
        }
        Assert.Equal(all, even.Merge(odd));
        // What keeps less is merged with as much of the other.
        var coarse = new AggregatePlan(AggregateView.Samples, AggregateParts.Count | AggregateParts.Powers, [linear]);
        Assert.Equal(all.As(coarse), even.As(coarse).Merge(odd));
        Assert.Equal(all.Rows(), all.As(coarse).Rows());
        Assert.Equal(numbers.Count(n => n is >= -100 and < 100), all.Linear(linear)!.Rows().Skip(1).SkipLast(1).Sum(r => r.Count));
        Assert.Null(all.Linear(new LinearSteps(0, 10, 2)));
    }

    [Fact]
    public void RowsAreThoseFromTheFirstSampleToTheLast() => Assert.Equal(
        [new(-1, -1, 1), new(0, 0, 0), new(1, 1, 0), new(2, 3, 2), new(4, 7, 0), new(8, 15, 1)],
        Fold(2, 3, 8, -1).Rows());

    [Fact]
    public void WhoHasReadDoesNotSeeLaterSamples()
    {
        var first = Fold(1, 2);
        var second = first.With(3);
        Assert.Equal((2, 3), (first.Count, second.Count));
        Assert.Equal(2, first.Rows().Sum(r => r.Count));
        Assert.NotEqual(first, second);
        Assert.Equal(second, Fold(1, 2, 3));
    }

    private static Aggregate Fold(params long[] samples) => samples.Aggregate(Aggregate.Empty(Everything), (a, s) => a.With(s));
}
