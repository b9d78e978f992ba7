using Ktap.Compiler.Ir;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;

namespace Ktap.Compiler.Lowering;

// Variables that handlers share with other code. A word is there or is replaced by one instruction; what is larger has copies, of which one counts (CellPlace).
// The order of plain loads and stores is that of the program, as x86 keeps it.
internal sealed partial class HandlerLowering
{
    // A try fails only where others have replaced the value, or taken the copy, in the few nanoseconds of it.
    private const int MostCopyTries = 8;

    private IrValue ReadCell(SharedCell cell)
    {
        if (cell.Type is KtapType.NilType or KtapType.NeverType) return IrValue.Nil;
        var place = _context.Memory.Place(cell);
        if (place.HasCopies) return ReadCopy(place);
        // Whether there is a value is read first: who stores one says so afterwards.
        VReg? isThere = place.PresentOffset is { } present ? _ir.Load(_ir.Data(DataKind.Bss, present), 0) : null;
        var (address, type) = (_ir.Data(DataKind.Bss, place.Offset), cell.Type.NotNil);
        if (!type.IsWord)
        {
            var (size, memory) = (Layout.SizeOf(type), address);
            address = Buffer(size, cell.Cell.Name);
            CopyPayload(address, 0, memory, size);
        }
        var value = LoadFrom(address, type);
        return isThere is { } flag ? value.When(flag) : value;
    }

    private void WriteCell(SharedCell cell, IrValue value)
    {
        if (cell.Type is KtapType.NilType or KtapType.NeverType) return;
        var place = _context.Memory.Place(cell);
        var stored = Coerce(value, cell.Type);
        if (place.HasCopies)
        {
            WriteCopy(place, stored);
            return;
        }
        // Who reads has looked before whether there is a value, so one that becomes nil keeps its word; unless it is changed in place, where nil is 0 in memory, so that a change needs no look.
        if (place.PresentOffset is { } word && stored.Present is { } isThere && !cell.IsUpdated)
        {
            var (there, after) = (_ir.NewBlock(), _ir.NewBlock());
            var flag = _ir.Materialize(isThere);
            _ir.Branch(IrCondition.Ne, flag, 0, there, after);
            _ir.Start(there);
            StoreAt(_ir.Data(DataKind.Bss, place.Offset), 0, stored);
            _ir.Jump(after);
            _ir.Start(after);
            _ir.Store(_ir.Data(DataKind.Bss, word), 0, flag);
            return;
        }
        if (cell.Type is KtapType.OptionalType { Inner: KtapType.IntType }) stored = IrValue.OfWord(cell.Type.NotNil, WordOrZero(stored)).When(stored.Present!.Value);
        StoreAt(_ir.Data(DataKind.Bss, place.Offset), 0, stored);
        if (place.PresentOffset is { } present) _ir.Store(_ir.Data(DataKind.Bss, present), 0, stored.Present is { } p ? p : 1L);
    }

    // The word of a value where it is there, and 0 where it is nil: then its word means nothing.
    private IrOperand WordOrZero(IrValue value) =>
        value.Present is { } present ? _ir.Binary(IrBinary.And, _ir.Materialize(value.Word), _ir.Binary(IrBinary.Sub, 0L, present)) : value.Word;

    private void UpdateCell(SharedCell cell, BinaryOp op, IrOperand value)
    {
        if (_context.Stripes.Cells.FirstOrDefault(s => s.Cell == cell) is { } striped)
        {
            AddToCell(striped, op, value);
            return;
        }
        var place = _context.Memory.Place(cell);
        if (place.HasCopies) UpdateCopy(place, op, value);
        else if (cell.Type.NotNil is KtapType.AnyType) UpdateMixedCell(place, op, value);
        else Modify(_ir.Data(DataKind.Bss, place.Offset), op, value, null);
        if (place.PresentOffset is { } present) _ir.Store(_ir.Data(DataKind.Bss, present), 0, 1L);
    }

    private void UpdateMixedCell(CellPlace place, BinaryOp op, IrOperand value)
    {
        var stored = _ir.Data(DataKind.Bss, place.Offset);
        var (unset, set, done) = (_ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock());
        if (place.PresentOffset is { } present) _ir.Branch(IrCondition.Eq, _ir.Load(_ir.Data(DataKind.Bss, present), 0), 0L, unset, set);
        else _ir.Jump(set);
        _ir.Start(unset);
        StoreAt(stored, 0, Coerce(IrValue.OfInt(Compute(op, 0L, value)), place.Cell.Type.NotNil));
        _ir.Jump(done);
        _ir.Start(set);
        Modify(IntegerAt(stored), op, value, null);
        _ir.Start(done);
    }

    private IrValue ReadCopy(CellPlace place)
    {
        var (type, size) = (place.Cell.Type.NotNil, Layout.SizeOf(place.Cell.Type.NotNil));
        var (buffer, counts) = (Buffer(size, place.Cell.Cell.Name), _ir.NewRegister());
        Retry(MostCopyTries, () => Fail(HandlerError.UpdateRefused), (done, again) =>
        {
            var unset = _ir.NewBlock();
            _ir.Assign(counts, _ir.Load(_ir.Data(DataKind.Bss, place.Offset), 0));
            var copy = CopyAt(place, counts);
            CopyPayload(buffer, 0, _ir.Binary(IrBinary.Add, copy, CellPlace.ValueOffset), size);
            _ir.Branch(IrCondition.Eq, _ir.Load(copy, 0), Sequence(counts), done, unset);
            _ir.Start(unset);
            _ir.Branch(IrCondition.Eq, counts, 0, done, again);
        });
        var value = LoadFrom(buffer, type);
        return place.Cell.Type.MayBeNil ? value.When(_ir.Compare(IrCondition.Ne, counts, 0)) : value;
    }

    private void WriteCopy(CellPlace place, IrValue value)
    {
        var (there, nil, done) = (_ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock());
        if (value.Present is { } present) _ir.Branch(IrCondition.Ne, present, 0, there, nil);
        else _ir.Jump(there);
        _ir.Start(there);
        var (copy, name) = TakeCopy(place, done);
        StoreAt(copy, CellPlace.ValueOffset, value.Unwrapped);
        Replace(name);
        if (value.Present is not null)
        {
            _ir.Start(nil);
            Replace(_ir.Const(0));
        }
        _ir.Start(done);

        void Replace(VReg by)
        {
            var before = _ir.NewRegister();
            _ir.Emit(new IrOp.Atomic(IrAtomic.Exchange, 8, _ir.Data(DataKind.Bss, place.Offset), 0, by, null, before, _ir.Span));
            FreeCopy(place, before);
            _ir.Jump(done);
        }
    }

    // Only of mixed kinds is there anything larger than a word that can be added to: the integer is computed into a copy of ours, until nobody came between.
    private void UpdateCopy(CellPlace place, BinaryOp op, IrOperand value)
    {
        var (finished, wrong) = (_ir.NewBlock(), _ir.NewBlock());
        var (ours, name) = TakeCopy(place, finished);
        var before = _ir.NewRegister();
        Retry(MostCopyTries, () =>
        {
            CountError(HandlerError.UpdateRefused);
            FreeCopy(place, name);
            _ir.Jump(finished);
        }, (done, again) =>
        {
            var (unset, compute, store) = (_ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock());
            _ir.Assign(before, _ir.Load(_ir.Data(DataKind.Bss, place.Offset), 0));
            var copy = CopyAt(place, before);
            var (tag, old) = (_ir.Load(copy, CellPlace.ValueOffset), _ir.Copy(_ir.Load(copy, CellPlace.ValueOffset + 8)));
            var number = _ir.Load(copy, 0);
            _ir.Branch(IrCondition.Eq, before, 0, unset, compute);
            _ir.Start(compute);
            var isStill = _ir.NewBlock();
            _ir.Branch(IrCondition.Eq, number, Sequence(before), isStill, again);
            _ir.Start(isStill);
            _ir.Branch(IrCondition.Eq, tag, KindTag.Int, store, wrong);
            _ir.Start(unset);
            _ir.Assign(old, 0L);
            _ir.Start(store);
            StoreAt(ours, CellPlace.ValueOffset, Coerce(IrValue.OfInt(Compute(op, old, value)), place.Cell.Type.NotNil));
            var seen = _ir.NewRegister();
            _ir.Emit(new IrOp.Atomic(IrAtomic.CompareExchange, 8, _ir.Data(DataKind.Bss, place.Offset), 0, name, before, seen, _ir.Span));
            _ir.Branch(IrCondition.Eq, seen, before, done, again);
        });
        FreeCopy(place, before);
        _ir.Jump(finished);
        _ir.Start(wrong);
        FreeCopy(place, name);
        Fail(HandlerError.BadOperand);
        _ir.Start(finished);
    }

    // A copy that nobody uses, now ours: its address, and the word that says that it counts.
    private (VReg Copy, VReg Name) TakeCopy(CellPlace place, IrBlock none)
    {
        var (index, sequence) = (_ir.Copy(_ir.Load(_ir.Data(DataKind.Bss, place.Offset), 0)), _ir.NewRegister());
        Retry(CellPlace.Copies, () =>
        {
            CountError(HandlerError.UpdateRefused);
            _ir.Jump(none);
        }, (done, again) =>
        {
            var free = _ir.NewBlock();
            _ir.Assign(index, _ir.Binary(IrBinary.And, _ir.Binary(IrBinary.Add, index, 1L), CellPlace.Copies - 1));
            var copy = CopyAt(place, index);
            var number = _ir.Load(copy, 0);
            _ir.Branch(IrCondition.Test, number, 1L, again, free);
            _ir.Start(free);
            _ir.Assign(sequence, _ir.Binary(IrBinary.Add, number, 1L));
            var seen = _ir.NewRegister();
            _ir.Emit(new IrOp.Atomic(IrAtomic.CompareExchange, 8, copy, 0, sequence, number, seen, _ir.Span));
            _ir.Branch(IrCondition.Eq, seen, number, done, again);
        });
        return (CopyAt(place, index), _ir.Binary(IrBinary.Or, _ir.Binary(IrBinary.Shl, sequence, CellPlace.IndexBits), _ir.Binary(IrBinary.And, index, CellPlace.Copies - 1)));
    }

    private void FreeCopy(CellPlace place, VReg name)
    {
        var (some, done) = (_ir.NewBlock(), _ir.NewBlock());
        _ir.Branch(IrCondition.Ne, name, 0, some, done);
        _ir.Start(some);
        _ir.Store(CopyAt(place, name), 0, _ir.Binary(IrBinary.Add, Sequence(name), 1L));
        _ir.Start(done);
    }

    // The verifier has to see beside the access that the index has its bounds.
    private VReg CopyAt(CellPlace place, VReg name) => _ir.Binary(IrBinary.Add, _ir.Data(DataKind.Bss, place.CopiesOffset),
        _ir.Binary(IrBinary.Mul, _ir.Binary(IrBinary.And, name, CellPlace.Copies - 1), place.Stride));

    private VReg Sequence(VReg name) => _ir.Binary(IrBinary.ShrU, name, CellPlace.IndexBits);
}
