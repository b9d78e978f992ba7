using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Optimization;

/// <summary>
/// Forward through each block: what is known to be a constant or a copy is used as that; arithmetic on constants is done;
/// sums of a register and constants, and offsets of addresses, are put together; a comparison goes into the branch that
/// tests it. What is known of a register assigned once holds in the whole function, of others until the block's end or
/// the next assignment.
/// </summary>
internal sealed class ValuePropagation
{
    private readonly Definitions _definitions;
    private readonly Fact[] _facts;
    private readonly int[] _assigned; // the number of assignments seen: a local fact about an operand is over when its number changes
    private readonly Func<VReg, IrOperand> _known;
    private int _block;

    // What a register holds: a constant, another register, or what an operation gives (Compare, Binary with a constant, an address).
    private readonly record struct Fact(IrOperand? Value, IrOp? Made, int Block, int Version);

    private ValuePropagation(IrFunction function)
    {
        _definitions = new Definitions(function);
        _facts = new Fact[function.RegisterCount];
        _assigned = new int[function.RegisterCount];
        _known = Known;
    }

    public static IrFunction Run(IrFunction function)
    {
        var pass = new ValuePropagation(function);
        // A block comes after those that dominate it, so that every assignment of a register assigned once is seen before its uses.
        foreach (var block in ControlFlow.Of(function).Order)
        {
            pass._block++;
            for (var i = 0; i < block.Ops.Count; i++)
            {
                var op = pass.Simplify(block.Ops[i].MapUses(pass._known));
                block.Ops[i] = op;
                pass.Learn(op);
            }
        }
        return function;
    }

    private IrOperand Known(VReg reg) => Valid(reg) is { Value: { } value } ? value : reg;

    private IrOp? MadeBy(VReg reg) => Valid(reg)?.Made;

    private Fact? Valid(VReg reg)
    {
        var fact = _facts[reg.Id];
        if (fact.Block == 0) return null;
        if (fact.Block != _block && !IsGlobal(reg, fact)) return null;
        if (fact.Block == _block && !IsGlobal(reg, fact) && fact.Version != Versions(fact)) return null;
        return fact;
    }

    private bool IsGlobal(VReg reg, Fact fact)
    {
        if (!_definitions.IsSingle(reg)) return false;
        if (fact.Value is { } value) return _definitions.IsSingle(value);
        Span<VReg> uses = stackalloc VReg[IrOperands.MaxUses];
        for (var n = fact.Made!.Uses(uses) - 1; n >= 0; n--)
            if (!_definitions.IsSingle(uses[n])) return false;
        return true;
    }

    // A sum that changes whenever one of the fact's registers is assigned (numbers of assignments only grow).
    private int Versions(Fact fact)
    {
        if (fact.Value is { } value) return value.Register is { } reg ? _assigned[reg.Id] : 0;
        var sum = 0;
        Span<VReg> uses = stackalloc VReg[IrOperands.MaxUses];
        for (var n = fact.Made!.Uses(uses) - 1; n >= 0; n--) sum += _assigned[uses[n].Id];
        return sum;
    }

    private void Learn(IrOp op)
    {
        if (op.Definition() is not { } dst) return;
        _assigned[dst.Id]++;
        var fact = op switch
        {
            IrOp.Const o => new Fact(o.Value, null, _block, 0),
            IrOp.Copy o when o.Src != dst => new Fact(o.Src, null, _block, 0),
            IrOp.Compare or IrOp.Binary { B.Register: null } or IrOp.FrameAddress or IrOp.DataAddress => new Fact(null, op, _block, 0),
            _ => default,
        };
        // x = x + 1 says nothing about the new x.
        Span<VReg> uses = stackalloc VReg[IrOperands.MaxUses];
        for (var n = op.Uses(uses) - 1; n >= 0; n--)
            if (uses[n] == dst) fact = default;
        _facts[dst.Id] = fact.Block == 0 ? default : fact with { Version = Versions(fact) };
    }

    private IrOp Simplify(IrOp op) => op switch
    {
        IrOp.Binary o => Binary(o),
        IrOp.Compare o => Compare(o),
        IrOp.Branch o => Branch(o),
        IrOp.Copy o => Known(o.Src) is { Register: null } constant ? new IrOp.Const(o.Dst, constant.Immediate, o.Span) : o,
        IrOp.Load { Field: null } o => Address(o.Base, o.Offset) is var (at, offset) ? o with { Base = at, Offset = offset } : o,
        IrOp.Store o => Address(o.Base, o.Offset) is var (at, offset) ? o with { Base = at, Offset = offset } : o,
        IrOp.Atomic o => Address(o.Base, o.Offset) is var (at, offset) ? o with { Base = at, Offset = offset } : o,
        _ => op,
    };

    private long? Constant(IrOperand operand) =>
        operand.Register is not { } reg ? operand.Immediate : Known(reg) is { Register: null } value ? value.Immediate : null;

    private IrOp Binary(IrOp.Binary o)
    {
        if (o.B.Register is { } right && o.Op.IsCommutative() && Constant(o.A) is { } left) o = o with { A = right, B = left };
        if (o.B.Register is not null)
            return o.Op is IrBinary.Sub or IrBinary.Xor && o.A == o.B.Register ? new IrOp.Const(o.Dst, 0, o.Span) : o;

        var b = o.B.Immediate;
        if (Constant(o.A) is { } a) return new IrOp.Const(o.Dst, Folding.Compute(o.Op, a, b), o.Span);
        if (Folding.Identity(o.Op, o.A, b) is { } same)
            return same.Register is { } src ? new IrOp.Copy(o.Dst, src, o.Span) : new IrOp.Const(o.Dst, same.Immediate, o.Span);
        if (o.Op == IrBinary.Sub) o = o with { Op = IrBinary.Add, B = b = -b };
        if (o.Op != IrBinary.Add) return o;
        return MadeBy(o.A) switch
        {
            IrOp.Binary { Op: IrBinary.Add } inner => Binary(o with { A = inner.A, B = inner.B.Immediate + b }),
            IrOp.FrameAddress frame when Within(frame.Offset + b, frame.Slot.Size) => frame with { Dst = o.Dst, Offset = (int)(frame.Offset + b), Span = o.Span },
            IrOp.DataAddress data when Within(data.Offset + b, int.MaxValue) => data with { Dst = o.Dst, Offset = (int)(data.Offset + b), Span = o.Span },
            _ => o,
        };
    }

    private IrOp Compare(IrOp.Compare o)
    {
        var (condition, a, b) = Sides(o.Condition, o.A, o.B);
        o = o with { Condition = condition, A = a, B = b };
        if (b.Register is not null) return o;
        if (Constant(a) is { } left) return new IrOp.Const(o.Dst, Folding.Holds(condition, left, b.Immediate) ? 1 : 0, o.Span);
        // A comparison asked whether it holds is itself, asked whether it doesn't its inverse.
        if (MadeBy(a) is not IrOp.Compare inner || Truth(condition, b.Immediate) is not { } truth) return o;
        return truth
            ? inner with { Dst = o.Dst, Span = o.Span }
            : inner.Condition.Inverse() is { } inverse ? inner with { Dst = o.Dst, Condition = inverse, Span = o.Span } : o;
    }

    private IrOp Branch(IrOp.Branch o)
    {
        if (o.Then == o.Else) return new IrOp.Jump(o.Then, o.Span);
        var (condition, a, b) = Sides(o.Condition, o.A, o.B);
        o = o with { Condition = condition, A = a, B = b };
        if (b.Register is not null) return o;
        if (Constant(a) is { } left) return new IrOp.Jump(Folding.Holds(condition, left, b.Immediate) ? o.Then : o.Else, o.Span);
        if (MadeBy(a) is not IrOp.Compare inner || Truth(condition, b.Immediate) is not { } truth) return o;
        var (then, otherwise) = truth ? (o.Then, o.Else) : (o.Else, o.Then);
        return new IrOp.Branch(inner.Condition, inner.A, inner.B, then, otherwise, o.Span);
    }

    // Constants stand on the right.
    private (IrCondition Condition, VReg A, IrOperand B) Sides(IrCondition condition, VReg a, IrOperand b) =>
        b.Register is { } right && Constant(a) is { } left ? (condition.Swapped(), right, left) : (condition, a, b);

    // Of a register that is 1 or 0: whether the comparison with a constant asks if it is 1 (true) or 0 (false); null for other questions.
    private static bool? Truth(IrCondition condition, long constant) =>
        (Folding.Holds(condition, 1, constant), Folding.Holds(condition, 0, constant)) switch
        {
            (true, false) => true,
            (false, true) => false,
            _ => null,
        };

    // The base behind a sum, where the offset can take the constant.
    private (VReg Base, int Offset)? Address(VReg at, int offset) =>
        MadeBy(at) is IrOp.Binary { Op: IrBinary.Add } sum && sum.B.Immediate + offset is var total && total == (short)total ? (sum.A, (int)total) : null;

    private static bool Within(long offset, int size) => offset >= 0 && offset <= size;
}
