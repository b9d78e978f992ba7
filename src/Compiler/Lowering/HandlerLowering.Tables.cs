using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;

namespace Ktap.Compiler.Lowering;

// Slots of tables: BPF hash maps, updated by atomic operations on the value in place.
internal sealed partial class HandlerLowering
{
    // bpf_map_update_elem's flags (linux/bpf.h) and results (asm-generic/errno-base.h, errno.h).
    private const int Any = 0;
    private const int NoExist = 1;
    private const int TooBig = -7;
    private const int Exists = -17;

    // How often a compare-exchange is tried again before the update counts as refused.
    private const int MostTries = 64;

    private IrValue ReadSlot(TypedSlotRead e)
    {
        var key = Expression(e.Key);
        var type = e.Table.Value;
        if (type is KtapType.NeverType || key.Type is KtapType.NilType || !Fits(key.Type.NotNil, e.Table.Key)) return IrValue.Nil;
        var local = new TypedLocal(e.Table.Name) { Type = type.OrNil };
        WriteLocal(local, IrValue.Nil);
        var done = _ir.NewBlock();
        IfPresent(key, done);
        ReadSlot(e.Table, KeyAddress(e.Table, key.Unwrapped), local, done);
        _ir.Start(done);
        return ReadLocal(local);
    }

    // The value under a key into a variable, which is left alone where there is none. A slot is replaced by a new one, and the old one's memory is given to the next
    // at once, maybe while it is copied. So what is larger than a word was read whole where the slot is still there afterwards, with what was copied in it.
    private void ReadSlot(SharedTable table, VReg key, TypedLocal local, IrBlock none)
    {
        var map = _ir.Map(_context.Tables[table].Map);
        if (Layout.SizeOf(table.Value) <= 8)
        {
            WriteLocal(local, LoadFrom(Look(), table.Value));
            return;
        }
        Retry(MostCopyTries, () => Fail(HandlerError.UpdateRefused), (done, again) =>
        {
            if (local.Type.MayBeNil) WriteLocal(local, IrValue.Nil);
            var slot = Look();
            WriteLocal(local, LoadFrom(slot, table.Value));
            var (same, copy, difference) = (_ir.NewBlock(), AddressOf(StorageOf(local).Buffer), _ir.Const(0));
            _ir.Branch(IrCondition.Eq, _ir.Call(BpfHelper.MapLookupElem, CallEffect.Any, map, key), slot, same, again);
            _ir.Start(same);
            for (var at = 0; at < Layout.SizeOf(table.Value); at += 8)
                difference = _ir.Binary(IrBinary.Or, difference, _ir.Binary(IrBinary.Xor, _ir.Load(slot, at), _ir.Load(copy, at)));
            _ir.Branch(IrCondition.Eq, difference, 0, done, again);
        });

        VReg Look()
        {
            var found = _ir.NewBlock();
            var slot = _ir.Call(BpfHelper.MapLookupElem, CallEffect.Any, map, key);
            _ir.Branch(IrCondition.Ne, slot, 0, found, none);
            _ir.Start(found);
            return slot;
        }
    }

    // A read under a key of a kind that is never stored finds nothing.
    private static bool Fits(KtapType key, KtapType stored) => KtapType.Join(key, stored) == stored;

    private void IfPresent(IrValue value, IrBlock otherwise)
    {
        if (value.Present is not { } present) return;
        var there = _ir.NewBlock();
        _ir.Branch(IrCondition.Ne, present, 0, there, otherwise);
        _ir.Start(there);
    }

    private VReg KeyAddress(SharedTable table, IrValue key)
    {
        var coerced = Coerce(key, table.Key);
        return coerced.Type is KtapType.StringType ? AsString(coerced).Address : InMemory(coerced, table.Key, "key");
    }

    private VReg InMemory(IrValue value, KtapType type, string purpose)
    {
        var buffer = Buffer(Layout.SizeOf(type), purpose);
        StoreAt(buffer, 0, value);
        return buffer;
    }

    private void StoreSlot(SharedTable table, IrValue key, IrValue value)
    {
        if (key.Type is KtapType.NilType)
        {
            CountError(HandlerError.BadSample);
            return;
        }
        var done = _ir.NewBlock();
        CountNil(key, done);
        var address = KeyAddress(table, key.Unwrapped);
        if (value.Type is KtapType.NilType)
        {
            _ir.CallVoid(BpfHelper.MapDeleteElem, _ir.Map(_context.Tables[table].Map), address);
            _ir.Start(done);
            return;
        }
        if (value.Present is { } present)
        {
            var (store, remove) = (_ir.NewBlock(), _ir.NewBlock());
            _ir.Branch(IrCondition.Ne, present, 0, store, remove);
            _ir.Start(remove);
            _ir.CallVoid(BpfHelper.MapDeleteElem, _ir.Map(_context.Tables[table].Map), address);
            _ir.Jump(done);
            _ir.Start(store);
        }
        var stored = Coerce(value.Unwrapped, table.Value);
        var memory = stored.Type is KtapType.StringType ? AsString(stored).Address : InMemory(stored, table.Value, "value");
        var result = UpdateMap(_ir.Map(_context.Tables[table].Map), address, memory, Any);
        CountRefusal(table, result, done);
        _ir.Start(done);
    }

    // What the kernel answers: 0, or an error below 0. Before Linux 6.4 a program calls the map's own function, whose int is half of the register;
    // the other half is not its sign.
    private VReg UpdateMap(IrOperand map, IrOperand key, IrOperand value, long flags)
    {
        var answer = _ir.Call(BpfHelper.MapUpdateElem, CallEffect.Any, map, key, value, flags);
        return _ir.Binary(IrBinary.ShrS, _ir.Binary(IrBinary.Shl, answer, 32), 32);
    }

    // A nil key can't be stored under: the sample is bad.
    private void CountNil(IrValue value, IrBlock done)
    {
        if (value.Present is not { } present) return;
        var (there, missing) = (_ir.NewBlock(), _ir.NewBlock());
        _ir.Branch(IrCondition.Ne, present, 0, there, missing);
        _ir.Start(missing);
        CountError(HandlerError.BadSample);
        _ir.Jump(done);
        _ir.Start(there);
    }

    private void CountRefusal(SharedTable table, VReg result, IrBlock done) => CountRefusal(table, result, done, done);

    // Goes on at one block where the kernel took the update, and at another where it was counted as refused.
    private void CountRefusal(SharedTable table, VReg result, IrBlock taken, IrBlock done)
    {
        var (failed, full, other) = (_ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock());
        _ir.Branch(IrCondition.LtS, result, 0, failed, taken);
        _ir.Start(failed);
        _ir.Branch(IrCondition.Eq, result, TooBig, full, other);
        _ir.Start(full);
        CountError(HandlerError.TableFull, table);
        _ir.Jump(done);
        _ir.Start(other);
        CountError(HandlerError.UpdateRefused, table);
        _ir.Jump(done);
    }

    private void Update(TypedUpdate s)
    {
        var value = Expression(s.Value);
        if (value.Type is KtapType.NilType)
        {
            CountError(HandlerError.BadSample);
            return;
        }
        var done = _ir.NewBlock();
        CountNil(value, done);
        switch (s.Target)
        {
            case TypedTarget.Local t:
                WriteLocal(t.Variable, IrValue.OfInt(Compute(s.Op, IntegerOrZero(ReadLocal(t.Variable)), value.Word)));
                break;
            case TypedTarget.Cell t:
                UpdateCell(t.Variable, s.Op, value.Word);
                break;
            case TypedTarget.Member t:
                UpdateMember(t, s.Op, value.Word);
                break;
            case TypedTarget.Slot t:
                UpdateSlot(t.Table, Expression(t.Key), s.Op, value.Word);
                break;
        }
        _ir.Start(done);
    }

    private void UpdateSlot(SharedTable table, IrValue key, BinaryOp op, IrOperand value)
    {
        if (_context.Stripes.Tables.FirstOrDefault(s => s.Table == table) is { } striped)
        {
            AddToSlot(striped, key, op, value);
            return;
        }
        if (key.Type is KtapType.NilType)
        {
            CountError(HandlerError.BadSample);
            return;
        }
        var done = _ir.NewBlock();
        CountNil(key, done);
        var (there, insert, refused, again, late, gone) = (_ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock());
        var address = KeyAddress(table, key.Unwrapped);
        var places = FrontOf(table) is { } front ? AddInFront(front, address, op, value, done) : null;
        var map = UpdatedMap(table, gone);
        var slot = _ir.Call(BpfHelper.MapLookupElem, CallEffect.Any, map, address);
        _ir.Branch(IrCondition.Ne, slot, 0, there, insert);
        _ir.Start(there);
        if (places is not null) TakePlace(places, op, value, done);
        ModifySlot(slot);
        _ir.Jump(done);

        // The first value under a key; another CPU may have been faster, then its slot is updated.
        _ir.Start(insert);
        var first = InMemory(Coerce(IrValue.OfInt(Compute(op, 0L, value)), table.Value), table.Value, "value");
        var result = UpdateMap(map, address, first, NoExist);
        _ir.Branch(IrCondition.Eq, result, Exists, again, refused);
        _ir.Start(refused);
        CountRefusal(table, result, done);
        _ir.Start(again);
        var other = _ir.Call(BpfHelper.MapLookupElem, CallEffect.Any, map, address);
        _ir.Branch(IrCondition.Ne, other, 0, late, gone);
        _ir.Start(late);
        ModifySlot(other);
        _ir.Jump(done);
        _ir.Start(gone);
        CountError(HandlerError.UpdateRefused, table);
        _ir.Start(done);

        void ModifySlot(VReg at) => Modify(table.Value is KtapType.AnyType ? IntegerAt(at) : at, op, value, table);
    }

    // Of maps in turns, the one whose turn it is: the same throughout a run, since user space waits for the end of every run that may have
    // found the other.
    private VReg UpdatedMap(SharedTable table, IrBlock none)
    {
        var map = _context.Tables[table];
        return map.IsFlipped ? InTurn(map.Map, none) : _ir.Map(map.Map);
    }

    private VReg InTurn(MapSpec map, IrBlock none)
    {
        var first = _ir.Data(DataKind.Rodata, _context.Memory.Constant([0, 0, 0, 0, 0, 0, 0, 0]));
        var found = _ir.Call(BpfHelper.MapLookupElem, CallEffect.PerRun, _ir.Map(map), first);
        var there = _ir.NewBlock();
        _ir.Branch(IrCondition.Ne, found, 0, there, none);
        _ir.Start(there);
        return found;
    }

    // One atomic step on a word in memory: an instruction where there is one, else compare-exchange until nobody came between.
    private void Modify(VReg address, BinaryOp op, IrOperand value, SharedTable? table)
    {
        var atomic = op switch
        {
            BinaryOp.Add or BinaryOp.Subtract => IrAtomic.Add,
            BinaryOp.BitOr => IrAtomic.Or,
            BinaryOp.BitAnd => IrAtomic.And,
            BinaryOp.BitXor => IrAtomic.Xor,
            _ => (IrAtomic?)null,
        };
        // Before 5.12 kernels have only the atomic add.
        if (!_context.Target.Features.AtomicFetch && atomic != IrAtomic.Add)
        {
            _ir.Store(address, 0, Compute(op, _ir.Load(address, 0), value));
            return;
        }
        if (atomic is { } instruction)
        {
            var operand = op == BinaryOp.Subtract ? _ir.Binary(IrBinary.Sub, 0L, value) : _ir.Materialize(value);
            _ir.Emit(new IrOp.Atomic(instruction, 8, address, 0, operand, null, null, _ir.Span));
            return;
        }
        Retry(MostTries, () => CountError(HandlerError.UpdateRefused, table), (done, again) =>
        {
            var old = _ir.Load(address, 0);
            var wanted = Compute(op, old, value);
            var seen = _ir.NewRegister();
            _ir.Emit(new IrOp.Atomic(IrAtomic.CompareExchange, 8, address, 0, wanted, old, seen, _ir.Span));
            _ir.Branch(IrCondition.Eq, seen, old, done, again);
        });
    }

    // Tries again until nobody came between, 'most' times where the kernel can't end a loop itself. Where it can, there is no counter: it would be
    // left at any of its values, and verifiers that compare dead registers too (before 6.15, at the head of a loop around it) follow each of them.
    private void Retry(int most, Action giveUp, Action<IrBlock, IrBlock> attempt)
    {
        var (head, refused, done) = (_ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock());
        if (_context.Target.Features.MayGoto)
        {
            var inside = _ir.NewBlock();
            _ir.Start(head);
            _ir.Emit(new IrOp.Guard(inside, refused, null, _ir.Span));
            _ir.Start(inside);
            attempt(done, head);
        }
        else
        {
            var again = _ir.NewBlock();
            var tries = _ir.Copy((long)most);
            _ir.Start(head);
            attempt(done, again);
            _ir.Start(again);
            _ir.Assign(tries, _ir.Binary(IrBinary.Sub, tries, 1L));
            _ir.Branch(IrCondition.Ne, tries, 0, head, refused);
        }
        _ir.Start(refused);
        giveUp();
        _ir.Start(done);
    }
}
