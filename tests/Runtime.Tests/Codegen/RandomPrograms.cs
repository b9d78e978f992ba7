using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Text;

namespace Ktap.Runtime.Tests.Codegen;

/// <summary>
/// Makes programs that the verifier accepts if they are compiled rightly: structured code over variables that are assigned in
/// many places, with more alive than the machine has registers, calls between, frame slots of all access sizes, bounded loops.
/// </summary>
internal sealed class RandomPrograms
{
    private static readonly long[] Corners = [0, 1, 2, -1, 7, 8, 63, 64, 255, 4096, int.MaxValue, int.MinValue, uint.MaxValue, 1L << 40, long.MinValue, long.MaxValue];

    private readonly Random _random;
    private readonly IrBuilder _ir;
    private readonly List<VReg> _variables = [];
    private readonly List<VReg> _temporaries = [];
    private readonly List<FrameSlot> _slots = [];
    private readonly List<VReg> _addresses = [];
    private readonly List<VReg> _pointers = []; // each to 8 bytes of one slot or the other, as the run goes
    private int _budget;
    private int _loops;

    private RandomPrograms(int seed)
    {
        _random = new Random(seed);
        _ir = new IrBuilder($"random_{seed}", SourceText.From("# random\n", "random.kp"));
    }

    public static IrFunction Make(int seed) => new RandomPrograms(seed).Make();

    private IrFunction Make()
    {
        _budget = _random.Next(5, 60);
        var context = _ir.Context();
        for (var i = 0; i < 2; i++)
        {
            _slots.Add(_ir.NewSlot(8 * _random.Next(2, 5), $"slot {i}"));
            var at = _ir.Address(_slots[i]);
            for (var o = 0; o < _slots[i].Size; o += 8) _ir.Store(at, o, Chance(2) ? (IrOperand)Constant() : _ir.Load(context, 8 * _random.Next(12)));
            _addresses.Add(at);
        }
        for (var i = _random.Next(2, 16); i > 0; i--)
        {
            var variable = _ir.NewRegister();
            _ir.Assign(variable, Chance(3) ? (IrOperand)Constant() : _ir.Load(context, 8 * _random.Next(12)));
            _variables.Add(variable);
        }
        // The verifier goes through the rest once for each place that it may point to: shorter, then, to stay within its million steps.
        if (Chance(3)) _pointers.Add(Pointer());
        if (_pointers.Count > 0) (_budget, _loops) = (Math.Min(_budget, 30), 1);
        Statements(3);
        var hash = _ir.Const(0x1234567);
        foreach (var variable in _variables) hash = Mix(hash, variable);
        foreach (var slot in _slots)
            for (var o = 0; o < slot.Size; o += 8) hash = Mix(hash, _ir.Load(_ir.Address(slot), o));
        _ir.Return(hash);
        return _ir.Finish();
    }

    private VReg Mix(VReg hash, VReg value)
    {
        var sum = _ir.Binary(IrBinary.Add, _ir.Binary(IrBinary.Mul, hash, 0x9e3779b1), value);
        return _ir.Binary(IrBinary.Xor, sum, _ir.Binary(IrBinary.ShrU, sum, 29));
    }

    private void Statements(int depth)
    {
        var known = _temporaries.Count;
        for (var i = _random.Next(1, 8); i > 0 && _budget > 0; i--) Statement(depth);
        // What was made in an arm of an if is not there after it.
        _temporaries.RemoveRange(known, _temporaries.Count - known);
    }

    private void Statement(int depth)
    {
        _budget--;
        switch (_random.Next(depth > 0 ? 18 : 12))
        {
            case < 4: _ir.Assign(Variable(), Expression()); break;
            case 4: _temporaries.Add(Expression()); break;
            case 5: Call(); break;
            case 6: Store(); break;
            case 7: _ir.Assign(Variable(), Load()); break;
            case 8: Atomic(Chance(2) ? Address() : _addresses[1], 8); break;
            case 9: _ir.Assign(Variable(), Operand()); break;
            case 10: _ir.Assign(Variable(), _ir.Compare(Condition(), Operand(), Operand())); break;
            case 11: PointerChoice(); break;
            case < 16: If(depth); break;
            default: Loop(depth); break;
        }
    }

    private void If(int depth)
    {
        var (then, otherwise, end) = (_ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock());
        if (Chance(3)) _ir.Branch(IrCondition.Ne, _ir.Compare(Condition(), Operand(), Operand()), 0, then, otherwise);
        else _ir.Branch(Condition(), Operand(), Operand(), then, otherwise);
        _ir.Start(then);
        Statements(depth - 1);
        if (Chance(8)) _ir.Return(Operand());
        _ir.Jump(end);
        _ir.Start(otherwise);
        if (Chance(2)) Statements(depth - 1);
        _ir.Start(end);
    }

    private void Loop(int depth)
    {
        if (_loops >= 2) return; // nested loops multiply
        _loops++;
        var (body, end) = (_ir.NewBlock(), _ir.NewBlock());
        var counter = _ir.NewRegister();
        _ir.Assign(counter, 0);
        _ir.Start(body);
        Statements(depth - 1);
        if (Chance(3))
        {
            var next = _ir.NewBlock();
            _ir.Branch(Condition(), Operand(), Operand(), end, next);
            _ir.Start(next);
        }
        _ir.Assign(counter, _ir.Binary(IrBinary.Add, counter, 1));
        _ir.Branch(IrCondition.LtU, counter, _random.Next(1, 4), body, end);
        _ir.Start(end);
        _loops--;
    }

    // A register that is one address or another.
    private VReg Pointer()
    {
        var pointer = _ir.NewRegister();
        var (other, end) = (_ir.NewBlock(), _ir.NewBlock());
        _ir.Assign(pointer, _ir.Address(_slots[0], 8));
        _ir.Branch(Condition(), Operand(), Operand(), end, other);
        _ir.Start(other);
        _ir.Assign(pointer, _ir.Address(_slots[1]));
        _ir.Start(end);
        return pointer;
    }

    private void PointerChoice()
    {
        var pointer = _pointers.Count > 0 ? _pointers[0] : Pointer();
        if (Chance(2)) _ir.Store(pointer, 0, Operand());
        if (Chance(2)) Atomic(pointer, 0);
        if (Chance(2)) Atomic(pointer, 0);
        _ir.Assign(Variable(), _ir.Load(pointer, 4, 4));
    }

    private void Call()
    {
        switch (_random.Next(5))
        {
            case 0: _ir.Assign(Variable(), _ir.Call(BpfHelper.GetCurrentPidTgid, CallEffect.PerRun)); break;
            case 1: _ir.Assign(Variable(), _ir.Call(BpfHelper.GetCurrentUidGid, CallEffect.PerRun)); break;
            case 2: _ir.Assign(Variable(), _ir.Binary(IrBinary.ShrU, _ir.Call(BpfHelper.KtimeGetNs, CallEffect.Read), 63)); break;
            case 3: _ir.CallVoid(BpfHelper.GetCurrentComm, Address(), 8); break;
            default:
                var failed = _ir.Call(BpfHelper.ProbeReadKernel, CallEffect.Any, _ir.Address(_slots[0], 8), 8, _ir.Address(_slots[1], 8));
                if (Chance(2)) _ir.Assign(Variable(), failed);
                break;
        }
    }

    private void Store()
    {
        var size = 1 << _random.Next(4);
        var slot = _random.Next(2);
        _ir.Store(Chance(2) ? _addresses[slot] : _ir.Address(_slots[slot]), size * _random.Next(_slots[slot].Size / size), Operand(), size);
    }

    private VReg Load()
    {
        var size = 1 << _random.Next(4);
        var slot = _random.Next(2);
        return _ir.Load(_addresses[slot], size * _random.Next(_slots[slot].Size / size), size, Chance(2));
    }

    private void Atomic(VReg at, int offset)
    {
        var op = (IrAtomic)_random.Next(6);
        var size = Chance(2) ? 8 : 4;
        VReg? expected = op == IrAtomic.CompareExchange ? _ir.Materialize(Operand()) : null;
        VReg? dst = expected is not null || op == IrAtomic.Exchange || Chance(2) ? Chance(2) ? Variable() : _ir.NewRegister() : null;
        _ir.Emit(new IrOp.Atomic(op, size, at, offset, _ir.Materialize(Operand()), expected, dst, default));
        if (dst is { } result) _temporaries.Add(result);
    }

    private VReg Expression()
    {
        if (Chance(12)) return _ir.Swap(_ir.Materialize(Operand()));
        var op = (IrBinary)_random.Next(11);
        IrOperand b = op switch
        {
            IrBinary.DivU or IrBinary.ModU => Chance(2) ? (IrOperand)_random.Next(1, 40) : _ir.Binary(IrBinary.Or, Operand(), 1),
            IrBinary.Shl or IrBinary.ShrU or IrBinary.ShrS => Chance(2) ? (IrOperand)_random.Next(64) : _ir.Binary(IrBinary.And, Operand(), 63),
            _ => Operand(),
        };
        return _ir.Binary(op, Operand(), b);
    }

    private IrOperand Operand() => _random.Next(8) switch
    {
        0 => Constant(),
        1 or 2 when _temporaries.Count > 0 => _temporaries[_random.Next(_temporaries.Count)],
        _ => Variable(),
    };

    private VReg Address() => _ir.Address(_slots[_random.Next(2)]);

    private VReg Variable() => _variables[_random.Next(_variables.Count)];

    private IrCondition Condition() => (IrCondition)_random.Next(11);

    private long Constant() => Chance(2) ? Corners[_random.Next(Corners.Length)] : _random.Next(-100, 100);

    private bool Chance(int n) => _random.Next(n) == 0;
}
