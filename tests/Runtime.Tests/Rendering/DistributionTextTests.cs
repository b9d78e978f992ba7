using Ktap.Compiler.Types;
using Ktap.Compiler.Values;
using Ktap.Runtime.Rendering;
using static Ktap.Runtime.Tests.Rendering.Rendered;

namespace Ktap.Runtime.Tests.Rendering;

public class DistributionTextTests
{
    private static readonly LinearSteps Steps = new(-1_000_000, 5, 400_000);

    private static Aggregate Of(params long[] samples) =>
        samples.Aggregate(Aggregate.Empty(new AggregatePlan(AggregateView.Samples, AggregateParts.All, [Steps])), (a, s) => a.With(s));

    private static string Show(Aggregate aggregate) => By(o => Values.Write(o, Value.Aggregate(aggregate)));

    [Fact]
    public void PowersOfTwo() => Assert.Equal("""
        [0]                     2 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@                  |
        [1]                     1 |@@@@@@@@@@@@@@@@@                                   |
        [2, 4)                  3 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
        [4, 8)                  0 |                                                    |
        [8, 16)                 1 |@@@@@@@@@@@@@@@@@                                   |
        """, Show(Of(0, 0, 1, 2, 3, 3, 15)));

    [Theory]
    [InlineData(1023, "[512, 1K)   ")]
    [InlineData(1024, "[1K, 2K)   ")]
    [InlineData(1 << 20, "[1M, 2M)   ")]
    [InlineData(-1, "[-1]   ")]
    [InlineData(-1023, "(-1K, -512]   ")]
    [InlineData(-(1L << 40), "(-2T, -1T]   ")]
    [InlineData(long.MaxValue, "[4E, 8E)   ")]
    [InlineData(long.MinValue, "[-8E]   ")]
    public void Labels(long sample, string label) => Assert.StartsWith(label, Show(Of(sample)));

    [Fact]
    public void LinearRowsWithLongLabels() => Assert.Equal("""
        (..., -1000000)            1 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |
        [-1000000, -600000)        1 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |
        [-600000, -200000)         0 |                                                    |
        [-200000, 5)               2 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
        [5, ...)                   1 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |
        """, Show(Of(-1_000_001, -1_000_000, 4, -200_000, 5).Linear(Steps)!));

    [Fact]
    public void InTablesTheyAreOneLine()
    {
        Assert.Equal("{ [1] = aggregate of 2 samples, [2] = aggregate of 1 sample }", By(o => Values.Write(o, Value.Table(TableOf((Value.Int(1), Value.Aggregate(Of(1, 2))), (Value.Int(2), Value.Aggregate(Of(3))))))));
        Assert.Equal("aggregate of 3 samples", Show(Of(1, 2, 3).As(new AggregatePlan(AggregateView.Samples, AggregateParts.Count | AggregateParts.Sum))));
    }

    [Fact]
    public void ATableIsADistributionAKeyThoseOfMostSamplesFirst()
    {
        var bar = new string('@', 52);
        var table = TableOf((Value.Int(3), Value.Aggregate(Of(1))), (Value.Int(2), Value.Int(77)), (Value.Int(1), Value.Aggregate(Of(1))), (Tuple(Str("a"), Value.Int(5)), Value.Aggregate(Of(4, 4))));
        Assert.Equal($"a, 5:\n[4, 8)                  2 |{bar}|\n\n1:\n[1]                     1 |{bar}|\n...\n(1 value that is not an aggregate is left out)\n",
            By(o => new Histogram(Values).Write(o, table, 2)));
        Assert.Equal($"t:\n3:\n[1]                     1 |{bar}|\n\nx =\n[4, 8)                  2 |{bar}|\n",
            By(o => new TableText(Values, new Histogram(Values)).Write(o, [("t", Value.Table(TableOf((Value.Int(3), Value.Aggregate(Of(1)))))), ("x", Value.Aggregate(Of(4, 4)))])));
    }

    [Fact]
    public void AveragesOfATableAreNoHistogram() => Assert.Equal("t:\n[1] = 5\n[2] = -7\n",
        By(o => new TableText(Values, new Histogram(Values)).Write(o, [("t", Value.Table(TableOf((Value.Int(2), Value.Int(-7, IntFormat.OfStatistic)), (Value.Int(1), Value.Int(5, IntFormat.OfStatistic)))))])));
}
