using Ktap.Compiler.Ir;
using Ktap.Compiler.Typing;

namespace Ktap.Compiler.Lowering;

// Loops. Kernels with may_goto (6.9) watch over them; older ones take a loop only if the verifier, which walks every round, sees it end: a counter
// of rounds that it knows is what ends it, and its start is chosen when the size of the loop is known.
internal sealed partial class HandlerLowering
{
    // Rounds that a kernel with may_goto allows in one run (BPF_MAX_LOOPS in linux/bpf_verifier.h).
    private const long KernelRounds = 8 << 20;

    // What the verifier of an older kernel is let walk in all loops together, in operations. It gives up at a million instructions, or with 8,192
    // branches still to be walked.
    private const int WalkBudget = 24_000;

    private readonly Stack<(IrBlock Continue, IrBlock Break)> _loops = new();
    private readonly List<LoopNest> _nests = [];
    private LoopNest? _nest;

    // Loops in each other, all counted: where the counters get their start, how many operations there are, and how deep the loops are in each other.
    private sealed class LoopNest
    {
        public List<(IrBlock Block, int Index)> Starts { get; } = [];

        public int Depth { get; set; }

        public int MostDepth { get; set; }

        public int Operations { get; set; }
    }

    private void Loop(TypedLoop s) => Repeat(body =>
    {
        var (next, done) = _loops.Peek();
        if (s.TestsFirst && s.Condition is { } before) Test(before, body, done);
        else _ir.Jump(body);
        _ir.Start(body);
        Statement(s.Body);
        _ir.Start(next);
        if (s.Step is { } step) Statement(step);
        if (!s.TestsFirst && s.Condition is { } after)
        {
            var again = _ir.NewBlock();
            Test(after, s.Until ? done : again, s.Until ? again : done);
            _ir.Start(again);
        }
    });

    private void Test(TypedExpression condition, IrBlock then, IrBlock otherwise)
    {
        var mark = _inUse.Count;
        Condition(condition, then, otherwise);
        ReleaseBuffers(mark);
    }

    private void Range(TypedRange s)
    {
        var i = _ir.Copy(Expression(s.First).Word);
        var last = _ir.Copy(Expression(s.Last).Word);
        IrOperand step = s.Step is null ? 1L : Expression(s.Step).Word;
        if (step.Register is { } computed)
        {
            step = _ir.Copy(computed);
            EndWhere(IrCondition.Eq, computed, 0L, HandlerError.ZeroStep);
        }
        var (none, begin) = (_ir.NewBlock(), _ir.NewBlock());
        Within(i, last, step, begin, none);
        _ir.Start(begin);
        Repeat(body =>
        {
            var (next, done) = _loops.Peek();
            _ir.Jump(body);
            _ir.Start(body);
            WriteLocal(s.Variable, IrValue.OfInt(i));
            Statement(s.Body);
            _ir.Start(next);
            // What is left up to the last value tells whether there is a next one, also where the next one would wrap.
            var more = _ir.NewBlock();
            Left(i, last, step, more, done);
            _ir.Start(more);
            _ir.Assign(i, _ir.Binary(IrBinary.Add, i, step));
        });
        _ir.Start(none);
    }

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

    // A loop: what 'round' emits is one round, which ends open where the next begins; the blocks to continue and to break are on the stack of loops.
    private void Repeat(Action<IrBlock> round)
    {
        var (head, next, done) = (_ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock());
        Guarded(head, () =>
        {
            _loops.Push((next, done));
            round(_ir.NewBlock());
            _loops.Pop();
            _ir.Jump(head);
        });
        _ir.Start(done);
    }

    // Places the head of a loop, to which what 'body' emits jumps back, and the bound on how often it does.
    private void Guarded(IrBlock head, Action body)
    {
        var most = _context.Options.MaxLoop;
        var (inside, exhausted) = (_ir.NewBlock(), _ir.NewBlock());
        if (_context.Target.Features.MayGoto)
        {
            VReg? rounds = most < KernelRounds ? _ir.Copy(most) : null;
            _ir.Start(head);
            _ir.Emit(new IrOp.Guard(inside, exhausted, _ir.Span));
            _ir.Start(inside);
            if (rounds is { } left) CountDown(left, exhausted);
            body();
        }
        else
        {
            var nest = _nest ?? new LoopNest();
            var before = _ir.Emitted;
            nest.MostDepth = Math.Max(nest.MostDepth, ++nest.Depth);
            (var outer, _nest) = (_nest, nest);
            var rounds = _ir.NewRegister();
            nest.Starts.Add(_ir.EmitLater(new IrOp.Const(rounds, 0, _ir.Span)));
            _ir.Start(head);
            CountDown(rounds, exhausted);
            body();
            nest.Depth--;
            _nest = outer;
            if (outer is null)
            {
                nest.Operations = _ir.Emitted - before;
                _nests.Add(nest);
            }
        }
        _ir.Start(exhausted);
        CountError(HandlerError.LoopLimit);
        _ir.Jump(_end);
    }

    private void CountDown(VReg left, IrBlock exhausted)
    {
        var again = _ir.NewBlock();
        _ir.Branch(IrCondition.Eq, left, 0L, exhausted, again);
        _ir.Start(again);
        _ir.Assign(left, _ir.Binary(IrBinary.Sub, left, 1L));
    }

    // The budget is shared by all nests; in a nest each loop gets the same bound, so that all of its rounds together stay within it.
    private void BoundLoops()
    {
        foreach (var nest in _nests)
        {
            var walks = (double)WalkBudget / _nests.Count / Math.Max(1, nest.Operations);
            var rounds = Math.Clamp((long)Math.Pow(walks, 1.0 / nest.MostDepth), 1, _context.Options.MaxLoop);
            foreach (var (block, index) in nest.Starts)
                if (block.Ops[index] is IrOp.Const start) block.Ops[index] = start with { Value = rounds };
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
