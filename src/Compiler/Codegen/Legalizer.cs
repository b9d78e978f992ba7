using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Codegen;

/// <summary>
/// Makes of every operation one that instructions can do: immediates that fit, offsets that fit, constants on the right side,
/// one context. Registers that are a constant or an address get their recipe and become inline.
/// </summary>
internal sealed class Legalizer
{
    private readonly WorkFunction _function;
    private readonly Dictionary<VReg, VReg> _contexts = [];
    private readonly Dictionary<long, VReg> _constants = [];
    private List<IrOp> _ops = [];
    private VReg? _context;

    private Legalizer(WorkFunction function) => _function = function;

    public static void Run(WorkFunction function)
    {
        var legalizer = new Legalizer(function);
        legalizer.FindRecipes();
        Func<VReg, IrOperand> useContext = reg => legalizer._contexts.TryGetValue(reg, out var context) ? context : reg;
        foreach (var block in function.Blocks)
        {
            legalizer._ops = new List<IrOp>(block.Ops.Count + 8);
            foreach (var op in block.Ops) legalizer.Legalize(legalizer._contexts.Count == 0 ? op : op.MapUses(useContext));
            block.Ops.Clear();
            block.Ops.AddRange(legalizer._ops);
        }
        if (legalizer._context is { } context)
            function.Blocks[0].Ops.Insert(0, new IrOp.Context(context, function.Blocks[0].Ops[0].Span));
    }

    private void FindRecipes()
    {
        var definitions = new int[_function.RegisterCount];
        foreach (var block in _function.Blocks)
            foreach (var op in block.Ops)
                if (op.Definition() is { } dst) definitions[dst.Id]++;
        foreach (var block in _function.Blocks)
            foreach (var op in block.Ops)
            {
                if (op.Definition() is not { } dst) continue;
                if (op is IrOp.Context) _context ??= _function.NewRegister(null, 0);
                if (definitions[dst.Id] != 1) continue;
                if (op is IrOp.Context) _contexts[dst] = _context!.Value;
                if (op is not (IrOp.Const or IrOp.FrameAddress or IrOp.MapAddress or IrOp.DataAddress or IrOp.FunctionAddress or IrOp.FieldOffset)) continue;
                _function[dst].Recipe = op;
                _function[dst].IsInline = true;
            }
    }

    private void Legalize(IrOp op)
    {
        switch (op)
        {
            case IrOp.Context o:
                if (!_contexts.ContainsKey(o.Dst)) _ops.Add(new IrOp.Copy(o.Dst, _context!.Value, o.Span));
                break;
            case IrOp.Copy o:
                _ops.Add(_function.InlineConstant(o.Src) is { } copied ? new IrOp.Const(o.Dst, copied, o.Span) : o);
                break;
            case IrOp.Binary o: Binary(o); break;
            case IrOp.Compare o:
                var (condition, a, b) = Sides(o.Condition, o.A, o.B);
                _ops.Add(o with { Condition = condition, A = a, B = b });
                break;
            case IrOp.Branch o:
                (condition, a, b) = Sides(o.Condition, o.A, o.B);
                _ops.Add(o with { Condition = condition, A = a, B = b });
                break;
            case IrOp.Load o:
                _ops.Add(Reach(o.Base, o.Offset, o) is var (at, offset) ? o with { Base = at, Offset = offset } : o);
                break;
            case IrOp.Store o:
                (at, offset) = Reach(o.Base, o.Offset, o);
                _ops.Add(o with { Base = at, Offset = offset, Value = Stored(o.Value, o.Size) });
                break;
            case IrOp.Atomic o:
                (at, offset) = Reach(o.Base, o.Offset, o);
                _ops.Add(o with { Base = at, Offset = offset });
                break;
            case IrOp.Call o: _ops.Add(o with { Args = o.Args.Select(Constant).ToImmutableArray() }); break;
            case IrOp.Return o: _ops.Add(o with { Value = Constant(o.Value) }); break;
            default: _ops.Add(op); break;
        }
    }

    private void Binary(IrOp.Binary o)
    {
        var (a, b) = (o.A, Constant(o.B));
        if (b.Register is { } right && o.Op.IsCommutative() && _function.InlineConstant(a) is { } left) (a, b) = (right, left);
        if (b.Register is not null)
        {
            _ops.Add(o with { A = a, B = b });
            return;
        }
        // What the instruction set does with a divisor of 0; the verifier refuses it as an immediate, as it does shifts beyond 63.
        if (b.Immediate == 0 && o.Op == IrBinary.DivU) _ops.Add(new IrOp.Const(o.Dst, 0, o.Span));
        else if (b.Immediate == 0 && o.Op == IrBinary.ModU) _ops.Add(new IrOp.Copy(o.Dst, a, o.Span));
        else if (o.Op is IrBinary.Shl or IrBinary.ShrU or IrBinary.ShrS) _ops.Add(o with { A = a, B = b.Immediate & 63 });
        else if (o.Op == IrBinary.Sub && Fits(-b.Immediate)) _ops.Add(o with { Op = IrBinary.Add, A = a, B = -b.Immediate });
        else _ops.Add(o with { A = a, B = Fits(b.Immediate) ? b : Wide(b.Immediate) });
    }

    // A constant can only be on the right of a comparison.
    private (IrCondition Condition, VReg A, IrOperand B) Sides(IrCondition condition, VReg a, IrOperand b)
    {
        b = Constant(b);
        if (b.Register is { } right && _function.InlineConstant(a) is { } left) (condition, a, b) = (condition.Swapped(), right, left);
        return (condition, a, b.Register is null && !Fits(b.Immediate) ? Wide(b.Immediate) : b);
    }

    private (VReg Base, int Offset) Reach(VReg at, int offset, IrOp op)
    {
        if (offset == (short)offset) return (at, offset);
        var sum = _function.NewRegister(null, 0);
        _ops.Add(new IrOp.Binary(sum, IrBinary.Add, at, offset, op.Span));
        return (sum, 0);
    }

    // Only the low bytes count, so that an immediate of up to 4 bytes always fits.
    private IrOperand Stored(IrOperand value, int size)
    {
        value = Constant(value);
        if (value.Register is not null) return value;
        return size <= 4 ? (int)value.Immediate : Fits(value.Immediate) ? value : Wide(value.Immediate);
    }

    private IrOperand Constant(IrOperand operand) =>
        operand.Register is { } reg && _function.InlineConstant(reg) is { } value ? value : operand;

    private VReg Wide(long value)
    {
        if (_constants.TryGetValue(value, out var reg)) return reg;
        reg = _function.NewRegister(null, 0);
        _function[reg].Recipe = new IrOp.Const(reg, value, default);
        _function[reg].IsInline = true;
        return _constants[value] = reg;
    }

    private static bool Fits(long value) => value == (int)value;
}
