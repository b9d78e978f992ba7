using System.Collections.Immutable;
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

    // __bpf_trace_EVENT and __traceiter_EVENT.
    private const int MostTracingFrames = 2;

    // The hash takes so many frames in one round, so that the verifier has fewer to walk; behind a stack's frames are zeros to the end of a round.
    private const int Round = 4;

    // Odd numbers with half of their bits set: the golden ratio of 2^64, and the multiplier of splitmix64.
    private const long FirstFactor = unchecked((long)0x9e3779b97f4a7c15), SecondFactor = unchecked((long)0xbf58476d1ce4e5b9);

    // Whose stack, and which part of it.
    private readonly record struct StackPart(bool User, IrOperand Depth, IrOperand Skip);

    private IrValue CaptureStack(bool user, IrOperand depth, IrOperand skip)
    {
        var part = new StackPart(user, depth, skip);
        var ranges = TracingCode(part);
        var cut = !ranges.IsEmpty;
        // What is cut off in front stays in the buffer, in front of the entry. Behind is room for the stack's number: what comes out of memory is the same to the
        // verifier whichever way it came there, so that the rest of the handler is walked once and not once for each outcome.
        var size = StackLayout.Frames + ((cut ? 2 : 1) * StackLayout.MaxFrames + Round - 1) * 8;
        var buffer = Buffer(size + 8, "stack");
        var number = _ir.Binary(IrBinary.Add, buffer, size);
        var (some, none, lost, done) = (_ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock());

        _ir.Store(number, 0, user ? StackLayout.NoUserFrames : StackLayout.NoKernelFrames);
        var frames = _ir.Binary(IrBinary.Add, buffer, StackLayout.Frames);
        IrOperand wanted = cut ? StackLayout.MaxFrames * 8 : BytesOf(depth);
        var bytes = _ir.Call(BpfHelper.GetStack, CallEffect.Any, _ir.Context(), frames, wanted, StackFlags(cut ? part with { Skip = 0 } : part));
        _ir.Branch(IrCondition.GtS, bytes, 0, some, none);
        _ir.Start(none);
        // A stack of fewer frames than are skipped is an error to the kernel; here it has none.
        if (skip != (IrOperand)0L && !cut) _ir.Jump(done);
        else _ir.Branch(IrCondition.LtS, bytes, 0, lost, done);
        _ir.Start(lost);
        CountError(HandlerError.StackLost);
        _ir.Store(number, 0, 0);
        _ir.Jump(done);

        _ir.Start(some);
        var count = _ir.Binary(IrBinary.And, _ir.Binary(IrBinary.ShrU, bytes, 3), StackLayout.MaxFrames);
        var entry = cut ? Cut(buffer, count, part, ranges, done) : buffer;
        _ir.Store(number, 0, Identify(entry, count, part));
        Keep(entry, number, part, done);

        _ir.Start(done);
        var id = _ir.Load(number, 0);
        // 0 is nil; without a jump, as above.
        var present = _ir.Binary(IrBinary.ShrU, _ir.Binary(IrBinary.Or, id, _ir.Binary(IrBinary.Sub, 0L, id)), 63);
        return IrValue.OfWord(KtapType.Stack, id).When(present);
    }

    // The kernel's functions that may stand between a tracepoint and its program; of no matter where the whole stack is wanted, as they are left out when it is shown.
    private ImmutableArray<(ulong Start, ulong End)> TracingCode(StackPart part) =>
        part.User || !_handler.Site.IsTracepoint || (part.Skip == (IrOperand)0L && part.Depth is { Register: null, Immediate: < 0 or >= StackLayout.MaxFrames })
            ? [] : _context.Target.TracingCode;

    // Leaves out the frames of the tracing, then those to skip, and what is deeper than wanted: gives where the entry starts then.
    private VReg Cut(VReg buffer, VReg count, StackPart part, ImmutableArray<(ulong Start, ulong End)> ranges, IrBlock nothing)
    {
        var table = _context.Memory.Constant(RangeTable.Bytes(ranges, _context.Target.Architecture.IsBigEndian));
        // The second frame counts only behind the first.
        VReg Inside(int frame) => RangeTable.Emit(_ir, table, ranges, _ir.Load(buffer, StackLayout.Frames + frame * 8));
        var first = Inside(0);
        var both = _ir.Binary(IrBinary.Add, first, _ir.Binary(IrBinary.And, first, Inside(1)));
        var start = _ir.Binary(IrBinary.Add, both, Limited(part.Skip, StackLayout.MaxFrames));
        var (some, deep) = (_ir.NewBlock(), _ir.NewBlock());
        _ir.Branch(IrCondition.LtS, start, count, some, nothing);
        _ir.Start(some);
        // The lesser of what is left and what is wanted: the difference, where it is negative.
        var most = Limited(part.Depth, StackLayout.MaxFrames);
        var more = _ir.Binary(IrBinary.Sub, _ir.Binary(IrBinary.Sub, count, start), most);
        _ir.Assign(count, _ir.Binary(IrBinary.Add, _ir.Binary(IrBinary.And, more, _ir.Binary(IrBinary.ShrS, more, 63)), most));
        _ir.Branch(IrCondition.Ne, count, 0, deep, nothing);
        _ir.Start(deep);
        return _ir.Binary(IrBinary.Add, buffer, _ir.Binary(IrBinary.Shl, _ir.Binary(IrBinary.And, start, StackLayout.MaxFrames), 3));
    }

    // Fills the head of an entry, and hashes the stack to its number.
    private VReg Identify(VReg entry, VReg count, StackPart part)
    {
        var frames = _ir.Binary(IrBinary.Add, entry, StackLayout.Frames);
        var end = _ir.Binary(IrBinary.Add, frames, _ir.Binary(IrBinary.Shl, _ir.Binary(IrBinary.And, count, StackLayout.MaxFrames), 3));
        for (var at = 0; at < (Round - 1) * 8; at += 8) _ir.Store(end, at, 0);
        IrOperand process = part.User ? ProcessId() : 0L;
        _ir.Store(entry, StackLayout.Count, count, 4);
        _ir.Store(entry, StackLayout.Process, process, 4);
        var seed = _ir.Binary(IrBinary.Or, _ir.Binary(IrBinary.Shl, process, 32), count);
        var (first, second) = Hash(frames, count, seed);
        _ir.Store(entry, StackLayout.Check, second);
        return _ir.Binary(IrBinary.Or, first, StackLayout.Entry);
    }

    // A depth below 0 is a large number without sign: all.
    private IrOperand BytesOf(IrOperand depth) => _ir.Binary(IrBinary.Shl, Limited(depth, StackLayout.MaxFrames), 3);

    private IrOperand StackFlags(StackPart part)
    {
        var tracing = part.User ? 0 : _handler.Site.TracingFrames;
        var all = _ir.Binary(IrBinary.Add, Limited(part.Skip, MostSkipped - tracing), tracing);
        return part.User ? _ir.Binary(IrBinary.Or, all, UserStack) : all;
    }

    // Without sign, so that a negative number is a large one.
    private IrOperand Limited(IrOperand value, long most)
    {
        if (value.Register is null) return (long)Math.Min((ulong)value.Immediate, (ulong)most);
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

    // Finds the stack in the map, or puts it there; where that isn't possible its number becomes 0.
    private void Keep(VReg entry, VReg number, StackPart part, IrBlock done)
    {
        var (known, insert, kept, again, failed, full, other, nil) =
            (_ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock());
        var found = _ir.Copy(_ir.Call(BpfHelper.MapLookupElem, CallEffect.Any, _ir.Map(_context.Stacks), number));
        _ir.Branch(IrCondition.Ne, found, 0, known, insert);

        _ir.Start(insert);
        var result = _ir.Call(BpfHelper.MapUpdateElem, CallEffect.Any, _ir.Map(_context.Stacks), number, entry, (long)NoExist);
        _ir.Branch(IrCondition.Eq, result, 0, kept, again);
        _ir.Start(kept);
        if (part.User) SendStack(number);
        _ir.Jump(done);

        // Another CPU was faster: what it put there has to be the same stack too.
        _ir.Start(again);
        _ir.Branch(IrCondition.Eq, result, TooBig, full, failed);
        _ir.Start(failed);
        _ir.Assign(found, _ir.Call(BpfHelper.MapLookupElem, CallEffect.Any, _ir.Map(_context.Stacks), number));
        _ir.Branch(IrCondition.Ne, found, 0, known, other);
        _ir.Start(known);
        _ir.Branch(IrCondition.Eq, _ir.Load(found, StackLayout.Check), _ir.Load(entry, StackLayout.Check), done, other);

        _ir.Start(full);
        CountError(HandlerError.StacksFull);
        _ir.Jump(nil);
        _ir.Start(other);
        CountError(HandlerError.StackLost);
        _ir.Start(nil);
        _ir.Store(number, 0, 0);
        _ir.Jump(done);
    }

    // Tells user space about a new user stack, so that it looks at the process's memory map while the process is there. Where the ring is
    // full it looks when the stack is printed.
    private void SendStack(VReg number)
    {
        _sends = true;
        var record = _ir.Call(BpfHelper.RingbufReserve, CallEffect.Any, _ir.Map(_context.Ring), StackRecord.Size, 0L);
        var (send, done) = (_ir.NewBlock(), _ir.NewBlock());
        _ir.Branch(IrCondition.Ne, record, 0, send, done);
        _ir.Start(send);
        _ir.Store(record, 0, RecordLayout.StackId, 4);
        _ir.Store(record, 4, 0L, 4);
        _ir.Store(record, StackRecord.Number, _ir.Load(number, 0));
        Submit(record);
        _ir.Start(done);
    }
}
