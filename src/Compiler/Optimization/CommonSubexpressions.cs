using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;

namespace Ktap.Compiler.Optimization;

/// <summary>
/// What a dominating block has computed is not computed again: arithmetic, addresses, per-run helper calls, loads from the
/// context and the current task; other loads while nothing may have written, look-ups of a key while the program changes no map, words that
/// are known to be in the frame. Conditions that a dominating branch has decided are known. Only over registers assigned once: their values can't
/// have changed in between.
/// </summary>
internal sealed class CommonSubexpressions
{
    private readonly Definitions _definitions;
    private readonly ControlFlow _flow;
    private readonly Dictionary<Expression, IrOperand> _known = [];
    private readonly bool _contextIsConstant;
    private readonly Func<VReg, IrOperand> _useShared;
    private readonly Dictionary<VReg, IrOperand> _shared = []; // registers that turned out to be what another one is
    private readonly HashSet<VReg> _perRun = []; // results of loads that give the same throughout a run
    private readonly FrameContents _frame;
    private int _memories;

    private enum Kind { Const, Binary, Compare, Load, Frame, Map, Data, Context, Field, Call, Lookup }

    // What code can change, by the number of its state: memory, slots of the frame that nothing else reaches, which keys are in maps; and what is known to be in those slots.
    private readonly record struct State(int Memory, int Slots, int Maps, ImmutableDictionary<(int, int), IrOperand> Frame);

    // A computation without its destination: what kind, of what, and for loads of which state of memory (0: any).
    private readonly record struct Expression(Kind Kind, object? Of, IrOperand A, IrOperand B, long Detail, int Memory);

    private CommonSubexpressions(IrFunction function)
    {
        _definitions = new Definitions(function);
        _frame = new FrameContents(function, _definitions);
        _flow = ControlFlow.Of(function);
        _useShared = Shared;
        _contextIsConstant = !function.Blocks.Any(b => b.Ops.Exists(op => op is IrOp.Call { Helper: BpfHelper.OverrideReturn }));
    }

    public static IrFunction Run(IrFunction function)
    {
        new CommonSubexpressions(function).Walk();
        return function;
    }

    // Down the dominator tree with a stack of its own; what a block adds is taken back when all that it dominates is done.
    private void Walk()
    {
        var dominators = new Dominators(_flow);
        var after = new State[_flow.Count];
        var added = new Stack<(Expression What, IrOperand? Before)>();
        var work = new Stack<(int Block, int Leave)>();
        work.Push((0, -1));
        while (work.TryPop(out var item))
        {
            if (item.Leave >= 0)
            {
                while (added.Count > item.Leave) TakeBack(added.Pop());
                continue;
            }
            var block = item.Block;
            work.Push((block, added.Count));
            var state = new State(++_memories, _memories, _memories, ImmutableDictionary<(int, int), IrOperand>.Empty);
            if (_flow.Predecessors(block) is [var only])
            {
                state = after[only];
                LearnBranch(only, block, added);
            }
            after[block] = Rewrite(_flow.Order[block].Ops, state, added);
            foreach (var child in dominators.Children[block] ?? []) work.Push((child, -1));
        }
    }

    // What is true in a block that only one side of a branch leads to.
    private void LearnBranch(int from, int block, Stack<(Expression, IrOperand?)> added)
    {
        if (_flow.Order[from].Ops[^1] is not IrOp.Branch branch || branch.Then == branch.Else) return;
        if (!_definitions.IsSingle(branch.A) || !_definitions.IsSingle(branch.B)) return;
        var holds = branch.Then == _flow.Order[block];
        Add(Comparison(branch.Condition, branch.A, branch.B), holds ? 1 : 0, added);
        if (branch.Condition.Inverse() is { } inverse) Add(Comparison(inverse, branch.A, branch.B), holds ? 0 : 1, added);
    }

    private State Rewrite(List<IrOp> ops, State state, Stack<(Expression, IrOperand?)> added)
    {
        var kept = 0;
        _frame.Words = state.Frame;
        foreach (var before in ops.ToArray())
        {
            var op = before.MapUses(_useShared);
            if (op is IrOp.Store store && _frame.IsThere(store)) continue;
            if (op is IrOp.Branch branch && _definitions.IsSingle(branch.A) && _definitions.IsSingle(branch.B)
                && _known.TryGetValue(Comparison(branch.Condition, branch.A, branch.B), out var decided) && decided.Register is null)
                op = new IrOp.Jump(decided.Immediate != 0 ? branch.Then : branch.Else, branch.Span);
            if (op.Definition() is { } dst && Known(op, state, added) is { } known)
            {
                op = known.Register is { } reg ? new IrOp.Copy(dst, reg, op.Span) : new IrOp.Const(dst, known.Immediate, op.Span);
                if (_definitions.IsSingle(dst)) _shared[dst] = known;
            }
            if (op is IrOp.Store { Base: var at } && _frame.PlaceOf(at, 0) is not null) state = state with { Slots = ++_memories };
            else if (op is IrOp.Store or IrOp.Atomic or IrOp.Call { Effect: CallEffect.Any }) state = state with { Memory = ++_memories, Slots = _memories };
            if (op is IrOp.Call { Effect: CallEffect.Any } call && !LeavesMaps(call)) state = state with { Maps = ++_memories };
            _frame.Follow(op);
            ops[kept++] = op;
        }
        ops.RemoveRange(kept, ops.Count - kept);
        return state with { Frame = _frame.Words };
    }

    // What an operation gives, where that is computed already; else it is from now on.
    private IrOperand? Known(IrOp op, State state, Stack<(Expression, IrOperand?)> added)
    {
        if (op is IrOp.Load load && _frame.Loaded(load) is { } word) return word;
        if (ExpressionOf(op, state) is not { } expression) return null;
        if (_known.TryGetValue(expression, out var known)) return known;
        if (op.Definition() is { } dst && _definitions.IsSingle(dst)) Add(expression, dst, added);
        return null;
    }

    private static bool LeavesMaps(IrOp.Call call) => call.Function is null && call.Helper is BpfHelper.MapLookupElem or BpfHelper.RingbufReserve or BpfHelper.RingbufSubmit
        or BpfHelper.GetCurrentComm or BpfHelper.GetStack or BpfHelper.ProbeReadKernel or BpfHelper.ProbeReadKernelStr or BpfHelper.ProbeReadUser or BpfHelper.ProbeReadUserStr;

    private IrOperand Shared(VReg reg) => _shared.TryGetValue(reg, out var known) ? known : reg;

    private void Add(Expression expression, IrOperand value, Stack<(Expression, IrOperand?)> added)
    {
        added.Push((expression, _known.TryGetValue(expression, out var before) ? before : null));
        _known[expression] = value;
    }

    private void TakeBack((Expression What, IrOperand? Before) added)
    {
        if (added.Before is { } before) _known[added.What] = before;
        else _known.Remove(added.What);
    }

    private Expression? ExpressionOf(IrOp op, State state)
    {
        Span<VReg> uses = stackalloc VReg[IrOperands.MaxUses];
        for (var n = op.Uses(uses) - 1; n >= 0; n--)
            if (!_definitions.IsSingle(uses[n])) return null;
        return op switch
        {
            IrOp.Const o => new(Kind.Const, null, o.Value, 0, 0, 0),
            IrOp.Binary o when o.Op.IsCommutative() && o.B.Register is { } b && b.Id < o.A.Id => new(Kind.Binary, null, b, o.A, (long)o.Op, 0),
            IrOp.Binary o => new(Kind.Binary, null, o.A, o.B, (long)o.Op, 0),
            IrOp.Compare o => Comparison(o.Condition, o.A, o.B),
            IrOp.Load o => new(Kind.Load, o.Signed, o.Base, o.Offset, o.Size, IsPerRun(o) ? 0 : _frame.PlaceOf(o.Base, 0) is null ? state.Memory : state.Slots),
            IrOp.FrameAddress o => new(Kind.Frame, o.Slot, o.Offset, 0, 0, 0),
            IrOp.MapAddress o => new(Kind.Map, o.Map, 0, 0, 0, 0),
            IrOp.DataAddress o => new(Kind.Data, null, o.Offset, 0, (long)o.Section, 0),
            IrOp.Context => new(Kind.Context, null, 0, 0, 0, 0),
            IrOp.FieldOffset o => new(Kind.Field, o.Field, o.Value, 0, 0, 0),
            // What is larger than a word is looked up again on purpose, to see whether it was read whole.
            IrOp.Call { Helper: BpfHelper.MapLookupElem, Effect: CallEffect.Any, Args: [{ Register: { } map }, { Register: { } key }] }
                when _definitions.Of(map) is IrOp.MapAddress { Map: { ValueSize: <= 8 } spec } && _frame.Key(key, spec.KeySize) is { } words => new(Kind.Lookup, (spec.Name, words), 0, 0, 0, state.Maps),
            IrOp.Call { Effect: CallEffect.PerRun } o => new(Kind.Call, string.Join(", ", o.Args), 0, 0, (long)o.Helper, 0),
            _ => null,
        };
    }

    private static Expression Comparison(IrCondition condition, IrOperand a, IrOperand b) =>
        a.Register is { } left && b.Register is { } right && right.Id < left.Id
            ? new(Kind.Compare, null, b, a, (long)condition.Swapped(), 0)
            : new(Kind.Compare, null, a, b, (long)condition, 0);

    // The context and the task that runs stay what they are for a run, and what is reached from them is taken to.
    private bool IsPerRun(IrOp.Load load)
    {
        var perRun = _definitions.Of(load.Base) switch
        {
            IrOp.Context => _contextIsConstant,
            IrOp.Call { Helper: BpfHelper.GetCurrentTaskBtf or BpfHelper.GetCurrentTask or BpfHelper.TaskPtRegs, Effect: CallEffect.PerRun } => true,
            IrOp.Load above => _perRun.Contains(above.Dst),
            _ => false,
        };
        if (perRun && load.Size == 8 && _definitions.IsSingle(load.Dst)) _perRun.Add(load.Dst);
        return perRun;
    }
}
