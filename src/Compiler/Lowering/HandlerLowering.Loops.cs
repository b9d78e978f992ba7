using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;

namespace Ktap.Compiler.Lowering;

// Loops. Kernels with may_goto (6.9) watch over them; older ones take a loop only if the verifier, which walks every round, sees it end: a counter
// of rounds that it knows is what ends it, and its start is chosen when the size of the loop is known.
internal sealed partial class HandlerLowering
{
    // Rounds that a kernel with may_goto allows in one run (BPF_MAX_LOOPS in linux/bpf_verifier.h).
    private const long KernelRounds = 8 << 20;

    // What the verifier of an older kernel is let walk in all loops together: it gives up at a million instructions, or with 8,192 branches whose
    // other side is still to be walked.
    private const double MostOperations = 300_000, MostBranches = 6_000;

    private readonly List<LoopNest> _nests = [];
    private LoopNest? _nest;

    // Loops in each other, all counted: where the counters get their start, how much there is to walk, and how deep the loops are in each other.
    private sealed class LoopNest
    {
        public List<(IrBlock Block, int Index, long? Known)> Starts { get; } = [];

        public int Depth { get; set; }

        public int MostDepth { get; set; }

        public int Operations { get; set; }

        public int Branches { get; set; }

        // The rounds of the innermost loop in one run of the handler, where all bounds are known: of the loop being lowered, and the most of all.
        public double Rounds { get; set; } = 1;

        public double MostRounds { get; set; }
    }

    private void Loop(TypedLoop s) => Repeat((next, done) =>
    {
        if (s.TestsFirst && s.Condition is { } before)
        {
            var body = _ir.NewBlock();
            Test(before, body, done);
            _ir.Start(body);
        }
        InLoop(next, done, s.Body);
        if (s.Step is { } step) Statement(step);
        if (!s.TestsFirst && s.Condition is { } after)
        {
            var again = _ir.NewBlock();
            Test(after, s.Until ? done : again, s.Until ? again : done);
            _ir.Start(again);
        }
    });

    // The body of a loop; what continues it goes on behind the body.
    private void InLoop(IrBlock next, IrBlock done, TypedBlock body)
    {
        var behind = _ir.NewBlock();
        _function.Loops.Push((behind, done));
        Statement(body);
        _function.Loops.Pop();
        _ir.Start(behind);
    }

    private void Test(TypedExpression condition, IrBlock then, IrBlock otherwise)
    {
        var mark = _function.InUse.Count;
        Condition(condition, then, otherwise);
        ReleaseBuffers(mark);
    }

    // What the loop needs is in variables of its own, so that rounds called back by the kernel find it.
    private void Range(TypedRange s)
    {
        var i = Keep("next", Expression(s.First).Word);
        var last = Keep("last", Expression(s.Last).Word);
        IrOperand constant = s.Step is null ? 1L : Expression(s.Step).Word;
        var computed = constant.Register is null ? null : Keep("step", constant);
        if (computed is not null) EndWhere(IrCondition.Eq, Word(computed).Register!.Value, 0L, HandlerError.ZeroStep);
        IrOperand Step() => computed is null ? constant : Word(computed);

        var (none, begin) = (_ir.NewBlock(), _ir.NewBlock());
        Within(_ir.Materialize(Word(i)), _ir.Materialize(Word(last)), Step(), begin, none);
        _ir.Start(begin);
        Repeat((next, done) =>
        {
            WriteLocal(s.Variable, IrValue.OfInt(Word(i)));
            InLoop(next, done, s.Body);
            // What is left up to the last value tells whether there is a next one, also where the next one would wrap.
            var more = _ir.NewBlock();
            Left(_ir.Materialize(Word(i)), _ir.Materialize(Word(last)), Step(), more, done);
            _ir.Start(more);
            WriteLocal(i, IrValue.OfInt(_ir.Binary(IrBinary.Add, Word(i), Step())));
        }, RoundsOf(s));
        _ir.Start(none);
    }

    // How often a loop between constants goes round.
    private static long? RoundsOf(TypedRange s)
    {
        if (s.First is not TypedConstant { Value: var first } || s.Last is not TypedConstant { Value: var last } || s.Step is not (null or TypedConstant)) return null;
        Int128 step = s.Step is TypedConstant { Value: var by } ? by.AsInt : 1;
        var rounds = step == 0 ? 0 : ((Int128)last.AsInt - first.AsInt) / step + 1;
        return (long)Int128.Clamp(rounds, 1, long.MaxValue);
    }

    private TypedLocal Keep(string name, IrOperand word)
    {
        var local = new TypedLocal(name) { Type = KtapType.Int };
        WriteLocal(local, IrValue.OfInt(word));
        return local;
    }

    private IrOperand Word(TypedLocal local) => ReadLocal(local).Word;

    private void Within(VReg i, VReg last, IrOperand step, IrBlock yes, IrBlock no)
    {
        if (step.Register is null)
        {
            _ir.Branch(step.Immediate > 0 ? IrCondition.LeS : IrCondition.GeS, i, last, yes, no);
            return;
        }
        var (up, down) = (_ir.NewBlock(), _ir.NewBlock());
        _ir.Branch(IrCondition.GtS, step, 0L, up, down);
        _ir.Start(up);
        _ir.Branch(IrCondition.LeS, i, last, yes, no);
        _ir.Start(down);
        _ir.Branch(IrCondition.GeS, i, last, yes, no);
    }

    private void Left(VReg i, VReg last, IrOperand step, IrBlock yes, IrBlock no)
    {
        if (step.Register is null)
        {
            var left = step.Immediate > 0 ? _ir.Binary(IrBinary.Sub, last, i) : _ir.Binary(IrBinary.Sub, i, last);
            _ir.Branch(IrCondition.GeU, left, step.Immediate > 0 ? step.Immediate : -step.Immediate, yes, no);
            return;
        }
        var (up, down) = (_ir.NewBlock(), _ir.NewBlock());
        _ir.Branch(IrCondition.GtS, step, 0L, up, down);
        _ir.Start(up);
        _ir.Branch(IrCondition.GeU, _ir.Binary(IrBinary.Sub, last, i), step, yes, no);
        _ir.Start(down);
        _ir.Branch(IrCondition.GeU, _ir.Binary(IrBinary.Sub, i, last), _ir.Binary(IrBinary.Sub, 0L, step), yes, no);
    }

    // A loop: what 'round' emits is one round, given where to go for the next one and where to leave; it goes on with the next at its end.
    // 'known' is how often it goes round at most, where that is known.
    private void Repeat(Action<IrBlock, IrBlock> round, long? known = null)
    {
        if (_callsRounds)
        {
            CallRounds(round);
            return;
        }
        var (head, inside, exhausted, done) = (_ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock());
        if (_context.Target.Features.MayGoto)
        {
            VReg? rounds = _context.Options.MaxLoop < KernelRounds ? _ir.Copy(_context.Options.MaxLoop) : null;
            _ir.Start(head);
            _ir.Emit(new IrOp.Guard(inside, exhausted, null, _ir.Span));
            _ir.Start(inside);
            if (rounds is { } left) CountDown(left, exhausted);
            round(head, done);
        }
        else
        {
            CountedRounds(head, inside, exhausted, () => round(head, done), known);
        }
        _ir.Jump(head);
        _ir.Start(exhausted);
        CountError(HandlerError.LoopLimit);
        _ir.Jump(_end);
        _ir.Start(done);
    }

    private void CountedRounds(IrBlock head, IrBlock inside, IrBlock exhausted, Action round, long? known)
    {
        var nest = _nest ?? new LoopNest();
        var (operations, branches) = (_ir.Emitted, _ir.Branches);
        nest.MostDepth = Math.Max(nest.MostDepth, ++nest.Depth);
        (var outer, _nest) = (_nest, nest);
        var rounds = _ir.NewRegister();
        var (block, index) = _ir.EmitLater(new IrOp.Const(rounds, 0, _ir.Span));
        nest.Starts.Add((block, index, known));
        var outerRounds = nest.Rounds;
        nest.Rounds *= known ?? double.PositiveInfinity;
        nest.MostRounds = Math.Max(nest.MostRounds, nest.Rounds);
        _ir.Start(head);
        _ir.Emit(new IrOp.Guard(inside, exhausted, rounds, _ir.Span));
        _ir.Start(inside);
        _ir.Assign(rounds, _ir.Binary(IrBinary.Sub, rounds, 1L));
        round();
        nest.Depth--;
        nest.Rounds = outerRounds;
        _nest = outer;
        if (outer is not null) return;
        (nest.Operations, nest.Branches) = (_ir.Emitted - operations, _ir.Branches - branches);
        _nests.Add(nest);
    }

    private void CountDown(VReg left, IrBlock exhausted)
    {
        var again = _ir.NewBlock();
        _ir.Branch(IrCondition.Eq, left, 0L, exhausted, again);
        _ir.Start(again);
        _ir.Assign(left, _ir.Binary(IrBinary.Sub, left, 1L));
    }

    // The budget is shared by all nests; in a nest each loop gets the same bound, so that all of its rounds together stay within it. Loops
    // that are known to end within the budget get what they need.
    private void BoundLoops()
    {
        foreach (var nest in _nests)
        {
            var walks = Math.Min(MostOperations / Math.Max(1, nest.Operations), MostBranches / Math.Max(1, nest.Branches)) * _context.Options.LoopShare / _nests.Count;
            var rounds = Math.Clamp((long)Math.Pow(walks, 1.0 / nest.MostDepth), 1, _context.Options.MaxLoop);
            var fits = nest.MostRounds <= walks;
            foreach (var (block, index, known) in nest.Starts)
                if (block.Ops[index] is IrOp.Const start) block.Ops[index] = start with { Value = Math.Min(fits ? known!.Value : Math.Min(known ?? long.MaxValue, rounds), _context.Options.MaxLoop) };
        }
    }

    // A run-time error that ends the handler.
    private void EndWhere(IrCondition condition, VReg value, IrOperand against, HandlerError kind)
    {
        var (wrong, fine) = (_ir.NewBlock(), _ir.NewBlock());
        _ir.Branch(condition, value, against, wrong, fine);
        _ir.Start(wrong);
        CountError(kind);
        _ir.Jump(_end);
        _ir.Start(fine);
    }
}
