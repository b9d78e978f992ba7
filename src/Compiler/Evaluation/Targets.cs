using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Evaluation;

/// <summary>Something that can be assigned. A slot is located first and stored to afterwards, since several values are assigned together.</summary>
internal abstract class Target
{
    /// <summary>The table and key of a slot; of a variable nothing.</summary>
    public virtual (Table? Table, Value Key) Locate(Frame frame) => default;

    /// <summary>Stores into what <see cref="Locate"/> gave.</summary>
    public abstract void Store(Frame frame, Table? table, Value key, Value value);

    /// <summary>One atomic update.</summary>
    public abstract void Update(Frame frame, BinaryOp op, Value operand, Origin at);

    /// <summary>Adds a sample to the aggregate that it holds; one is made where there is nothing yet.</summary>
    public abstract void Sample(Frame frame, long sample, Origin at);

    /// <summary>The table that it holds, to store into it; made where the slot or the global has nothing yet.</summary>
    public abstract Table Open(Frame frame, Origin at);

    /// <summary>Gives a table the name of the first variable that holds it.</summary>
    protected static Value Named(Value value, string name)
    {
        if (value.Kind == ValueKind.Table) value.AsTable.NameAs(name);
        return value;
    }

    protected static Change ChangeOf(BinaryOp op, Value operand, Origin at) => new(Operators.Text(op), operand, old => Arithmetic.Update(op, old, operand, at));

    protected static Change SampleOf(Frame frame, long sample, Origin at) => new("<<<", Value.Int(sample), old => Sampled(frame, old, sample, at));

    /// <summary>An aggregate and one sample more.</summary>
    protected static Value Sampled(Frame frame, Value old, long sample, Origin at) => old.Kind switch
    {
        ValueKind.Aggregate => Value.Aggregate(old.AsAggregate.With(sample)),
        ValueKind.Nil => Value.Aggregate(Aggregate.Empty(frame.Evaluator.Aggregates).With(sample)),
        _ => throw at.Error((s, p) => Errors.NotAnAggregate(s, p, old.KindName)),
    };

    protected static Table Expect(Value value, Origin at) => value.Kind == ValueKind.Table
        ? value.AsTable : throw at.Error((s, p) => Errors.NotIndexable(s, p, at.Text, value.KindName));
}

internal sealed class LocalTarget(int slot, string name) : Target
{
    public override void Store(Frame frame, Table? table, Value key, Value value) => frame.Locals[slot] = Named(value, name);

    public override void Update(Frame frame, BinaryOp op, Value operand, Origin at) => frame.Locals[slot] = Arithmetic.Update(op, frame.Locals[slot], operand, at);

    public override void Sample(Frame frame, long sample, Origin at) => frame.Locals[slot] = Sampled(frame, frame.Locals[slot], sample, at);

    public override Table Open(Frame frame, Origin at) => Expect(frame.Locals[slot], at);
}

/// <summary>A variable in a cell: captured, or global.</summary>
internal abstract class CellTarget(Origin at) : Target
{
    protected abstract Cell CellIn(Frame frame);

    public override void Store(Frame frame, Table? table, Value key, Value value)
    {
        var cell = CellIn(frame);
        Named(value, cell.Name);
        if (cell.IsShared) StoreShared(() => cell.Value = value, at);
        else cell.Value = value;
    }

    public override void Update(Frame frame, BinaryOp op, Value operand, Origin updateAt)
    {
        var cell = CellIn(frame);
        if (cell.IsShared) StoreShared(() => cell.Update(ChangeOf(op, operand, updateAt)), updateAt);
        else cell.Value = Arithmetic.Update(op, cell.Value, operand, updateAt);
    }

    public override void Sample(Frame frame, long sample, Origin sampleAt) =>
        StoreShared(() => CellIn(frame).Update(SampleOf(frame, sample, sampleAt)), sampleAt);

    public override Table Open(Frame frame, Origin openAt) => Expect(CellIn(frame).Value, openAt);

    /// <summary>Makes a store; a refusal becomes an error of the script.</summary>
    public static void StoreShared(Action store, Origin at)
    {
        try
        {
            store();
        }
        catch (StoreException e)
        {
            throw at.Error((s, p) => Errors.StoreRefused(s, p, e.Message));
        }
    }
}

internal sealed class LocalCellTarget(int slot, Origin at) : CellTarget(at)
{
    protected override Cell CellIn(Frame frame) => frame.Cells[slot];
}

internal sealed class CapturedTarget(int index, Origin at) : CellTarget(at)
{
    protected override Cell CellIn(Frame frame) => frame.Captures[index];
}

internal sealed class GlobalTarget(Cell cell, Origin at) : CellTarget(at)
{
    protected override Cell CellIn(Frame frame) => cell;

    public override Table Open(Frame frame, Origin openAt)
    {
        if (cell.Value.IsNil) Store(frame, null, default, Value.Table(new Table()));
        return base.Open(frame, openAt);
    }
}

/// <summary>A slot of a table.</summary>
internal sealed class SlotTarget(Target container, Node key, Origin containerAt, Origin at) : Target
{
    public override (Table? Table, Value Key) Locate(Frame frame)
    {
        var table = container.Open(frame, containerAt);
        var k = key.Evaluate(frame);
        return k.IsNil ? throw at.Error(Errors.NilKey) : (table, k);
    }

    public override void Store(Frame frame, Table? table, Value key, Value value)
    {
        table!.NameSlot(key, value);
        var store = table.Store;
        if (store is LocalStore) store.Set(key, value);
        else CellTarget.StoreShared(() => store.Set(key, value), at);
    }

    public override void Update(Frame frame, BinaryOp op, Value operand, Origin updateAt)
    {
        var (table, k) = Locate(frame);
        var store = table!.Store;
        if (store is LocalStore) store.Set(k, Arithmetic.Update(op, store.Get(k), operand, updateAt));
        else CellTarget.StoreShared(() => store.Update(k, ChangeOf(op, operand, updateAt)), updateAt);
    }

    public override void Sample(Frame frame, long sample, Origin sampleAt)
    {
        var (table, k) = Locate(frame);
        CellTarget.StoreShared(() => table!.Store.Update(k, SampleOf(frame, sample, sampleAt)), sampleAt);
    }

    public override Table Open(Frame frame, Origin openAt)
    {
        var (table, k) = Locate(frame);
        var held = table!.Store.Get(k);
        if (!held.IsNil) return Expect(held, openAt);
        var made = new Table();
        Store(frame, table, k, Value.Table(made));
        return made;
    }
}

/// <summary>The table that an expression gives (<c>f()[1] = 2</c>): it can be stored into, but not assigned.</summary>
internal sealed class ExpressionTarget(Node expression) : Target
{
    public override void Store(Frame frame, Table? table, Value key, Value value) => throw new InvalidOperationException("the binder lets no expression be assigned");

    public override void Update(Frame frame, BinaryOp op, Value operand, Origin at) => throw new InvalidOperationException("the binder lets no expression be assigned");

    public override void Sample(Frame frame, long sample, Origin at) => throw new InvalidOperationException("the binder lets no expression be assigned");

    public override Table Open(Frame frame, Origin at) => Expect(expression.Evaluate(frame), at);
}
