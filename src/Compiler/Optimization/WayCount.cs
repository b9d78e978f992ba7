using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Optimization;

/// <summary>
/// Estimates how often the verifier walks each block. It walks every way through a function, and ends one where it has come by before knowing no more than it did
/// then. So where ways join, as many go on as there are different things known of the registers still wanted: a number that only one of them assigned, or
/// that they parted by comparing. Registers of which the same is known on all ways, or nothing, part none.
/// </summary>
internal sealed class WayCount
{
    // What is known of a register: a number that is equal where the same is known, 0 for nothing; and of how many different things it may be one.
    private readonly record struct Fact(ulong Known, double Variants)
    {
        public static Fact Nothing => new(0, 1);
    }

    // What a known number was made from.
    private enum Source { Fresh, Constant, Load, Frame, Data, Map, Swap, Binary, Side }

    private const double Most = 1e12;

    private readonly ControlFlow _flow;
    private readonly Liveness _liveness;
    private readonly AddressRegisters _addresses;
    private readonly int[] _linked; // by register: one of those that the verifier learns of together
    private readonly Fact[] _facts; // of the block being walked
    private readonly double[] _ways; // by block, at its end
    private readonly (int Register, Fact Fact)[]?[] _after; // by block
    private readonly Func<int, double> _limit;
    private readonly Func<int, int?>? _partedBy;
    private readonly int[] _listed; // by register: the last list of live ones that it was put on
    private readonly int[] _wanted; // and whether it is still wanted there
    private int _stamp;
    private ulong _fresh;

    /// <summary>Counts, forgetting what is known where more ways than a block's limit would go on: <see cref="Places"/> says where and of what.</summary>
    /// <param name="flow">The blocks.</param>
    /// <param name="liveness">Their registers.</param>
    /// <param name="addresses">What is never forgotten.</param>
    /// <param name="registerCount">The number of registers.</param>
    /// <param name="limit">By block: how many ways may go on.</param>
    /// <param name="partedBy">By block where ways join: the one whose branch parted them, if what it compared is to be forgotten too; null where nothing of the kind is wanted.</param>
    public WayCount(ControlFlow flow, Liveness liveness, AddressRegisters addresses, int registerCount, Func<int, double> limit, Func<int, int?>? partedBy = null)
    {
        (_flow, _liveness, _addresses, _limit, _partedBy) = (flow, liveness, addresses, limit, partedBy);
        (_facts, _ways, _after) = (new Fact[registerCount], new double[flow.Count], new (int, Fact)[flow.Count][]);
        (_linked, _listed, _wanted) = (Linked(flow, registerCount), new int[registerCount], new int[registerCount]);
        for (var b = 0; b < flow.Count; b++) Walk(b);
    }

    /// <summary>Operations walked, each as often as it is.</summary>
    public double Operations { get; private set; }

    /// <summary>Where to hide what: the block, the place in it, and the registers.</summary>
    public List<Place> Places { get; } = [];

    /// <summary>What is to be hidden before an operation of a block.</summary>
    internal sealed class Place(IrBlock block, int index, List<int> registers)
    {
        public IrBlock Block => block;

        public int Index => index;

        public List<int> Registers => registers;
    }

    private void Walk(int b)
    {
        var ops = _flow.Order[b].Ops;
        var (ways, joins) = Enter(b);
        if (joins && ways > _limit(b)) ways = Math.Min(ways, Forget(b, 0, LiveBefore(b, 0)));
        if (joins && _partedBy is not null) ForgetCompared(b);
        for (var i = 0; i < ops.Count; i++)
        {
            Operations += ways;
            if (ops[i].Definition() is not { } dst) continue;
            _facts[dst.Id] = After(ops[i]);
            if (ops[i] is not IrOp.Compare) continue;
            // No instruction compares: it is a branch, both sides of which go on behind it.
            ways *= 2;
            if (ways > _limit(b)) ways = Math.Min(ways, Forget(b, i + 1, LiveBefore(b, i + 1)));
        }
        _ways[b] = Math.Min(ways, Most);
        var live = _liveness.LiveOut(b);
        var after = new (int, Fact)[live.Length];
        for (var i = 0; i < live.Length; i++) after[i] = (live[i], _facts[live[i]]);
        _after[b] = after;
    }

    // What is known where a block begins, and how many ways come there. A loop's later rounds are not counted: what they change is hidden.
    private (double Ways, bool Joins) Enter(int b)
    {
        if (b == 0) return (1, false);
        var (first, several, again) = (-1, false, false);
        foreach (var p in _flow.Predecessors(b))
        {
            if (p >= b) again = true;
            else (first, several) = (first < 0 ? p : first, first >= 0);
        }
        foreach (var (register, fact) in _after[first]!) _facts[register] = Along(first, b, register, fact);
        if (!several) return (_ways[first], false);

        var parted = false;
        var live = LiveBefore(b, 0);
        foreach (var register in live)
        {
            var (known, variants, most, same) = (_facts[register].Known, 0.0, 0.0, true);
            foreach (var p in _flow.Predecessors(b))
            {
                if (p >= b) continue;
                var fact = Along(p, b, register, Find(p, register));
                same &= fact.Known == known;
                variants += fact.Variants;
                most = Math.Max(most, fact.Variants);
            }
            parted |= !same;
            _facts[register] = same ? new Fact(known, most) : new Fact(Fresh(), Math.Min(variants, Most));
        }
        var ways = 0.0;
        foreach (var p in _flow.Predecessors(b))
            if (p < b) ways = parted ? ways + _ways[p] : Math.Max(ways, _ways[p]);
        return (Math.Min(ways, Different(live)), !again);
    }

    // Gives how many ways can be left.
    private double Forget(int b, int index, List<int> live)
    {
        var hidden = new List<int>();
        foreach (var register in live)
            if (_facts[register].Variants > 1 && !_addresses.Contains(register))
            {
                hidden.Add(register);
                _facts[register] = Fact.Nothing;
            }
        if (hidden.Count > 0) Places.Add(new Place(_flow.Order[b], index, hidden));
        return Different(live);
    }

    // What parted the ways that join here, even if nobody wants it any more.
    private void ForgetCompared(int b)
    {
        if (_partedBy!(b) is not { } above || _flow.Order[above].Ops[^1] is not IrOp.Branch branch) return;
        var compared = new List<int>();
        foreach (var operand in new[] { branch.A, branch.B.Register })
            if (operand is { } register && !_addresses.Contains(register.Id) && !compared.Contains(register.Id)) compared.Add(register.Id);
        var here = Places.Find(p => p.Block == _flow.Order[b] && p.Index == 0);
        if (here is not null) compared.RemoveAll(here.Registers.Contains);
        if (compared.Count > 0) Places.Add(new Place(_flow.Order[b], 0, compared));
    }

    private double Different(List<int> live)
    {
        var all = 1.0;
        foreach (var register in live) all = Math.Min(Most, all * _facts[register].Variants);
        return all;
    }

    // Behind a branch more is known of what it compared, and of what was copied from that or to it.
    private Fact Along(int from, int to, int register, Fact fact)
    {
        if (_flow.Order[from].Ops[^1] is not IrOp.Branch branch || branch.Then == branch.Else) return fact;
        if (_linked[register] != _linked[branch.A.Id] && (branch.B.Register is not { } b || _linked[register] != _linked[b.Id])) return fact;
        return fact with { Known = Known(Source.Side, (ulong)from, branch.Then == _flow.Order[to] ? 1UL : 0) };
    }

    private Fact Find(int block, int register)
    {
        var (after, low) = (_after[block]!, 0);
        for (var high = after.Length - 1; low <= high;)
        {
            var middle = (low + high) / 2;
            if (after[middle].Register == register) return after[middle].Fact;
            if (after[middle].Register < register) low = middle + 1;
            else high = middle - 1;
        }
        return Fact.Nothing;
    }

    private Fact After(IrOp op)
    {
        switch (op)
        {
            case IrOp.Const o: return Constant(o.Value);
            case IrOp.Copy o: return _facts[o.Src.Id];
            case IrOp.Load { Size: 8 } or IrOp.Call or IrOp.Atomic: return Fact.Nothing;
            case IrOp.Load o: return new Fact(Known(Source.Load, (ulong)o.Size, o.Signed ? 1UL : 0), 1);
            case IrOp.Compare: return new Fact(Fresh(), 2);
            case IrOp.FrameAddress o: return new Fact(Known(Source.Frame, (ulong)o.Slot.Id, (ulong)o.Offset), 1);
            case IrOp.DataAddress o: return new Fact(Known(Source.Data, (ulong)o.Section, (ulong)o.Offset), 1);
            case IrOp.MapAddress o: return new Fact(Known(Source.Map, (ulong)o.Map.Name.GetHashCode(StringComparison.Ordinal)), 1);
            case IrOp.Swap o: return _facts[o.Src.Id] is { Known: not 0 } swapped ? swapped with { Known = Known(Source.Swap, swapped.Known) } : Fact.Nothing;
            case IrOp.Binary o:
                var a = _facts[o.A.Id];
                var b = o.B.Register is { } register ? _facts[register.Id] : Constant(o.B.Immediate);
                if ((a.Known == 0 || b.Known == 0) && o.Op is IrBinary.Add or IrBinary.Sub or IrBinary.Mul or IrBinary.Xor) return Fact.Nothing;
                var variants = Math.Min(Most, a.Variants * b.Variants);
                if (o is { Op: IrBinary.And, B: { Register: null, Immediate: >= 0 and var mask } }) variants = Math.Min(variants, mask + 1.0);
                return new Fact(Known(Source.Binary, (ulong)o.Op, a.Known, b.Known), variants);
            default: return new Fact(Fresh(), 1);
        }
    }

    private static Fact Constant(long value) => new(Known(Source.Constant, (ulong)value), 1);

    private ulong Fresh() => Known(Source.Fresh, ++_fresh);

    private static ulong Known(Source source, ulong first, ulong second = 0, ulong third = 0)
    {
        var known = (ulong)source + 1;
        foreach (var part in (ReadOnlySpan<ulong>)[first, second, third])
        {
            known = (known ^ part) * 0x9E3779B97F4A7C15;
            known ^= known >> 32;
        }
        return known == 0 ? 1 : known;
    }

    // The registers that are wanted before an operation of a block.
    private List<int> LiveBefore(int b, int index)
    {
        var ops = _flow.Order[b].Ops;
        var live = new List<int>();
        _stamp++;
        foreach (var register in _liveness.LiveOut(b)) Add(register);
        Span<VReg> uses = stackalloc VReg[IrOperands.MaxUses];
        for (var i = ops.Count - 1; i >= index; i--)
        {
            if (ops[i].Definition() is { } dst) _wanted[dst.Id] = 0;
            for (var n = ops[i].Uses(uses) - 1; n >= 0; n--) Add(uses[n].Id);
        }
        live.RemoveAll(r => _wanted[r] != _stamp);
        return live;

        void Add(int register)
        {
            if (_listed[register] != _stamp) live.Add(register);
            _listed[register] = _wanted[register] = _stamp;
        }
    }

    // Copies, and sums with a constant: the verifier knows that the two go together (since 6.11 of sums).
    private static int[] Linked(ControlFlow flow, int registerCount)
    {
        var linked = new int[registerCount];
        for (var r = 0; r < registerCount; r++) linked[r] = r;
        foreach (var block in flow.Order)
            foreach (var op in block.Ops)
            {
                if (op is IrOp.Copy copy) linked[Root(copy.Dst.Id)] = Root(copy.Src.Id);
                if (op is IrOp.Binary { Op: IrBinary.Add, B.Register: null } sum) linked[Root(sum.Dst.Id)] = Root(sum.A.Id);
            }
        for (var r = 0; r < registerCount; r++) linked[r] = Root(r);
        return linked;

        int Root(int register)
        {
            while (linked[register] != register) register = linked[register] = linked[linked[register]];
            return register;
        }
    }
}
