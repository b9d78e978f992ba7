using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Ktap.Compiler.Binding;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Evaluation;

internal sealed class ConstantNode(Value value) : Node
{
    public override Value Evaluate(Frame frame) => value;
}

internal sealed class LocalNode(int slot) : Node
{
    public override Value Evaluate(Frame frame) => frame.Locals[slot];
}

/// <summary>A local variable that a closure captured.</summary>
internal sealed class CellNode(int slot) : Node
{
    public override Value Evaluate(Frame frame) => frame.Cells[slot].Value;
}

internal sealed class CapturedNode(int index) : Node
{
    public override Value Evaluate(Frame frame) => frame.Captures[index].Value;
}

internal sealed class GlobalNode(Cell cell) : Node
{
    public override Value Evaluate(Frame frame) => cell.Value;
}

internal sealed class ClosureNode(FunctionCode code, ImmutableArray<BoundCapture> captures) : Node
{
    public override Value Evaluate(Frame frame)
    {
        var cells = new Cell[captures.Length];
        for (var i = 0; i < cells.Length; i++)
            cells[i] = captures[i].FromLocal ? frame.Cells[captures[i].Index] : frame.Captures[captures[i].Index];
        return Value.Function(new Closure(code.Function, ImmutableCollectionsMarshal.AsImmutableArray(cells)) { Code = code });
    }
}

internal sealed class TableNode((Node Key, Node Value)[] fields, Origin at) : Node
{
    public override Value Evaluate(Frame frame)
    {
        var table = new Table();
        foreach (var (key, value) in fields)
        {
            var k = key.Evaluate(frame);
            if (k.IsNil) throw at.Error(Errors.NilKey);
            table[k] = value.Evaluate(frame);
        }
        return Value.Table(table);
    }
}

/// <summary><c>t[k]</c> and <c>t.name</c>. What is missing on the way to a nested slot gives nil (<paramref name="isNested"/>), as it does in handlers.</summary>
internal sealed class IndexNode(Node target, Node key, bool isNested, Origin targetAt) : Node
{
    public override Value Evaluate(Frame frame)
    {
        var t = target.Evaluate(frame);
        switch (t.Kind)
        {
            case ValueKind.Table:
                return t.AsTable.Store.Get(key.Evaluate(frame));
            case ValueKind.Tuple:
                var parts = t.AsTuple.Parts;
                var k = key.Evaluate(frame);
                return k.Kind == ValueKind.Int && k.AsInt >= 1 && k.AsInt <= parts.Count ? parts[(int)k.AsInt - 1] : Value.Nil;
            case ValueKind.Nil when isNested:
                return Value.Nil;
            default:
                throw targetAt.Error((s, p) => Errors.NotIndexable(s, p, targetAt.Text, t.KindName));
        }
    }
}

/// <summary>A key of several parts.</summary>
internal sealed class TupleNode(Node[] parts) : Node
{
    public override Value Evaluate(Frame frame)
    {
        var values = new Value[parts.Length];
        for (var i = 0; i < parts.Length; i++) values[i] = parts[i].Evaluate(frame);
        return Value.Tuple(new KTuple(values));
    }
}

internal sealed class KernelSymbolNode(string symbol, Origin at) : Node
{
    public override Value Evaluate(Frame frame) => frame.Evaluator.World.Target.SymbolAddress(symbol) is { } address
        ? Value.Int((long)address, Types.IntFormat.Kernel) : throw at.Error((s, p) => Errors.NoKernelSymbol(s, p, symbol));
}

/// <summary>Something of an event, where user space runs.</summary>
internal sealed class NoEventNode(string name, bool mayBeTypo, Origin at) : Node
{
    public override Value Evaluate(Frame frame)
    {
        var near = mayBeTypo ? Errors.DidYouMean(name, frame.Evaluator.KnownNames) : "";
        throw at.Error((s, p) => Errors.NoEvent(s, p, name, near));
    }
}
