using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Codegen;

/// <summary>
/// Rewrites a function after registers have become inline (constants and addresses at first, then what was spilled): their
/// assignments go to their slot, or away; where an operation that reads one can't hold the recipe, a temporary gets it just
/// before. A temporary serves the stretch up to the next call, into blocks that are reached from it only (so that what the
/// verifier learns of it in a branch is known where that leads); one that is itself cut up serves a single operation.
/// </summary>
internal sealed class InlineRewriter
{
    private readonly WorkFunction _function;
    private readonly (VReg Temporary, int Stamp)[] _temporaries;
    private readonly List<int> _stretchBefore = [0]; // by stretch: that which leads into it without a call, or 0
    private List<IrOp> _ops = [];
    private int _stretch; // a new one at every call and block
    private int _operation = -1; // counts down at every op

    private InlineRewriter(WorkFunction function)
    {
        _function = function;
        _temporaries = new (VReg, int)[function.RegisterCount];
    }

    public static void Run(WorkFunction function)
    {
        var rewriter = new InlineRewriter(function);
        var flow = new ControlFlow(function.Blocks);
        var stretchAfter = new int[flow.Count];
        for (var b = 0; b < flow.Count; b++)
        {
            var ops = flow.Order[b].Ops;
            rewriter._ops = new List<IrOp>(ops.Count + 8);
            rewriter.StartStretch(flow.Predecessors(b) is [var only] && only < b ? stretchAfter[only] : 0);
            foreach (var op in ops) rewriter.Rewrite(op);
            stretchAfter[b] = rewriter._stretch;
            ops.Clear();
            ops.AddRange(rewriter._ops);
        }
    }

    private void StartStretch(int before)
    {
        _stretch = _stretchBefore.Count;
        _stretchBefore.Add(before);
    }

    private void Rewrite(IrOp op)
    {
        _operation--;
        if (op.Definition() is { } assigned && IsDropped(op, assigned)) return;
        op = WithOperands(op);
        if (op is IrOp.Call) StartStretch(0);
        if (op.Definition() is not { } dst || !_function.IsInline(dst))
        {
            _ops.Add(op);
            return;
        }

        var facts = _function[dst];
        if (facts.Level == 0)
        {
            var slot = ((IrOp.Load)facts.Recipe!).Base;
            if (op is IrOp.Const constant && constant.Value == (int)constant.Value)
            {
                _temporaries[dst.Id] = default;
                _ops.Add(new IrOp.Store(8, slot, 0, constant.Value, op.Span));
                return;
            }
            var temporary = _function.NewRegister(facts.Recipe, 1);
            _ops.Add(op.WithDefinition(temporary));
            _ops.Add(new IrOp.Store(8, slot, 0, temporary, op.Span));
            _temporaries[dst.Id] = (temporary, _stretch);
        }
        else
        {
            // The store to the slot that its recipe reloads from comes next, and reads it.
            var temporary = _function.NewRegister(null, 2);
            _ops.Add(op.WithDefinition(temporary));
            _temporaries[dst.Id] = (temporary, _operation - 1);
        }
    }

    // The assignment of a register that will be made again wherever it is wanted.
    private bool IsDropped(IrOp op, VReg dst) =>
        _function.IsInline(dst) && _function[dst].Recipe is { } recipe && op.WithDefinition(recipe.Definition()!.Value) with { Span = recipe.Span } == recipe;

    private IrOp WithOperands(IrOp op)
    {
        switch (op)
        {
            case IrOp.Copy o when Held(o.Src) is var src && _function.IsInline(src):
                return _function[src].Recipe!.WithDefinition(o.Dst) with { Span = o.Span };
            case IrOp.Copy or IrOp.Call or IrOp.Return:
                return op.MapUses(reg => Held(reg));
            case IrOp.Binary o:
                var b = o.B.Register is { } right && !(o.Op == IrBinary.Add && IsInlineField(right)) ? (IrOperand)InRegister(right, op) : o.B;
                return o with { A = Held(o.A), B = b };
            case IrOp.Load o:
                return o with { Base = InBase(o.Base, op) };
            case IrOp.Store o:
                return o with { Base = InBase(o.Base, op), Value = o.Value.Register is { } stored ? InRegister(stored, op) : o.Value };
            case IrOp.Atomic o:
                var value = o.Dst is not null && o.Op != IrAtomic.CompareExchange ? Held(o.Value) : InRegister(o.Value, op);
                return o with { Base = InBase(o.Base, op), Value = value, Expected = o.Expected is { } expected ? Held(expected) : null };
            default:
                return op.MapUses(reg => InRegister(reg, op));
        }
    }

    // Where the operation itself puts the recipe into a register (an argument's, its destination's), unless one has it already.
    private VReg Held(VReg reg) => _function.IsInline(reg) && Temporary(reg) is { } temporary ? temporary : reg;

    private VReg InBase(VReg reg, IrOp op) => _function.InlineFrame(reg) is null ? InRegister(reg, op) : reg;

    private bool IsInlineField(VReg reg) => _function.IsInline(reg) && _function[reg].Recipe is IrOp.FieldOffset;

    private VReg InRegister(VReg reg, IrOp op)
    {
        if (!_function.IsInline(reg)) return reg;
        if (Temporary(reg) is { } known) return known;
        var facts = _function[reg];
        var temporary = _function.NewRegister(facts.Recipe, facts.Level + 1);
        _ops.Add(facts.Recipe!.WithDefinition(temporary) with { Span = op.Span });
        // Any operation but an addition makes a value of its own of it, as far as the verifier knows.
        if (op is IrOp.Branch or IrOp.Compare && facts.Recipe is IrOp.Load && _function.ComparesApart(reg)) _ops.Add(new IrOp.Binary(temporary, IrBinary.Xor, temporary, 0, op.Span));
        _temporaries[reg.Id] = (temporary, facts.Level == 0 ? _stretch : _operation);
        return temporary;
    }

    private VReg? Temporary(VReg reg)
    {
        var (temporary, stamp) = _temporaries[reg.Id];
        if (stamp == _operation) return temporary;
        // A few blocks back are enough: farther on it would only be in the way.
        var stretch = _stretch;
        for (var blocks = 0; blocks < 4 && stretch > 0; blocks++, stretch = _stretchBefore[stretch])
            if (stamp == stretch) return temporary;
        return null;
    }
}
