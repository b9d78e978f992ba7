using System.Globalization;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Runtime.Rendering;

/// <summary>
/// The distribution of samples as rows <c>[4, 8)</c>, count, bar: from the first row that has samples to the last, each bar a share of the
/// largest row's 52 columns. Powers of two from 1024 are written with K, M, G, T, P, E.
/// </summary>
public static class DistributionText
{
    private const int LabelWidth = 16, CountWidth = 8, BarWidth = 52;

    /// <summary>The rows, without a newline at the end; an aggregate without a distribution is <see cref="WriteSummary"/>.</summary>
    public static void Write(OutputBuffer output, Aggregate aggregate)
    {
        if (!aggregate.Plan.HasBuckets)
        {
            WriteSummary(output, aggregate);
            return;
        }
        var isLinear = aggregate.Plan.View == AggregateView.Linear;
        var rows = aggregate.Rows();
        var labels = rows.Select(r => isLinear ? Linear(r) : Power(r)).ToArray();
        var width = labels.Length == 0 ? 0 : Math.Max(LabelWidth, labels.Max(l => l.Length));
        var most = rows.Count == 0 ? 0 : rows.Max(r => r.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            if (i > 0) output.Write((byte)'\n');
            var bar = (int)((Int128)Math.Max(0, rows[i].Count) * BarWidth / most);
            output.Write(string.Create(CultureInfo.InvariantCulture, $"{labels[i].PadRight(width)} {rows[i].Count,CountWidth} |"));
            output.Fill((byte)'@', bar);
            output.Fill((byte)' ', BarWidth - bar);
            output.Write((byte)'|');
        }
    }

    /// <summary>What stands for an aggregate on one line, or where no distribution is kept.</summary>
    public static void WriteSummary(OutputBuffer output, Aggregate aggregate)
    {
        output.Write("aggregate of "u8);
        output.Write(aggregate.Count);
        output.Write(aggregate.Count == 1 ? " sample"u8 : " samples"u8);
    }

    private static string Power(DistributionRow row) =>
        row.Low == row.High ? $"[{Short(row.Low)}]"
        : row.Low >= 0 ? $"[{Short(row.Low)}, {Short((Int128)row.High + 1)})"
        : $"({Short((Int128)row.Low - 1)}, {Short(row.High)}]";

    private static string Linear(DistributionRow row) =>
        row.Low == long.MinValue ? $"(..., {Decimal((Int128)row.High + 1)})"
        : row.High == long.MaxValue ? $"[{Decimal(row.Low)}, ...)"
        : $"[{Decimal(row.Low)}, {Decimal((Int128)row.High + 1)})";

    private static string Decimal(Int128 value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Short(Int128 value)
    {
        var suffix = 0;
        for (; value != 0 && value % 1024 == 0; value /= 1024) suffix++;
        return value.ToString(CultureInfo.InvariantCulture) + (suffix == 0 ? "" : "KMGTPE"[suffix - 1]);
    }
}
