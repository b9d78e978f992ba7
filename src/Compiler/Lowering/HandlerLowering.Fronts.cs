using Ktap.Compiler.Ir;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Typing;

namespace Ktap.Compiler.Lowering;

// Sums in front of a table's map, where a key is found by comparing it in two places, and added to by a load and a store.
internal sealed partial class HandlerLowering
{
    // Some 40 instructions for each addition of the script: a handler that has so many operations already does with the map, before its branches get too long.
    private const int LongHandler = 4000;

    private TableFront? FrontOf(SharedTable table) =>
        _ir.Emitted > LongHandler ? null : _context.Stripes.Fronts.FirstOrDefault(f => f.Table == table && f.Site == _handler.Site);

    // The addresses of the two places of a key in this processor's part, without the offset of the row, and the key's words.
    private sealed record FrontPlaces(TableFront Front, VReg First, VReg Second, VReg[] Words);

    // Adds and goes on at `done` where the key stands in a place, else goes on here.
    private FrontPlaces AddInFront(TableFront front, VReg key, BinaryOp op, IrOperand value, IrBlock done)
    {
        var words = new VReg[front.KeySize / 8];
        VReg? hash = null;
        for (var i = 0; i < words.Length; i++)
        {
            words[i] = _ir.Load(key, i * 8);
            hash = _ir.Binary(IrBinary.Mul, hash is { } before ? _ir.Binary(IrBinary.Xor, before, words[i]) : words[i], unchecked((long)TableFront.Multiplier));
        }
        var (number, row) = (_ir.Binary(IrBinary.ShrU, hash!.Value, front.Shift), OwnPart());
        if (front.IsFlipped) row = _ir.Binary(IrBinary.Add, row, _ir.Binary(IrBinary.Mul, _ir.Binary(IrBinary.And, _ir.Load(row, front.Offset), 1L), (long)front.RowSize));
        var (found, other, missing) = (_ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock());
        var first = PlaceAt(number);
        var at = _ir.Copy(first);
        _ir.Branch(IrCondition.Eq, Difference(first), 0, found, other);
        _ir.Start(other);
        var second = PlaceAt(_ir.Binary(IrBinary.Xor, number, 1));
        _ir.Assign(at, second);
        _ir.Branch(IrCondition.Eq, Difference(second), 0, found, missing);
        _ir.Start(found);
        _ir.Store(at, front.RowOffset + front.Sum, Compute(op, _ir.Load(at, front.RowOffset + front.Sum), value));
        _ir.Jump(done);
        _ir.Start(missing);
        return new FrontPlaces(front, first, second, words);

        VReg PlaceAt(VReg index) => _ir.Binary(IrBinary.Add, row, _ir.Binary(IrBinary.Mul, index, (long)front.PlaceSize));

        VReg Difference(VReg place)
        {
            var difference = _ir.Binary(IrBinary.Xor, _ir.Load(place, front.RowOffset + TableFront.Taken), 1L);
            for (var i = 0; i < words.Length; i++)
                difference = _ir.Binary(IrBinary.Or, difference, _ir.Binary(IrBinary.Xor, _ir.Load(place, front.RowOffset + TableFront.Key + i * 8), words[i]));
            return difference;
        }
    }

    // Of a key that is in the map: where one of its places is free, the key stands there from now on with what is added now, and it goes on at `done`; else here.
    private void TakePlace(FrontPlaces places, BinaryOp op, IrOperand value, IrBlock done)
    {
        var front = places.Front;
        var (take, second, none) = (_ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock());
        var at = _ir.Copy(places.First);
        _ir.Branch(IrCondition.Eq, _ir.Load(places.First, front.RowOffset + TableFront.Taken), 0, take, second);
        _ir.Start(second);
        _ir.Assign(at, places.Second);
        _ir.Branch(IrCondition.Eq, _ir.Load(places.Second, front.RowOffset + TableFront.Taken), 0, take, none);
        _ir.Start(take);
        for (var i = 0; i < places.Words.Length; i++) _ir.Store(at, front.RowOffset + TableFront.Key + i * 8, places.Words[i]);
        _ir.Store(at, front.RowOffset + front.Sum, Compute(op, 0L, value));
        // An exchange is a barrier on every processor: who sees it done sees the key.
        _ir.Emit(new IrOp.Atomic(IrAtomic.Exchange, 8, at, front.RowOffset + TableFront.Taken, _ir.Const(1), null, _ir.NewRegister(), _ir.Span));
        _ir.Jump(done);
        _ir.Start(none);
    }
}
