using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Runtime.Rendering;

/// <summary>
/// What ktap prints by itself when a script that prints nothing ends (language §9): a table of integers as <c>name:</c> and its whole
/// histogram, one of distributions as <c>name:</c> and each of them, another table as <c>name:</c> and <c>[key] = value</c> lines by key, a scalar as <c>name = value</c>. A blank line
/// stands before and behind each table. Not for several threads at once.
/// </summary>
public sealed class TableText(ValueRenderer values, Histogram histogram)
{
    /// <summary>Writes the variables in the order given.</summary>
    public void Write(OutputBuffer output, IReadOnlyList<(string Name, Value Value)> variables)
    {
        for (var i = 0; i < variables.Count; i++)
        {
            var (name, value) = variables[i];
            if (i > 0 && (IsTable(value) || IsTable(variables[i - 1].Value))) output.Write((byte)'\n');
            output.Write(name);
            if (IsTable(value)) WriteTable(output, value.AsTable);
            else WriteScalar(output, value);
        }
    }

    private static bool IsTable(Value value) => value.Kind == ValueKind.Table;

    private void WriteScalar(OutputBuffer output, Value value)
    {
        output.Write(value.Kind is ValueKind.Stack or ValueKind.Aggregate ? " =\n"u8 : " = "u8);
        values.Write(output, value);
        output.Write((byte)'\n');
    }

    private void WriteTable(OutputBuffer output, Table table)
    {
        var slots = Histogram.ArrayOf(table.Store.Snapshot());
        output.Write(slots.Length == 0 ? ": empty\n"u8 : ":\n"u8);
        if (slots.Length == 0) return;
        if (Array.TrueForAll(slots, IsCount) || Array.Exists(slots, s => s.Value.Kind == ValueKind.Aggregate)) histogram.Write(output, slots, int.MaxValue);
        else WriteSlots(output, slots);
    }

    private void WriteSlots(OutputBuffer output, KeyValuePair<Value, Value>[] slots)
    {
        var escaping = output.Escaping;
        if (escaping == StringEscaping.Terminal) output.Escaping = StringEscaping.TerminalOneLine;
        foreach (var slot in slots.OrderBy(s => s.Key, KeyOrder.Instance))
        {
            values.WriteSlot(output, slot);
            output.Write((byte)'\n');
        }
        output.Escaping = escaping;
    }

    // An address or an enum is not an amount: its name says more than a bar. Nor do averages add up to anything.
    private static bool IsCount(KeyValuePair<Value, Value> slot) =>
        slot.Value is { Kind: ValueKind.Int, Format: null or IntFormat.Unsigned };
}
