using System.Collections.Immutable;
using System.Numerics;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Values;

/// <summary>How many samples lie from <paramref name="Low"/> to <paramref name="High"/>, both included.</summary>
public readonly record struct DistributionRow(long Low, long High, long Count);

/// <summary>What samples come to: a value, so that who has read it doesn't see later samples. What its plan doesn't keep is 0 or empty.</summary>
public sealed class Aggregate : IEquatable<Aggregate>
{
    // Of the buckets that have counts: their numbers in order, and the counts. Never changed once it is here.
    private readonly int[] _buckets;
    private readonly long[] _counts;

    private Aggregate(AggregatePlan plan, AggregateStatistics statistics, int[] buckets, long[] counts) =>
        (Plan, Statistics, _buckets, _counts) = (plan, statistics, buckets, counts);

    /// <summary>No samples yet.</summary>
    public static Aggregate Empty(AggregatePlan plan) => new(plan, AggregateStatistics.Empty, [], []);

    /// <summary>What was kept elsewhere: buckets by number, in any order, a number perhaps several times.</summary>
    public static Aggregate Of(AggregatePlan plan, AggregateStatistics statistics, IEnumerable<(int Bucket, long Count)> buckets)
    {
        var sums = new SortedDictionary<int, long>();
        foreach (var (bucket, count) in buckets) sums[bucket] = sums.GetValueOrDefault(bucket) + count;
        return new Aggregate(plan, statistics, [.. sums.Keys], [.. sums.Values]);
    }

    /// <summary>What it keeps and how it is read.</summary>
    public AggregatePlan Plan { get; }

    /// <summary>The numbers kept of all samples together.</summary>
    public AggregateStatistics Statistics { get; }

    /// <summary>What reading it gives: itself, or the one number that it is kept for; nil where there are no samples.</summary>
    public Value Shown => Count == 0 ? Value.Nil : Plan.View switch
    {
        AggregateView.Count => Value.Int(Count),
        AggregateView.Sum => Value.Int(Statistics.Sum),
        AggregateView.Average => Value.Int(Average ?? 0, IntFormat.OfStatistic),
        AggregateView.Min => Value.Int(Statistics.Min, IntFormat.OfStatistic),
        AggregateView.Max => Value.Int(Statistics.Max, IntFormat.OfStatistic),
        AggregateView.Deviation => Value.Int(Deviation ?? 0, IntFormat.OfStatistic),
        _ => Value.Aggregate(this),
    };

    /// <summary>The number of samples.</summary>
    public long Count => Statistics.Count;

    /// <summary>The buckets that have counts, by the plan's numbers.</summary>
    public IEnumerable<(int Bucket, long Count)> BucketCounts => _buckets.Select((bucket, i) => (bucket, _counts[i]));

    /// <summary>The average, truncated; null where there are no samples.</summary>
    public long? Average => Statistics.Count <= 0 ? null : Statistics.Sum / Statistics.Count;

    /// <summary>The standard deviation of all samples, truncated.</summary>
    public long? Deviation
    {
        get
        {
            var (n, sum) = ((BigInteger)Statistics.Count, (BigInteger)Statistics.Sum);
            if (n.Sign <= 0) return null;
            var variance = (n * (BigInteger)Statistics.Squares - sum * sum) / (n * n);
            return (long)SquareRoot((UInt128)BigInteger.Max(0, variance));
        }
    }

    /// <summary>This and one sample more.</summary>
    public Aggregate With(long sample)
    {
        var (buckets, counts) = (_buckets, (long[])_counts.Clone());
        foreach (var bucket in Plan.BucketsOf(sample))
        {
            var at = Array.BinarySearch(buckets, bucket);
            if (at >= 0)
            {
                counts[at]++;
                continue;
            }
            buckets = [.. buckets.AsSpan(0, ~at), bucket, .. buckets.AsSpan(~at)];
            counts = [.. counts.AsSpan(0, ~at), 1, .. counts.AsSpan(~at)];
        }
        return new Aggregate(Plan, Statistics.With(sample), buckets, counts);
    }

    /// <summary>All samples of both; the result keeps what this one's plan says, of which the other keeps at least as much.</summary>
    public Aggregate Merge(Aggregate other)
    {
        if (other.Count == 0) return this;
        var same = other.As(Plan);
        return Of(Plan, Statistics.Merge(same.Statistics), BucketCounts.Concat(same.BucketCounts));
    }

    /// <summary>The same samples, of which only what a plan says is kept.</summary>
    public Aggregate As(AggregatePlan plan) => plan == Plan ? this : Of(plan, Statistics, BucketCounts.Select(p => (Renumber(p.Bucket, plan), p.Count)).Where(p => p.Item1 >= 0));

    /// <summary>
    /// The value that <paramref name="percent"/> percent (0 to 100) of the samples don't exceed: the one at that rank, to within 1.6 % of its
    /// magnitude. Null where there are no samples or no fine buckets.
    /// </summary>
    public long? Quantile(int percent)
    {
        if (!Plan.Has(AggregateParts.Fine)) return null;
        var samples = Within(0, Plan.LogarithmicCount).ToArray();
        var total = samples.Aggregate((Int128)0, (sum, b) => sum + b.Count);
        if (total <= 0) return null;
        var rank = Int128.Max(1, (total * percent + 99) / 100);
        foreach (var (bucket, count) in samples)
        {
            rank -= count;
            if (rank > 0) continue;
            var (low, high) = Buckets.FineRange(bucket);
            var middle = low + (high - low) / 2;
            return Plan.Has(AggregateParts.Min | AggregateParts.Max) ? Math.Clamp(middle, Statistics.Min, Math.Max(Statistics.Min, Statistics.Max)) : middle;
        }
        return null;
    }

    /// <summary>The distribution that its plan shows, by powers of two or linear: the rows from the first to the last that have samples.</summary>
    public IReadOnlyList<DistributionRow> Rows()
    {
        if (Plan.View == AggregateView.Linear) return Rows(Within(Plan.LogarithmicCount, Plan.Linear[0].BucketCount), Plan.Linear[0].Range);
        return Rows(As(new AggregatePlan(AggregateView.Distribution, AggregateParts.Powers)).BucketCounts, Buckets.PowerRange);
    }

    /// <summary>The same samples, shown as a linear distribution; null where they aren't counted in such steps.</summary>
    public Aggregate? Linear(LinearSteps steps) => Plan.Linear.Contains(steps) ? As(new AggregatePlan(AggregateView.Linear, AggregateParts.None, [steps])) : null;

    /// <inheritdoc/>
    public bool Equals(Aggregate? other) => other is not null && Plan == other.Plan && Statistics == other.Statistics
        && _buckets.AsSpan().SequenceEqual(other._buckets) && _counts.AsSpan().SequenceEqual(other._counts);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Aggregate);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Statistics, _buckets.Length);

    /// <summary>For debugging; what a user sees is made by the renderer.</summary>
    public override string ToString() => string.Join(", ", Rows().Select(r => $"{r.Low}..{r.High}: {r.Count}"));

    // Buckets numbered from the first of some that belong together.
    private IEnumerable<(int Bucket, long Count)> Within(int first, int count) =>
        BucketCounts.Where(p => p.Bucket >= first && p.Bucket < first + count).Select(p => (p.Bucket - first, p.Count));

    private static List<DistributionRow> Rows(IEnumerable<(int Bucket, long Count)> buckets, Func<int, (long Low, long High)> range)
    {
        var rows = new List<DistributionRow>();
        var next = -1;
        foreach (var (bucket, count) in buckets)
        {
            if (count == 0) continue;
            for (var empty = next < 0 ? bucket : next; empty < bucket; empty++) Add(empty, 0);
            Add(bucket, count);
            next = bucket + 1;
        }
        return rows;

        void Add(int bucket, long count)
        {
            var (low, high) = range(bucket);
            rows.Add(new DistributionRow(low, high, count));
        }
    }

    // The number of a bucket under another plan, or -1 where that has none for it.
    private int Renumber(int bucket, AggregatePlan plan)
    {
        if (bucket < Plan.LogarithmicCount)
        {
            if (Plan.LogarithmicCount == plan.LogarithmicCount) return bucket;
            return plan.Parts.HasFlag(AggregateParts.Powers) && Plan.Has(AggregateParts.Fine) ? Buckets.Power(Buckets.FineRange(bucket).Low) : -1;
        }
        for (var i = 0; i < Plan.Linear.Length; i++)
        {
            var within = bucket - Plan.FirstLinear(i);
            if (within >= Plan.Linear[i].BucketCount) continue;
            var there = plan.Linear.IndexOf(Plan.Linear[i]);
            return there < 0 ? -1 : plan.FirstLinear(there) + within;
        }
        return -1;
    }

    // Newton's method from above: each step comes nearer until it no longer falls.
    private static UInt128 SquareRoot(UInt128 value)
    {
        if (value < 2) return value;
        var root = UInt128.One << (int)((UInt128.Log2(value) >> 1) + 1);
        while (true)
        {
            var next = (root + value / root) >> 1;
            if (next >= root) return root;
            root = next;
        }
    }
}

/// <summary>The numbers kept of samples. Those that aren't kept are as without samples.</summary>
public readonly record struct AggregateStatistics(long Count, long Sum, long Min, long Max, UInt128 Squares)
{
    /// <summary>No samples.</summary>
    public static AggregateStatistics Empty { get; } = new(0, 0, long.MaxValue, long.MinValue, 0);

    /// <summary>One sample more.</summary>
    public AggregateStatistics With(long sample)
    {
        var magnitude = (UInt128)Int128.Abs(sample);
        return unchecked(new(Count + 1, Sum + sample, Math.Min(Min, sample), Math.Max(Max, sample), Squares + magnitude * magnitude));
    }

    /// <summary>The samples of both.</summary>
    public AggregateStatistics Merge(AggregateStatistics other) => unchecked(new(
        Count + other.Count, Sum + other.Sum, Math.Min(Min, other.Min), Math.Max(Max, other.Max), Squares + other.Squares));
}
