using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;

namespace Ktap.Compiler.Lowering;

// Where values live: registers for words, stack slots for small buffers, per-CPU scratch memory for large ones.
internal sealed partial class HandlerLowering
{
    // The frame has 512 bytes, and the code generator needs some of it for spills.
    private const int LargestSlot = 64;
    private const int MostStack = 320;

    private readonly Dictionary<TypedLocal, Storage> _locals = [];
    private readonly List<Place> _unset = [];
    private int _scratchBytes;

    // A variable's memory: a register for a word, else a buffer; and the register that says whether it is not nil. Where callbacks share the
    // variables all of it is in scratch memory, the word that says so behind the value.
    private sealed record Storage(KtapType Type, VReg? Word, Place Buffer, VReg? Present);

    private VReg Buffer(int size, string purpose)
    {
        var place = Allocate((size + 7) / 8 * 8, purpose);
        _function.InUse.Add(((size + 7) / 8 * 8, place));
        return AddressOf(place);
    }

    private VReg Scratch(int size, string purpose)
    {
        size = (size + 7) / 8 * 8;
        var place = Allocate(size, purpose, inScratch: true);
        _function.InUse.Add((size, place));
        return AddressOf(place);
    }

    private Place Allocate(int size, string purpose, bool inScratch = false)
    {
        var reuse = _function.Free.FindIndex(f => f.Size == size && (!inScratch || f.Place.Slot is null));
        if (reuse >= 0)
        {
            var place = _function.Free[reuse].Place;
            _function.Free.RemoveAt(reuse);
            return place;
        }
        if (!inScratch && size <= LargestSlot && _function.StackBytes + size <= MostStack)
        {
            _function.StackBytes += size;
            return new Place(_ir.NewSlot(size, purpose), 0);
        }
        return InScratch(size);
    }

    private Place InScratch(int size)
    {
        var offset = _scratchBytes;
        _scratchBytes += size;
        return new Place(null, offset);
    }

    private VReg AddressOf(Place place) => place.Slot is { } slot ? _ir.Address(slot) : ScratchAt(place.ScratchOffset);

    private VReg ScratchAt(int offset)
    {
        _function.Scratch ??= _ir.NewRegister();
        return _ir.Binary(IrBinary.Add, _function.Scratch.Value, offset);
    }

    // Buffers live until the end of the statement that made them; what variables hold is copied to memory of their own.
    private void ReleaseBuffers(int mark)
    {
        _function.Free.AddRange(_function.InUse.Skip(mark));
        _function.InUse.RemoveRange(mark, _function.InUse.Count - mark);
    }

    private Storage StorageOf(TypedLocal local)
    {
        if (_locals.TryGetValue(local, out var storage)) return storage;
        var type = local.Type.NotNil;
        var size = Layout.SizeOf(type);
        if (_sharesVariables)
        {
            var place = InScratch(size + 8);
            if (local.Type.MayBeNil) _unset.Add(new Place(null, place.ScratchOffset + size));
            return _locals[local] = new Storage(local.Type, null, place, null);
        }
        VReg? present = local.Type.MayBeNil ? _ir.NewRegister() : null;
        if (present is { } flag) _function.Entry.Add(new IrOp.Const(flag, 0, _handler.Span));
        if (type.IsWord)
        {
            var word = _ir.NewRegister();
            _function.Entry.Add(new IrOp.Const(word, 0, _handler.Span));
            return _locals[local] = new Storage(local.Type, word, default, present);
        }
        var buffer = Allocate(size, local.Name);
        ClearAtEntry(buffer, size);
        return _locals[local] = new Storage(local.Type, null, buffer, present);
    }

    // The verifier lets no uninitialised stack be read.
    private void ClearAtEntry(Place buffer, int size)
    {
        if (buffer.Slot is not { } slot) return;
        var address = _ir.NewRegister();
        _function.Entry.Add(new IrOp.FrameAddress(address, slot, 0, _handler.Span));
        for (var at = 0; at < size; at += 8) _function.Entry.Add(new IrOp.Store(8, address, at, 0L, _handler.Span));
    }

    private IrValue ReadLocal(TypedLocal local)
    {
        if (local.Type is KtapType.NilType or KtapType.NeverType) return IrValue.Nil;
        var storage = StorageOf(local);
        var type = local.Type.NotNil;
        var value = storage.Word is { } word ? IrValue.OfWord(type, _ir.Copy(word)) : LoadFrom(AddressOf(storage.Buffer), type);
        if (!local.Type.MayBeNil) return value;
        return value.When(storage.Present is { } present ? _ir.Copy(present) : _ir.Load(AddressOf(storage.Buffer), Layout.SizeOf(type)));
    }

    private void WriteLocal(TypedLocal local, IrValue value)
    {
        if (local.Type is KtapType.NilType or KtapType.NeverType) return;
        var storage = StorageOf(local);
        var stored = Coerce(value, local.Type);
        if (storage.Word is { } word) _ir.Assign(word, stored.Word);
        else StoreAt(AddressOf(storage.Buffer), 0, stored.Unwrapped);
        if (!local.Type.MayBeNil) return;
        IrOperand isThere = stored.Present is { } p ? p : 1L;
        if (storage.Present is { } present) _ir.Assign(present, isThere);
        else _ir.Store(AddressOf(storage.Buffer), Layout.SizeOf(local.Type.NotNil), isThere);
    }

    // A stored value, as Layout has it; strings and payloads where they lie.
    private IrValue LoadFrom(VReg address, KtapType type)
    {
        switch (type)
        {
            case KtapType.StringType s:
                return IrValue.OfString(s.Capacity, address);
            case KtapType.AnyType any:
                return LoadAny(address, 0, any);
            case KtapType.TupleType tuple:
                var parts = ImmutableArray.CreateBuilder<IrValue>();
                var at = 0;
                foreach (var part in tuple.Parts)
                {
                    parts.Add(LoadFrom(_ir.Binary(IrBinary.Add, address, at), part));
                    at += Layout.SizeOf(part);
                }
                return IrValue.OfTuple(parts.ToImmutable());
            default:
                return IrValue.OfWord(type, _ir.Load(address, 0));
        }
    }

    // The entry block: registers of variables get values on every path, and the scratch memory is looked up once.
    private LoweredHandler Finish()
    {
        BoundLoops();
        var usesScratch = _function.Scratch is not null || _callbacks.Exists(c => c.Scratch is not null);
        var map = usesScratch ? new MapSpec($"scratch_{_name}", BpfMapType.PercpuArray, 4, _scratchBytes, 1) : null;
        if (_unset.Count > 0) _function.Scratch ??= _ir.NewRegister();
        return new LoweredHandler(Finish(_function, map, _unset), [.. _callbacks.Select(c => Finish(c, map, []))], map, _sends);
    }

    private IrFunction Finish(FunctionState state, MapSpec? map, List<Place> unset)
    {
        var (ir, span) = (state.Ir, _handler.Span);
        FrameSlot? slot = null;
        VReg key = default, address = default;
        if (state.Scratch is not null) (slot, key, address) = (ir.NewSlot(8, "scratch key"), ir.NewRegister(), ir.NewRegister());
        var (prepared, failed) = (ir.NewBlock(), ir.NewBlock());
        var function = ir.Finish();
        var entry = function.Blocks[0];
        var body = ((IrOp.Jump)entry.Ops[^1]).Target;
        entry.Ops.Clear();
        entry.Ops.AddRange(state.Entry);
        if (state.Scratch is not { } scratch)
        {
            entry.Ops.Add(new IrOp.Jump(body, span));
            return function;
        }
        entry.Ops.Add(new IrOp.FrameAddress(key, slot!, 0, span));
        entry.Ops.Add(new IrOp.Store(8, key, 0, 0L, span));
        entry.Ops.Add(new IrOp.MapAddress(address, map!, span));
        entry.Ops.Add(new IrOp.Call(scratch, BpfHelper.MapLookupElem, [address, key], CallEffect.Any, span));
        entry.Ops.Add(new IrOp.Branch(IrCondition.Eq, scratch, 0L, failed, prepared, span));
        foreach (var place in unset) prepared.Ops.Add(new IrOp.Store(8, scratch, place.ScratchOffset, 0L, span));
        prepared.Ops.Add(new IrOp.Jump(body, span));
        // Only the verifier thinks that it can fail. 1 is what ends the rounds of a callback; a handler returns 0, and a trampoline's may return nothing else.
        failed.Ops.Add(new IrOp.Return(state == _function ? 0L : Stop, span));
        return function with { Blocks = function.Blocks.Insert(1, prepared).Add(failed) };
    }
}

/// <summary>A handler as IR: its program, the functions that the kernel calls back for it, and the per-CPU map of its scratch memory, where it needs one.</summary>
internal sealed record LoweredHandler(IrFunction Function, ImmutableArray<IrFunction> Callbacks, MapSpec? Scratch, bool Sends);
