using System.Collections.Immutable;

namespace Ktap.Compiler.Types;

/// <summary>What is kept of samples. Fine buckets hold all that power buckets do.</summary>
[Flags]
public enum AggregateParts
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Their number.</summary>
    Count = 1,

    /// <summary>Their sum, 64 bits that wrap.</summary>
    Sum = 2,

    /// <summary>The least.</summary>
    Min = 4,

    /// <summary>The largest.</summary>
    Max = 8,

    /// <summary>The sum of their squares, 128 bits.</summary>
    Squares = 16,

    /// <summary>How many lie between each power of two and the next.</summary>
    Powers = 32,

    /// <summary>How many lie in each fine bucket (<see cref="Buckets.Fine"/>).</summary>
    Fine = 64,

    /// <summary>Everything.</summary>
    All = Count | Sum | Min | Max | Squares | Fine,
}

/// <summary>What reading an aggregate gives.</summary>
public enum AggregateView
{
    /// <summary>The aggregate itself, made by <c>&lt;&lt;&lt;</c>; it prints as the distribution by powers of two.</summary>
    Samples,

    /// <summary>The number of samples, an integer.</summary>
    Count,

    /// <summary>Their sum.</summary>
    Sum,

    /// <summary>Their average.</summary>
    Average,

    /// <summary>The least.</summary>
    Min,

    /// <summary>The largest.</summary>
    Max,

    /// <summary>The standard deviation.</summary>
    Deviation,

    /// <summary>The distribution by powers of two.</summary>
    Distribution,

    /// <summary>The linear distribution by the first of <see cref="AggregatePlan.Linear"/>.</summary>
    Linear,
}

/// <summary>The rows of a linear distribution: from <paramref name="Low"/> up to, and not including, <paramref name="High"/> in steps; a row below and one above them.</summary>
public sealed record LinearSteps(long Low, long High, long Step)
{
    /// <summary>At most so many rows between the bounds.</summary>
    public const int MostRows = 10_000;

    /// <summary>How many rows lie between the bounds, as large as it may be.</summary>
    public ulong Rows => (Width - 1) / (ulong)Step + 1;

    /// <summary>How many buckets there are: the rows and the two outside.</summary>
    public int BucketCount => (int)Rows + 2;

    private ulong Width => unchecked((ulong)High - (ulong)Low);

    /// <summary>What is wrong with the bounds, or null.</summary>
    public string? Problem =>
        Step <= 0 ? "the step has to be larger than 0"
        : Low >= High ? "the lower bound has to be less than the upper one"
        : Width / (ulong)Step >= MostRows ? $"there would be more than {MostRows} rows"
        : null;

    /// <summary>The bucket of a value: 0 below the bounds, then by rows, the last above them.</summary>
    public int Bucket(long value) =>
        value < Low ? 0 : value >= High ? BucketCount - 1 : 1 + (int)(unchecked((ulong)value - (ulong)Low) / (ulong)Step);

    /// <summary>The least and the largest value of a bucket.</summary>
    public (long Low, long High) Range(int bucket)
    {
        if (bucket == 0) return (long.MinValue, Low - 1);
        if (bucket == BucketCount - 1) return (High, long.MaxValue);
        var low = unchecked(Low + (bucket - 1) * Step);
        return (low, bucket == BucketCount - 2 ? High - 1 : low + (Step - 1));
    }
}

/// <summary>
/// What one aggregate, or each of a table's, keeps and how it is read. Its buckets are numbered from 0: those by powers of two or the fine ones first
/// (where it has any), then those of each linear distribution.
/// </summary>
public sealed record AggregatePlan(AggregateView View, AggregateParts Parts, ImmutableArray<LinearSteps> Linear)
{
    /// <summary>A plan without linear distributions.</summary>
    public AggregatePlan(AggregateView view, AggregateParts parts) : this(view, parts, []) { }

    /// <summary>Whether all of some parts are kept; fine buckets serve for those by powers.</summary>
    public bool Has(AggregateParts parts) => (parts & ~(Parts.HasFlag(AggregateParts.Fine) ? Parts | AggregateParts.Powers : Parts)) == 0;

    /// <summary>
    /// Whether the kernel keeps numbers of all samples together, beside buckets. Their number stands with them; where there are only buckets it is
    /// the sum of these.
    /// </summary>
    public bool HasStatistics => !HasBuckets || (Parts & (AggregateParts.Sum | AggregateParts.Min | AggregateParts.Max | AggregateParts.Squares)) != 0;

    /// <summary>The bytes of those numbers: words, the two of the squares' sum with the lower one first.</summary>
    public int StatisticsSize => OffsetOf(AggregateParts.Squares) + (Parts.HasFlag(AggregateParts.Squares) ? 16 : 0);

    /// <summary>Where a number stands in them, if it is kept. The number of samples is always the first.</summary>
    public int OffsetOf(AggregateParts part) =>
        part == AggregateParts.Count ? 0 : 8 + 8 * int.PopCount((int)Parts & ((int)part - 1) & (int)(AggregateParts.Sum | AggregateParts.Min | AggregateParts.Max));

    /// <summary>Whether samples are counted in buckets.</summary>
    public bool HasBuckets => BucketCount > 0;

    /// <summary>How many buckets are numbered before the linear ones.</summary>
    public int LogarithmicCount => Parts.HasFlag(AggregateParts.Fine) ? Buckets.FineCount : Parts.HasFlag(AggregateParts.Powers) ? Buckets.PowerCount : 0;

    /// <summary>How many buckets there are in all.</summary>
    public int BucketCount => FirstLinear(Linear.Length);

    /// <summary>The number of the first bucket of a linear distribution.</summary>
    public int FirstLinear(int index) => LogarithmicCount + Linear.Take(index).Sum(l => l.BucketCount);

    /// <summary>The buckets that a sample counts in.</summary>
    public IEnumerable<int> BucketsOf(long value)
    {
        if (Parts.HasFlag(AggregateParts.Fine)) yield return Buckets.Fine(value);
        else if (Parts.HasFlag(AggregateParts.Powers)) yield return Buckets.Power(value);
        var first = LogarithmicCount;
        foreach (var linear in Linear)
        {
            yield return first + linear.Bucket(value);
            first += linear.BucketCount;
        }
    }

    /// <summary>A plan that keeps what either keeps; null where they are read differently.</summary>
    public AggregatePlan? Join(AggregatePlan other) =>
        View != other.View || (View == AggregateView.Linear && !Linear.SequenceEqual(other.Linear))
            ? null : new AggregatePlan(View, Parts | other.Parts, [.. Linear.Union(other.Linear)]);

    /// <inheritdoc/>
    public bool Equals(AggregatePlan? other) => other is not null && View == other.View && Parts == other.Parts && Linear.SequenceEqual(other.Linear);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(View, Parts, Linear.Length);
}
