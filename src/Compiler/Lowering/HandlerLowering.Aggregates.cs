using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;

namespace Ktap.Compiler.Lowering;

// Samples: numbers of all of them in a per-CPU map, and counts in buckets in another; user space merges them when it reads.
internal sealed partial class HandlerLowering
{
    // How often a compare-exchange is tried: only a program that interrupts this one on its processor can come between.
    private const int MostSampleTries = 8;

    private void Sample(TypedSample s)
    {
        var value = s.Value is null ? IrValue.OfInt(0L) : Expression(s.Value);
        if (value.Type is KtapType.NilType or KtapType.NeverType)
        {
            CountError(HandlerError.BadSample);
            return;
        }
        var done = _ir.NewBlock();
        CountNil(value, done);
        var sample = _ir.Materialize(value.Word);
        switch (s.Target)
        {
            case TypedTarget.Cell t:
                SampleCell(_context.Aggregates[t.Variable], sample, done);
                break;
            case TypedTarget.Slot t:
                SampleSlot(_context.Aggregates[t.Table], t.Table, Expression(t.Key), sample, done);
                break;
        }
        _ir.Start(done);
    }

    // A variable's are in arrays: nothing has to be inserted, and nothing can be refused.
    private void SampleCell(AggregateMaps maps, VReg sample, IrBlock done)
    {
        if (maps.Statistics is { } statistics)
        {
            var key = _ir.Data(DataKind.Rodata, _context.Memory.Constant([0, 0, 0, 0, 0, 0, 0, 0]));
            AddSample(maps.Plan, FoundIn(MapNow(statistics, done), key, done), sample, null);
        }
        if (maps.StripedBuckets is { } striped)
            foreach (var bucket in BucketsOf(maps.Plan, sample))
            {
                // Only the verifier thinks that a number can be beyond.
                var inside = _ir.NewBlock();
                _ir.Branch(IrCondition.LtU, bucket, striped.Length, inside, done);
                _ir.Start(inside);
                AddToSum(striped, _ir.Binary(IrBinary.Add, OwnPart(), _ir.Binary(IrBinary.Shl, bucket, 3)), BinaryOp.Add, 1L);
            }
        if (maps.Buckets is not { } buckets) return;
        var number = Buffer(8, "bucket");
        var map = MapNow(buckets, done);
        foreach (var bucket in BucketsOf(maps.Plan, sample))
        {
            _ir.Store(number, 0, bucket, 4);
            _ir.AtomicAdd(FoundIn(map, number, done), 0, 1);
        }
    }

    // There is always a map in turn.
    private VReg MapNow(AggregateMap map, IrBlock done) => map.Turns.IsEmpty ? _ir.Map(map.Map) : InTurn(map.Map, done);

    private VReg FoundIn(VReg array, VReg key, IrBlock done)
    {
        var slot = _ir.Call(BpfHelper.MapLookupElem, CallEffect.Any, array, key);
        var found = _ir.NewBlock();
        _ir.Branch(IrCondition.Ne, slot, 0, found, done);
        _ir.Start(found);
        return slot;
    }

    // The key of a bucket is that of the slot with the number behind, so one buffer holds both.
    private void SampleSlot(AggregateMaps maps, SharedTable table, IrValue key, VReg sample, IrBlock done)
    {
        if (key.Type is KtapType.NilType or KtapType.NeverType) return;
        CountNil(key, done);
        var size = Layout.SizeOf(table.Key);
        var address = Buffer(size + 8, "key");
        var coerced = Coerce(key.Unwrapped, table.Key);
        StoreAt(address, 0, coerced.Type is KtapType.StringType ? AsString(coerced) : coerced);
        if (maps.Statistics is { } statistics)
            AddSample(maps.Plan, FindOrInsert(table, MapNow(statistics, done), address, maps.Plan.StatisticsSize, done), sample, table);
        if (maps.Buckets is not { } buckets) return;
        var map = MapNow(buckets, done);
        foreach (var bucket in BucketsOf(maps.Plan, sample))
        {
            _ir.Store(address, size, bucket);
            _ir.AtomicAdd(FindOrInsert(table, map, address, 8, done), 0, 1);
        }
    }

    // The value under a key, zeros where there was none; another processor may be faster with the same key. What the kernel refuses is counted.
    private VReg FindOrInsert(SharedTable table, VReg map, VReg key, int size, IrBlock done)
    {
        var (insert, check, again, gone, found) = (_ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock());
        var slot = _ir.Copy(_ir.Call(BpfHelper.MapLookupElem, CallEffect.Any, map, key));
        _ir.Branch(IrCondition.Ne, slot, 0, found, insert);
        _ir.Start(insert);
        var zeros = _ir.Data(DataKind.Rodata, _context.Memory.Constant([.. new byte[size]]));
        var result = UpdateMap(map, key, zeros, NoExist);
        _ir.Branch(IrCondition.Eq, result, Exists, again, check);
        _ir.Start(check);
        CountRefusal(table, result, again, done);
        _ir.Start(again);
        _ir.Assign(slot, _ir.Call(BpfHelper.MapLookupElem, CallEffect.Any, map, key));
        _ir.Branch(IrCondition.Ne, slot, 0, found, gone);
        _ir.Start(gone);
        CountError(HandlerError.UpdateRefused, table);
        _ir.Jump(done);
        _ir.Start(found);
        return slot;
    }

    // Zeros are what every number starts from, so the extremes are kept in a form in which the largest unsigned one wins.
    private void AddSample(AggregatePlan plan, VReg statistics, VReg sample, SharedTable? table)
    {
        _ir.AtomicAdd(statistics, 0, 1);
        if (plan.Parts.HasFlag(AggregateParts.Sum)) _ir.AtomicAdd(statistics, plan.OffsetOf(AggregateParts.Sum), sample);
        if (plan.Parts.HasFlag(AggregateParts.Squares)) AddSquare(statistics, plan.OffsetOf(AggregateParts.Squares), sample);
        if (plan.Parts.HasFlag(AggregateParts.Max)) RaiseTo(statistics, plan.OffsetOf(AggregateParts.Max), _ir.Binary(IrBinary.Xor, sample, long.MinValue), table);
        if (plan.Parts.HasFlag(AggregateParts.Min)) RaiseTo(statistics, plan.OffsetOf(AggregateParts.Min), _ir.Binary(IrBinary.Xor, sample, long.MaxValue), table);
    }

    private void RaiseTo(VReg address, int offset, VReg value, SharedTable? table)
    {
        var (higher, end) = (_ir.NewBlock(), _ir.NewBlock());
        _ir.Branch(IrCondition.GtU, value, _ir.Load(address, offset), higher, end);
        _ir.Start(higher);
        if (_context.Target.Features.AtomicFetch)
        {
            Retry(MostSampleTries, () => CountError(HandlerError.UpdateRefused, table), (done, again) =>
            {
                var exchange = _ir.NewBlock();
                var old = _ir.Load(address, offset);
                _ir.Branch(IrCondition.GtU, value, old, exchange, done);
                _ir.Start(exchange);
                var seen = _ir.NewRegister();
                _ir.Emit(new IrOp.Atomic(IrAtomic.CompareExchange, 8, address, offset, value, old, seen, _ir.Span));
                _ir.Branch(IrCondition.Eq, seen, old, done, again);
            });
        }
        else
        {
            _ir.Store(address, offset, value);
        }
        _ir.Start(end);
    }

    // The square of a magnitude of 64 bits has 128: of halves a and b it is a²·2^64 + ab·2^33 + b².
    private void AddSquare(VReg address, int offset, VReg sample)
    {
        var magnitude = WithSign(sample, _ir.Binary(IrBinary.ShrS, sample, 63));
        var a = _ir.Binary(IrBinary.ShrU, magnitude, 32);
        var b = _ir.Binary(IrBinary.And, magnitude, 0xffffffff);
        var (product, square) = (_ir.Binary(IrBinary.Mul, a, b), _ir.Binary(IrBinary.Mul, b, b));
        var low = _ir.Binary(IrBinary.Add, _ir.Binary(IrBinary.Shl, product, 33), square);
        var high = _ir.Binary(IrBinary.Add, _ir.Binary(IrBinary.Mul, a, a), _ir.Binary(IrBinary.ShrU, product, 31));
        high = _ir.Binary(IrBinary.Add, high, _ir.Compare(IrCondition.LtU, low, square));
        VReg old;
        if (_context.Target.Features.AtomicFetch)
        {
            old = _ir.NewRegister();
            _ir.Emit(new IrOp.Atomic(IrAtomic.Add, 8, address, offset, low, null, old, _ir.Span));
        }
        else
        {
            old = _ir.Load(address, offset);
            _ir.AtomicAdd(address, offset, low);
        }
        var carry = _ir.Compare(IrCondition.LtU, _ir.Binary(IrBinary.Add, old, low), low);
        _ir.AtomicAdd(address, offset + 8, _ir.Binary(IrBinary.Add, high, carry));
    }

    // The numbers of the buckets of a sample, each made when it is asked for.
    private IEnumerable<VReg> BucketsOf(AggregatePlan plan, VReg sample)
    {
        if (plan.LogarithmicCount > 0)
        {
            var sign = _ir.Binary(IrBinary.ShrS, sample, 63);
            var magnitude = WithSign(sample, sign);
            yield return plan.Parts.HasFlag(AggregateParts.Fine)
                ? Mirrored(FineNumber(magnitude), sign, Types.Buckets.FineZero)
                : Mirrored(Bits(magnitude), sign, Types.Buckets.PowerZero);
        }
        for (var i = 0; i < plan.Linear.Length; i++) yield return LinearNumber(plan.Linear[i], plan.FirstLinear(i), sample);
    }

    private VReg Mirrored(VReg number, VReg sign, int zero) => _ir.Binary(IrBinary.Add, WithSign(number, sign), zero);

    // As Buckets.Fine has it.
    private VReg FineNumber(VReg magnitude)
    {
        var shift = _ir.Binary(IrBinary.Sub, Log2(_ir.Binary(IrBinary.Or, magnitude, 1L << Types.Buckets.FineBits)), Types.Buckets.FineBits);
        return _ir.Binary(IrBinary.Add, _ir.Binary(IrBinary.Shl, shift, Types.Buckets.FineBits), _ir.Binary(IrBinary.ShrU, magnitude, shift));
    }

    // How many bits a number has, 0 for 0.
    private VReg Bits(VReg value) => _ir.Binary(IrBinary.Add, Log2(value), NotZero(value, 64));

    // A number all of whose bits below the highest are 1 too, times this, has other 6 bits at the top for each place of the highest (a de Bruijn sequence).
    private const ulong DeBruijn = 0x03f79d71b4cb0a89;

    // The place of the highest bit; BPF has no instruction for it. Of 0 it is 0.
    private VReg Log2(VReg value)
    {
        var table = new byte[64];
        for (var place = 0; place < 64; place++) table[(ulong.MaxValue >> (63 - place)) * DeBruijn >> 58] = (byte)place;
        for (var step = 1; step < 64; step *= 2) value = _ir.Binary(IrBinary.Or, value, _ir.Binary(IrBinary.ShrU, value, step));
        var index = _ir.Binary(IrBinary.ShrU, _ir.Binary(IrBinary.Mul, value, unchecked((long)DeBruijn)), 58);
        return _ir.Load(_ir.Binary(IrBinary.Add, _ir.Data(DataKind.Rodata, _context.Memory.Constant([.. table])), index), 0, 1);
    }

    // 1 for all but 0, without a jump: a number of less than 64 bits is negative once it is taken from 0.
    private VReg NotZero(VReg value, int bits)
    {
        var negative = _ir.Binary(IrBinary.Sub, 0L, value);
        return _ir.Binary(IrBinary.ShrU, bits < 64 ? negative : _ir.Binary(IrBinary.Or, negative, value), 63);
    }

    private VReg LinearNumber(LinearSteps steps, int first, VReg sample)
    {
        var number = _ir.Copy((long)first);
        var (inside, above, row, done) = (_ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock());
        _ir.Branch(IrCondition.LtS, sample, steps.Low, done, inside);
        _ir.Start(inside);
        _ir.Branch(IrCondition.GeS, sample, steps.High, above, row);
        _ir.Start(above);
        _ir.Assign(number, first + steps.BucketCount - 1);
        _ir.Jump(done);
        _ir.Start(row);
        var place = _ir.Binary(IrBinary.DivU, _ir.Binary(IrBinary.Sub, sample, steps.Low), steps.Step);
        _ir.Assign(number, _ir.Binary(IrBinary.Add, place, first + 1));
        _ir.Start(done);
        return number;
    }
}
