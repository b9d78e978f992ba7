using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Lowering;

// Stacks: captured into scratch memory, hashed, and kept once in the map of stacks under their hash.
internal sealed partial class HandlerLowering
{
    // bpf_get_stack's flags (linux/bpf.h).
    private const int UserStack = 1 << 8;
    private const int MostSkipped = 0xff;

    // The hash takes so many frames in one round, so that the verifier has fewer to walk; behind a stack's frames are zeros to the end of a round.
    private const int Round = 4;

    // Odd numbers with half of their bits set: the golden ratio of 2^64, and the multiplier of splitmix64.
    private const long FirstFactor = unchecked((long)0x9e3779b97f4a7c15), SecondFactor = unchecked((long)0xbf58476d1ce4e5b9);

    private IrValue CaptureStack(bool user, IrOperand depth, IrOperand skip)
    {
        var entry = Buffer(StackLayout.Frames + (StackLayout.MaxFrames + Round - 1) * 8, "stack");
        var frames = _ir.Binary(IrBinary.Add, entry, StackLayout.Frames);
        var (id, present) = (_ir.Copy(user ? StackLayout.NoUserFrames : StackLayout.NoKernelFrames), _ir.Copy(1L));
        var (some, none, lost, nil, done) = (_ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock());

        var size = _ir.Call(BpfHelper.GetStack, CallEffect.Any, _ir.Context(), frames, BytesOf(depth), StackFlags(user, skip));
        _ir.Branch(IrCondition.GtS, size, 0, some, none);
        _ir.Start(none);
        // A stack of fewer frames than are skipped is an error to the kernel; here it has none.
        if (skip != (IrOperand)0L) _ir.Jump(done);
        else _ir.Branch(IrCondition.LtS, size, 0, lost, done);
        _ir.Start(lost);
        CountError(HandlerError.StackLost);
        _ir.Jump(nil);

        _ir.Start(some);
        var count = _ir.Binary(IrBinary.And, _ir.Binary(IrBinary.ShrU, size, 3), StackLayout.MaxFrames);
        var end = _ir.Binary(IrBinary.Add, frames, _ir.Binary(IrBinary.Shl, count, 3));
        for (var at = 0; at < (Round - 1) * 8; at += 8) _ir.Store(end, at, 0);
        IrOperand process = user ? ProcessId() : 0L;
        _ir.Store(entry, StackLayout.Count, count, 4);
        _ir.Store(entry, StackLayout.Process, process, 4);
        var seed = _ir.Binary(IrBinary.Or, _ir.Binary(IrBinary.Shl, process, 32), count);
        var (first, second) = Hash(frames, count, seed);
        _ir.Store(entry, StackLayout.Check, second);
        _ir.Assign(id, _ir.Binary(IrBinary.Or, first, StackLayout.Entry));
        Keep(entry, id, process, nil, done);

        _ir.Start(nil);
        _ir.Assign(present, 0);
        _ir.Start(done);
        return IrValue.OfWord(KtapType.Stack, id).When(present);
    }

    // A depth below 0 is a large number without sign: all.
    private IrOperand BytesOf(IrOperand depth)
    {
        if (depth.Register is null) return 8 * (long)Math.Min((ulong)depth.Immediate, StackLayout.MaxFrames);
        return _ir.Binary(IrBinary.Shl, Limited(depth, StackLayout.MaxFrames), 3);
    }

    private IrOperand StackFlags(bool user, IrOperand skip)
    {
        var tracing = user ? 0 : _handler.Site.TracingFrames;
        if (skip.Register is null) return Math.Clamp(skip.Immediate, 0, MostSkipped - tracing) + tracing | (user ? UserStack : 0L);
        var all = _ir.Binary(IrBinary.Add, Limited(skip, MostSkipped - tracing), tracing);
        return user ? _ir.Binary(IrBinary.Or, all, UserStack) : all;
    }

    private VReg Limited(IrOperand value, long most)
    {
        var result = _ir.Copy(value);
        var (above, fine) = (_ir.NewBlock(), _ir.NewBlock());
        _ir.Branch(IrCondition.GtU, result, most, above, fine);
        _ir.Start(above);
        _ir.Assign(result, most);
        _ir.Start(fine);
        return result;
    }

    // The loop's counter is known in every round that the verifier walks; nothing of it is read behind the loop, so that the walk goes on once from there.
    private (VReg First, VReg Second) Hash(VReg frames, VReg count, VReg seed)
    {
        var (first, second, at) = (_ir.Copy(seed), _ir.Binary(IrBinary.Xor, seed, SecondFactor), _ir.Copy(0L));
        var (loop, more, round, done) = (_ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock());
        _ir.Start(loop);
        _ir.Branch(IrCondition.LtU, at, StackLayout.MaxFrames, more, done);
        _ir.Start(more);
        _ir.Branch(IrCondition.LtU, at, count, round, done);
        _ir.Start(round);
        var from = _ir.Binary(IrBinary.Add, frames, _ir.Binary(IrBinary.Shl, at, 3));
        for (var i = 0; i < Round; i++)
        {
            var frame = _ir.Load(from, i * 8);
            _ir.Assign(first, Mix(_ir.Binary(IrBinary.Xor, first, frame), FirstFactor, 32));
            _ir.Assign(second, Mix(_ir.Binary(IrBinary.Add, second, frame), SecondFactor, 29));
        }
        _ir.Assign(at, _ir.Binary(IrBinary.Add, at, Round));
        _ir.Jump(loop);
        _ir.Start(done);
        return (first, second);
    }

    private VReg Mix(VReg value, long factor, int shift)
    {
        var product = _ir.Binary(IrBinary.Mul, value, factor);
        return _ir.Binary(IrBinary.Xor, product, _ir.Binary(IrBinary.ShrU, product, shift));
    }

    // Finds the stack in the map, or puts it there; goes to nil where that isn't possible.
    private void Keep(VReg entry, VReg id, IrOperand process, IrBlock nil, IrBlock done)
    {
        var key = Buffer(8, "stack's number");
        _ir.Store(key, 0, id);
        var (known, insert, kept, again, failed, full, other) =
            (_ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock());
        var found = _ir.Copy(_ir.Call(BpfHelper.MapLookupElem, CallEffect.Any, _ir.Map(_context.Stacks), key));
        _ir.Branch(IrCondition.Ne, found, 0, known, insert);

        _ir.Start(insert);
        var result = _ir.Call(BpfHelper.MapUpdateElem, CallEffect.Any, _ir.Map(_context.Stacks), key, entry, (long)NoExist);
        _ir.Branch(IrCondition.Eq, result, 0, kept, again);
        _ir.Start(kept);
        if (process.Register is not null) SendStack(id, process);
        _ir.Jump(done);

        // Another CPU was faster: what it put there has to be the same stack too.
        _ir.Start(again);
        _ir.Branch(IrCondition.Eq, result, TooBig, full, failed);
        _ir.Start(failed);
        _ir.Assign(found, _ir.Call(BpfHelper.MapLookupElem, CallEffect.Any, _ir.Map(_context.Stacks), key));
        _ir.Branch(IrCondition.Ne, found, 0, known, other);
        _ir.Start(known);
        _ir.Branch(IrCondition.Eq, _ir.Load(found, StackLayout.Check), _ir.Load(entry, StackLayout.Check), done, other);

        _ir.Start(full);
        CountError(HandlerError.StacksFull);
        _ir.Jump(nil);
        _ir.Start(other);
        CountError(HandlerError.StackLost);
        _ir.Jump(nil);
    }

    // Tells user space about a new user stack, so that it looks at the process's memory map while the process is there. Where the ring is
    // full it looks when the stack is printed.
    private void SendStack(VReg id, IrOperand process)
    {
        _sends = true;
        var record = _ir.Call(BpfHelper.RingbufReserve, CallEffect.Any, _ir.Map(_context.Ring), StackRecord.Size, 0L);
        var (send, done) = (_ir.NewBlock(), _ir.NewBlock());
        _ir.Branch(IrCondition.Ne, record, 0, send, done);
        _ir.Start(send);
        _ir.Store(record, 0, RecordLayout.StackId, 4);
        _ir.Store(record, 4, 0L, 4);
        _ir.Store(record, StackRecord.Number, id);
        _ir.Store(record, StackRecord.Process, process);
        _ir.CallVoid(BpfHelper.RingbufSubmit, record, 0L);
        _ir.Start(done);
    }
}
