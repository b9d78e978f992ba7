using System.Text;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Runtime.Rendering;

/// <summary>
/// The histogram of language §9: a row a key, largest value first, equal values by key, each with a bar of its share of the total.
/// Values below 0 have no bar and don't count for the total; slots that don't hold an integer are named in a last line. The bar of a row and the
/// total are of all slots, shown or not. A table of aggregates is a distribution a key. Not for several threads at once.
/// </summary>
public sealed class Histogram(ValueRenderer values)
{
    /// <summary>How many rows <c>print_hist(t)</c> shows.</summary>
    public const int DefaultRows = 20;

    private const int KeyWidth = 31, BarWidth = 38;

    private readonly OutputBuffer _key = OutputBuffer.InMemory();

    /// <summary>Writes the histogram of a table; <c>...</c> says that there are more than <paramref name="rows"/> keys.</summary>
    public void Write(OutputBuffer output, Table table, int rows = DefaultRows) => Write(output, ArrayOf(table.Store.Snapshot()), rows);

    /// <summary>Writes the histogram of slots.</summary>
    public void Write(OutputBuffer output, KeyValuePair<Value, Value>[] slots, int rows)
    {
        if (Array.Exists(slots, s => s.Value.Kind == ValueKind.Aggregate))
        {
            WriteDistributions(output, slots, rows);
            return;
        }
        output.Write("                         value ------------- Distribution ------------- count\n"u8);
        var counted = Array.TrueForAll(slots, IsCounted) ? slots : Array.FindAll(slots, IsCounted);
        UInt128 total = 0;
        foreach (var (_, value) in counted) total += (ulong)Math.Max(0, value.AsInt);
        _key.Escaping = output.Escaping == StringEscaping.None ? StringEscaping.None : StringEscaping.TerminalOneLine;
        foreach (var slot in RowOrder.First(counted, rows)) WriteRow(output, slot, total);
        if (counted.Length > Math.Max(rows, 0)) output.Write("...\n"u8);
        if (counted.Length < slots.Length) WriteLeftOut(output, slots.Length - counted.Length, "integer");
    }

    /// <summary>A snapshot as an array: a million rows are gone through several times, and an interface takes longer for each than the work.</summary>
    internal static KeyValuePair<Value, Value>[] ArrayOf(IReadOnlyList<KeyValuePair<Value, Value>> slots) => slots as KeyValuePair<Value, Value>[] ?? slots.ToArray();

    // One distribution a key, those of most samples first, with a blank line between.
    private void WriteDistributions(OutputBuffer output, KeyValuePair<Value, Value>[] slots, int most)
    {
        var counts = slots.Where(s => s.Value.Kind == ValueKind.Aggregate).Select(s => KeyValuePair.Create(s.Key, Value.Int(s.Value.AsAggregate.Count))).ToArray();
        var aggregates = new Dictionary<Value, Aggregate>();
        foreach (var (key, value) in slots)
            if (value.Kind == ValueKind.Aggregate) aggregates.Add(key, value.AsAggregate);
        var isFirst = true;
        foreach (var (key, _) in RowOrder.First(counts, most))
        {
            if (!isFirst) output.Write((byte)'\n');
            isFirst = false;
            values.Write(output, key);
            output.Write(":\n"u8);
            DistributionText.Write(output, aggregates[key]);
            output.Write((byte)'\n');
        }
        if (counts.Length > Math.Max(most, 0)) output.Write("...\n"u8);
        if (counts.Length < slots.Length) WriteLeftOut(output, slots.Length - counts.Length, "aggregate");
    }

    private static bool IsCounted(KeyValuePair<Value, Value> slot) => slot.Value.Kind == ValueKind.Int;

    private void WriteRow(OutputBuffer output, KeyValuePair<Value, Value> slot, UInt128 total)
    {
        _key.Clear();
        values.Write(_key, slot.Key);
        var key = _key.Written;
        var columns = Columns(key);
        if (columns > KeyWidth || key.Contains((byte)'\n'))
        {
            output.Write(key);
            output.Write((byte)'\n');
            key = [];
            columns = 0;
        }
        output.Fill((byte)' ', KeyWidth - columns);
        output.Write(key);
        output.Write(" |"u8);
        var value = slot.Value.AsInt;
        var bar = value <= 0 ? 0 : Bar((ulong)value, total);
        output.Fill((byte)'@', bar);
        output.Fill((byte)' ', BarWidth + 1 - bar);
        if (slot.Value.Format is IntFormat.Unsigned) output.Write((ulong)value);
        else output.Write(value);
        output.Write((byte)'\n');
    }

    private static int Bar(ulong value, UInt128 total) =>
        total <= ulong.MaxValue / BarWidth ? (int)(value * BarWidth / (ulong)total) : (int)(value * (UInt128)BarWidth / total);

    // Characters, so that names in UTF-8 line up.
    private static int Columns(ReadOnlySpan<byte> text)
    {
        if (Ascii.IsValid(text)) return text.Length;
        var columns = 0;
        foreach (var value in text)
            if ((value & 0xc0) != 0x80) columns++;
        return columns;
    }

    private static void WriteLeftOut(OutputBuffer output, int count, string kind)
    {
        output.Write((byte)'(');
        output.Write(count);
        output.Write(count == 1 ? $" value that is not an {kind} is left out)\n" : $" values that are not {kind}s are left out)\n");
    }
}
