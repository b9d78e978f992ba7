using Ktap.Compiler.Builtins;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;
using Ktap.Runtime.Symbols;

namespace Ktap.Runtime.Rendering;

/// <summary>
/// Values as <c>print</c> shows them. A table is <c>{ [k] = v, … }</c> in the order of its slots, with strings bare in it, as
/// they are everywhere else; an empty one is <c>{}</c>, one inside itself <c>{ ... }</c>. An aggregate is its distribution, in a table the number of its samples. Not for several threads at once.
/// </summary>
public sealed class ValueRenderer(KernelSymbols symbols, UserSymbols? users = null)
{
    // Deeper tables show as { ... }: nobody reads that far, and a list linked by a script can be as long as the stack is deep.
    private const int MaxDepth = 64;

    private readonly List<Table> _inside = [];

    /// <summary>Values separated by tabs, and a newline.</summary>
    public void WriteLine(OutputBuffer output, ReadOnlySpan<Value> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            // The rows of a distribution begin a line.
            if (i > 0) output.Write(values[i].Kind == ValueKind.Aggregate ? (byte)'\n' : (byte)'\t');
            Write(output, values[i]);
        }
        output.Write((byte)'\n');
    }

    /// <summary>One value; frames of a stack and rows of a distribution stand on lines of their own, with no newline at the end.</summary>
    public void Write(OutputBuffer output, Value value)
    {
        switch (value.Kind)
        {
            case ValueKind.Nil:
                output.Write("nil"u8);
                break;
            case ValueKind.Bool:
                output.Write(value.AsInt != 0 ? "true"u8 : "false"u8);
                break;
            case ValueKind.Int:
                WriteInt(output, value.AsInt, value.Format);
                break;
            case ValueKind.String:
                output.WriteText(value.AsString.Span);
                break;
            case ValueKind.Tuple:
                WriteTuple(output, value.AsTuple);
                break;
            case ValueKind.Table:
                WriteTable(output, value.AsTable);
                break;
            case ValueKind.Function:
                output.Write("function: "u8);
                output.Write(value.AsFunction.Name);
                break;
            case ValueKind.Aggregate when _inside.Count > 0:
                DistributionText.WriteSummary(output, value.AsAggregate);
                break;
            case ValueKind.Aggregate:
                DistributionText.Write(output, value.AsAggregate);
                break;
            case ValueKind.Stack:
                WriteStack(output, value.AsStack);
                break;
        }
    }

    private void WriteInt(OutputBuffer output, long value, IntFormat? format)
    {
        switch (format)
        {
            case IntFormat.KernelAddress:
                WriteAddress(output, (ulong)value);
                break;
            case IntFormat.UserAddress or IntFormat.Hexadecimal:
                output.Write("0x"u8);
                output.Write((ulong)value, "x");
                break;
            case IntFormat.Unsigned:
                output.Write((ulong)value);
                break;
            case IntFormat.Character:
                output.Write((byte)value);
                break;
            case IntFormat.Time { Format: var text }:
                output.Write(TimeFormat.Format(text, value, TimeZoneInfo.Local.GetUtcOffset));
                break;
            case IntFormat.Enum named when named.Names.TryGetValue(value, out var name):
                output.Write(name);
                break;
            default:
                output.Write(value);
                break;
        }
    }

    private void WriteAddress(OutputBuffer output, ulong address) =>
        output.Advance(symbols.Format(address, output.GetSpan(KernelSymbols.MaxLength)));

    // Stacks stand on lines of their own.
    private void WriteTuple(OutputBuffer output, KTuple tuple)
    {
        for (var i = 0; i < tuple.Parts.Count; i++)
        {
            if (i > 0) output.Write(IsStack(i - 1) || IsStack(i) ? "\n"u8 : ", "u8);
            Write(output, tuple.Parts[i]);
        }

        bool IsStack(int part) => tuple.Parts[part].Kind == ValueKind.Stack;
    }

    private void WriteStack(OutputBuffer output, StackTrace stack)
    {
        var isKernel = stack.UserPid == 0;
        if (stack.Frames.Count == 0)
        {
            output.Write(isKernel ? "(no kernel stack)"u8 : "(no user stack)"u8);
            return;
        }
        var first = isKernel ? FirstOfEvent(stack.Frames) : 0;
        for (var i = first; i < stack.Frames.Count; i++)
        {
            if (i > first) output.Write((byte)'\n');
            if (isKernel || users is null) WriteInt(output, (long)stack.Frames[i], isKernel ? IntFormat.Kernel : IntFormat.User);
            else output.WriteText(users.Format(stack.UserPid, stack.Space, stack.Frames[i], isReturn: i > 0));
        }
    }

    // Between the function that an event is in and the program stand functions that the kernel makes for tracepoints, none, one or two.
    private int FirstOfEvent(IReadOnlyList<ulong> frames)
    {
        var first = 0;
        while (first < frames.Count - 1 && TracingFrames.IsOne(symbols.Find(frames[first]).Name)) first++;
        return first;
    }

    private void WriteTable(OutputBuffer output, Table table)
    {
        if (_inside.Count == MaxDepth || _inside.Contains(table))
        {
            output.Write("{ ... }"u8);
            return;
        }
        var slots = table.Store.Snapshot();
        if (slots.Count == 0)
        {
            output.Write("{}"u8);
            return;
        }
        _inside.Add(table);
        try
        {
            output.Write("{ "u8);
            for (var i = 0; i < slots.Count; i++)
            {
                if (i > 0) output.Write(", "u8);
                WriteSlot(output, slots[i]);
            }
            output.Write(" }"u8);
        }
        finally
        {
            _inside.RemoveAt(_inside.Count - 1);
        }
    }

    /// <summary>One slot: <c>[k] = v</c>.</summary>
    internal void WriteSlot(OutputBuffer output, KeyValuePair<Value, Value> slot)
    {
        output.Write((byte)'[');
        Write(output, slot.Key);
        output.Write("] = "u8);
        Write(output, slot.Value);
    }
}
