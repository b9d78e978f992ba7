using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Codegen;

/// <summary>Builds the live intervals of a function's registers, with what calls and fixed registers mean for them.</summary>
internal sealed class LiveIntervals
{
    private const int KeptOverCalls = 0b11_1100_0000; // R6-R9
    private const int NotR0 = 0b11_1111_1110;

    private readonly WorkFunction _function;
    private readonly LiveInterval?[] _intervals;
    private readonly HashSet<VReg> _parameters = [];

    private LiveIntervals(WorkFunction function)
    {
        _function = function;
        _intervals = new LiveInterval?[function.RegisterCount];
    }

    /// <summary>The intervals by ascending start.</summary>
    public static List<LiveInterval> Of(WorkFunction function)
    {
        var builder = new LiveIntervals(function);
        builder.Build();
        var all = new List<LiveInterval>();
        foreach (var interval in builder._intervals)
            if (interval is not null) all.Add(interval);
        builder.Finish(all);
        // A stable order, so that the same function always gives the same code.
        all.Sort((a, b) => a.Start != b.Start ? a.Start.CompareTo(b.Start) : a.Register.Id.CompareTo(b.Register.Id));
        return all;
    }

    private LiveInterval this[VReg reg] => _intervals[reg.Id] ??= new LiveInterval(reg);

    private void Build()
    {
        var ignore = new bool[_function.RegisterCount];
        for (var i = 0; i < ignore.Length; i++) ignore[i] = _function.IsInline(new VReg(i));
        var flow = new ControlFlow(_function.Blocks);
        var liveness = new Liveness(flow, _function.RegisterCount, ignore);
        var weights = LoopWeights(flow);
        var index = _function.Blocks.Sum(b => b.Ops.Count);
        for (var b = flow.Count - 1; b >= 0; b--)
        {
            var ops = flow.Order[b].Ops;
            var (start, end) = (4 * (index - ops.Count), 4 * index);
            foreach (var reg in liveness.LiveOut(b)) this[new VReg(reg)].AddRange(start, end);
            for (var i = ops.Count - 1; i >= 0; i--) Add(ops[i], 4 * --index, start, weights[b]);
        }
    }

    private void Add(IrOp op, int at, int start, float weight)
    {
        if (op.Definition() is { } dst)
        {
            this[dst].AddDefinition(at + 2);
            this[dst].Weight += weight;
            // Parameters arrive in R1 to R5, and none may be overwritten before it is read.
            if (op is IrOp.Parameter) _parameters.Add(dst);
        }
        Span<VReg> uses = stackalloc VReg[IrOperands.MaxUses];
        for (var n = op.Uses(uses) - 1; n >= 0; n--)
        {
            var use = uses[n];
            if (_function.IsInline(use)) continue;
            this[use].AddRange(start, at + LastMoment(op, use));
            this[use].Weight += weight;
        }
        Wishes(op);
    }

    // Until when within an operation a register that it reads must stay: 1 if the destination may take its place, 2 if it must
    // outlast what the operation destroys, 3 if the destination must be another register.
    private int LastMoment(IrOp op, VReg use) => op switch
    {
        // The destination is written before the sides are compared.
        IrOp.Compare => 3,
        // dst = a; dst op= b
        IrOp.Binary o when o.B.Register == use && (!o.Op.IsCommutative() || _function.IsInline(o.A)) => 3,
        IrOp.Atomic { Op: IrAtomic.CompareExchange } o when o.Base == use || o.Value == use => 2,
        // dst = value; dst = fetch(base, dst)
        IrOp.Atomic { Dst: not null } o when o.Base == use => 3,
        _ => 1,
    };

    private void Wishes(IrOp op)
    {
        switch (op)
        {
            case IrOp.Copy o: Befriend(o.Dst, o.Src); break;
            case IrOp.Swap o: Befriend(o.Dst, o.Src); break;
            case IrOp.Binary o: Befriend(o.Dst, o.A); break;
            case IrOp.Context o: Wish(o.Dst, 1); break;
            case IrOp.Return { Value.Register: { } value }: Wish(value, 0); break;
            case IrOp.Atomic { Op: IrAtomic.CompareExchange } o:
                Wish(o.Expected!.Value, 0);
                Wish(o.Dst!.Value, 0);
                break;
            case IrOp.Atomic { Dst: { } dst } o: Befriend(dst, o.Value); break;
            case IrOp.Call o:
                for (var i = 0; i < o.Args.Length; i++)
                    if (o.Args[i].Register is { } arg) Wish(arg, i + 1);
                if (o.Dst is { } result) Wish(result, 0);
                break;
        }
    }

    // Code is walked backwards: the wish that stays is that of the first operation, which is nearest to the assignment.
    private void Wish(VReg reg, int register)
    {
        if (!_function.IsInline(reg)) this[reg].Wish = register;
    }

    private void Befriend(VReg a, VReg b)
    {
        if (!_function.IsInline(a) && !_function.IsInline(b)) this[a].Befriend(this[b]);
    }

    private void Finish(List<LiveInterval> all)
    {
        // How many calls, and how many operations that destroy R0, come before each operation.
        var count = _function.Blocks.Sum(b => b.Ops.Count);
        var calls = new int[count + 1];
        var destroyers = new int[count + 1];
        var index = 0;
        foreach (var block in _function.Blocks)
            foreach (var op in block.Ops)
            {
                calls[index + 1] = calls[index] + (op is IrOp.Call ? 1 : 0);
                destroyers[index + 1] = destroyers[index] + (op is IrOp.Atomic { Op: IrAtomic.CompareExchange } ? 1 : 0);
                index++;
            }

        foreach (var interval in all)
        {
            interval.Ranges.Reverse();
            var length = 0;
            foreach (var (from, to) in interval.Ranges)
            {
                length += to - from;
                // The operations i with from <= 4i + 1 < to.
                var (first, last) = ((from + 2) / 4, (to + 2) / 4);
                if (calls[last] > calls[first] || _parameters.Contains(interval.Register)) interval.Allowed &= KeptOverCalls;
                if (destroyers[last] > destroyers[first]) interval.Allowed &= NotR0;
            }
            var facts = _function[interval.Register];
            // Making it again costs no store, and often no memory at all.
            if (facts.Recipe is not null) interval.Weight *= 0.5f;
            interval.Weight = facts.Level >= 2 ? float.PositiveInfinity : interval.Weight / (length + 4);
        }
    }

    // Eight times for each loop around a block; a loop is what a jump back spans.
    private static float[] LoopWeights(ControlFlow flow)
    {
        var depth = new int[flow.Count + 1];
        for (var b = 0; b < flow.Count; b++)
            foreach (var s in flow.Successors(b))
                if (s <= b) (depth[s], depth[b + 1]) = (depth[s] + 1, depth[b + 1] - 1);
        var weights = new float[flow.Count];
        var now = 0;
        for (var b = 0; b < flow.Count; b++)
        {
            now += depth[b];
            weights[b] = MathF.Pow(8, Math.Min(now, 6));
        }
        return weights;
    }

    /// <summary>The registers that the machine has for values, as the allocator tries them for one that no call threatens.</summary>
    public static ReadOnlySpan<BpfRegister> Preference =>
        [BpfRegister.R5, BpfRegister.R4, BpfRegister.R3, BpfRegister.R2, BpfRegister.R1, BpfRegister.R0, BpfRegister.R9, BpfRegister.R8, BpfRegister.R7, BpfRegister.R6];
}
