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

    private readonly record struct Place(FrameSlot? Slot, int ScratchOffset);

    private readonly Dictionary<TypedLocal, Storage> _locals = [];
    private readonly List<IrOp> _entry = [];
    private readonly List<(int Size, Place Place)> _inUse = [];
    private readonly List<(int Size, Place Place)> _free = [];
    private int _stackBytes;
    private int _scratchBytes;
    private VReg? _scratch;
    private VReg _scratchKey;
    private VReg _scratchMap;
    private FrameSlot? _scratchSlot;

    // A variable's registers: the word (or the address of a string's buffer), and whether it is not nil.
    private sealed record Storage(KtapType Type, VReg Word, Place Buffer, VReg? Present, VReg? Tag);

    private VReg Buffer(int size, string purpose)
    {
        var place = Allocate((size + 7) / 8 * 8, purpose);
        _inUse.Add(((size + 7) / 8 * 8, place));
        return AddressOf(place);
    }

    private Place Allocate(int size, string purpose)
    {
        var reuse = _free.FindIndex(f => f.Size == size);
        if (reuse >= 0)
        {
            var place = _free[reuse].Place;
            _free.RemoveAt(reuse);
            return place;
        }
        if (size <= LargestSlot && _stackBytes + size <= MostStack)
        {
            _stackBytes += size;
            return new Place(_ir.NewSlot(size, purpose), 0);
        }
        if (_scratch is null)
        {
            (_scratch, _scratchKey, _scratchMap) = (_ir.NewRegister(), _ir.NewRegister(), _ir.NewRegister());
            _scratchSlot = _ir.NewSlot(8, "scratch key");
        }
        var offset = _scratchBytes;
        _scratchBytes += size;
        return new Place(null, offset);
    }

    private VReg AddressOf(Place place) => place.Slot is { } slot
        ? _ir.Address(slot)
        : _ir.Binary(IrBinary.Add, _scratch!.Value, place.ScratchOffset);

    // Buffers live until the end of the statement that made them; what variables hold is copied to memory of their own.
    private void ReleaseBuffers(int mark)
    {
        _free.AddRange(_inUse.Skip(mark));
        _inUse.RemoveRange(mark, _inUse.Count - mark);
    }

    private Storage StorageOf(TypedLocal local)
    {
        if (_locals.TryGetValue(local, out var storage)) return storage;
        var type = local.Type.NotNil;
        var word = _ir.NewRegister();
        VReg? present = local.Type.MayBeNil ? _ir.NewRegister() : null;
        var buffer = default(Place);
        _entry.Add(new IrOp.Const(word, 0, _handler.Span));
        if (present is { } flag) _entry.Add(new IrOp.Const(flag, 0, _handler.Span));
        if (BufferSize(type) is > 0 and var size)
        {
            buffer = Allocate(size, local.Name);
            ClearAtEntry(buffer, size);
        }
        VReg? tag = type is KtapType.AnyType ? _ir.NewRegister() : null;
        if (tag is { } kind) _entry.Add(new IrOp.Const(kind, KindTag.Int, _handler.Span));
        return _locals[local] = new Storage(local.Type, word, buffer, present, tag);
    }

    // The bytes that a value of a type takes in memory; 0 where it is a word.
    private static int BufferSize(KtapType type) => type switch
    {
        KtapType.StringType s => s.Capacity,
        KtapType.AnyType { StringCapacity: > 0 } a => a.PayloadSize,
        _ => 0,
    };

    // The verifier lets no uninitialised stack be read.
    private void ClearAtEntry(Place buffer, int size)
    {
        if (buffer.Slot is not { } slot) return;
        var address = _ir.NewRegister();
        _entry.Add(new IrOp.FrameAddress(address, slot, 0, _handler.Span));
        for (var at = 0; at < size; at += 8) _entry.Add(new IrOp.Store(8, address, at, 0L, _handler.Span));
    }

    private IrValue ReadLocal(TypedLocal local)
    {
        if (local.Type is KtapType.NilType or KtapType.NeverType) return IrValue.Nil;
        var storage = StorageOf(local);
        var value = local.Type.NotNil switch
        {
            KtapType.StringType s => IrValue.OfString(s.Capacity, AddressOf(storage.Buffer)),
            KtapType.AnyType { StringCapacity: > 0 and var capacity } => IrValue.OfAny(capacity, _ir.Copy(storage.Tag!.Value), AddressOf(storage.Buffer)),
            KtapType.AnyType => IrValue.OfAny(_ir.Copy(storage.Tag!.Value), _ir.Copy(storage.Word)),
            var type => IrValue.OfWord(type, _ir.Copy(storage.Word)),
        };
        return storage.Present is { } present ? value.When(_ir.Copy(present)) : value;
    }

    private void WriteLocal(TypedLocal local, IrValue value)
    {
        if (local.Type is KtapType.NilType or KtapType.NeverType) return;
        var storage = StorageOf(local);
        var stored = Coerce(value, local.Type);
        if (local.Type.NotNil is KtapType.StringType) CopyWords(AddressOf(storage.Buffer), 0, stored);
        else if (local.Type.NotNil is KtapType.AnyType { StringCapacity: > 0 } any) CopyPayload(AddressOf(storage.Buffer), 0, stored.Address, any.PayloadSize);
        else _ir.Assign(storage.Word, stored.Word);
        if (storage.Tag is { } tag) _ir.Assign(tag, stored.Tag);
        if (storage.Present is { } present) _ir.Assign(present, stored.Present is { } p ? p : 1L);
    }

    private IrValue ReadCell(SharedCell cell)
    {
        if (cell.Type is KtapType.NilType or KtapType.NeverType) return IrValue.Nil;
        var place = _context.Memory.Place(cell);
        var address = _ir.Data(DataKind.Bss, place.Offset);
        IrValue value;
        if (BufferSize(cell.Type.NotNil) > 0)
        {
            var size = Layout.SizeOf(cell.Type.NotNil);
            var copy = Buffer(size, cell.Cell.Name);
            CopyPayload(copy, 0, address, size);
            value = LoadFrom(copy, cell.Type.NotNil);
        }
        else
        {
            value = LoadFrom(address, cell.Type.NotNil);
        }
        return place.PresentOffset is { } present ? value.When(_ir.Load(_ir.Data(DataKind.Bss, present), 0)) : value;
    }

    // A stored value, as Layout has it; strings and payloads where they lie.
    private IrValue LoadFrom(VReg address, KtapType type) => type switch
    {
        KtapType.StringType s => IrValue.OfString(s.Capacity, address),
        KtapType.AnyType any => LoadAny(address, 0, any),
        _ => IrValue.OfWord(type, _ir.Load(address, 0)),
    };

    private void WriteCell(SharedCell cell, IrValue value)
    {
        if (cell.Type is KtapType.NilType or KtapType.NeverType) return;
        var place = _context.Memory.Place(cell);
        var stored = Coerce(value, cell.Type);
        StoreAt(_ir.Data(DataKind.Bss, place.Offset), 0, stored);
        if (place.PresentOffset is { } present)
            _ir.Store(_ir.Data(DataKind.Bss, present), 0, stored.Present is { } p ? p : 1L);
    }

    // The entry block: registers of variables get values on every path, and the scratch memory is looked up once.
    private (IrFunction Function, MapSpec? Scratch) Finish()
    {
        BoundLoops();
        var function = _ir.Finish();
        var entry = function.Blocks[0];
        var body = ((IrOp.Jump)entry.Ops[^1]).Target;
        entry.Ops.Clear();
        entry.Ops.AddRange(_entry);
        var span = _handler.Span;
        if (_scratch is not { } scratch)
        {
            entry.Ops.Add(new IrOp.Jump(body, span));
            return (function, null);
        }
        var map = new MapSpec($"scratch_{function.Name}", BpfMapType.PercpuArray, 4, _scratchBytes, 1);
        entry.Ops.Add(new IrOp.FrameAddress(_scratchKey, _scratchSlot!, 0, span));
        entry.Ops.Add(new IrOp.Store(8, _scratchKey, 0, 0L, span));
        entry.Ops.Add(new IrOp.MapAddress(_scratchMap, map, span));
        entry.Ops.Add(new IrOp.Call(scratch, BpfHelper.MapLookupElem, [_scratchMap, _scratchKey], CallEffect.Any, span));
        entry.Ops.Add(new IrOp.Branch(IrCondition.Eq, scratch, 0L, _end, body, span));
        return (function, map);
    }
}
