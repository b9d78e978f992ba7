using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Numerics;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;

namespace Ktap.Compiler.Lowering;

// Sums in memory that each processor has a part of: nothing is looked up, and no cache line travels between processors.
internal sealed partial class HandlerLowering
{
    private void AddToCell(StripedCell cell, BinaryOp op, IrOperand value) => AddToSum(cell.Sum, OwnPart(), op, value);

    private void AddToSlot(StripedTable striped, IrValue key, BinaryOp op, IrOperand value)
    {
        if (key.Type is KtapType.NilType)
        {
            CountError(HandlerError.BadSample);
            return;
        }
        var done = _ir.NewBlock();
        CountNil(key, done);
        // The verifier has to see that the index lies in the row; only on a machine with more processors than the one that was compiled for may it not.
        var index = IndexOf(striped, key.Unwrapped);
        var (inside, beyond) = (_ir.NewBlock(), _ir.NewBlock());
        _ir.Branch(IrCondition.LtU, index, striped.Sum.Length, inside, beyond);
        _ir.Start(inside);
        AddToSum(striped.Sum, _ir.Binary(IrBinary.Add, OwnPart(), _ir.Binary(IrBinary.Shl, index, 3)), op, value);
        _ir.Jump(done);
        _ir.Start(beyond);
        CountError(HandlerError.UpdateRefused, striped.Table);
        _ir.Start(done);
    }

    private IrOperand IndexOf(StripedTable striped, IrValue key)
    {
        if (striped.Table.Key is not KtapType.StringType) return Coerce(key, striped.Table.Key).Word;
        if (key.Constant is { } constant) return striped.Keys.IndexOf(constant);
        // Of names among other strings a table in the read-only data tells the index.
        var names = ((KtapType.NameType)key.Type).Names.Names;
        var indexes = names.Select(n => striped.Keys.IndexOf(Values.Value.String(n))).ToArray();
        if (key.Word.Register is null) return indexes[key.Word.Immediate];
        var bytes = new byte[names.Length * 2];
        for (var i = 0; i < indexes.Length; i++)
            if (_context.Target.Architecture.IsBigEndian) BinaryPrimitives.WriteInt16BigEndian(bytes.AsSpan(i * 2), (short)indexes[i]);
            else BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(i * 2), (short)indexes[i]);
        var at = _ir.Binary(IrBinary.Shl, InRange(key.Word, names.Length), 1);
        return _ir.Load(_ir.Binary(IrBinary.Add, _ir.Data(DataKind.Rodata, _context.Memory.Constant([.. bytes])), at), 0, 2);
    }

    // Where this processor's part begins; the mask shows the verifier that it lies in the memory.
    private VReg OwnPart()
    {
        var memory = _context.Stripes.Memory;
        var own = _ir.Binary(IrBinary.And, _ir.Call(BpfHelper.GetSmpProcessorId, CallEffect.PerRun), memory.Count - 1);
        return _ir.Binary(IrBinary.Add, _ir.Data(DataKind.Bss, memory.Offset), _ir.Binary(IrBinary.Shl, own, BitOperations.Log2((uint)memory.Stride)));
    }

    private void AddToSum(StripedSum sum, VReg at, BinaryOp op, IrOperand value)
    {
        var added = op == BinaryOp.Subtract ? _ir.Binary(IrBinary.Sub, 0L, value) : value;
        Add(sum.Offset, added);
        if (sum.TouchedOffset is { } touched) Add(touched, 1L);

        void Add(int offset, IrOperand what)
        {
            if (sum.IsShared) _ir.AtomicAdd(at, offset, what);
            else _ir.Store(at, offset, _ir.Binary(IrBinary.Add, _ir.Load(at, offset), what));
        }
    }
}
