using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;

namespace Ktap.Compiler.Lowering;

// Rounds of a loop that the kernel calls back: over the slots of a table (bpf_for_each_map_elem, 5.13), and all loops of kernels that have bpf_loop
// (5.17) and not may_goto. A callback is a function of its own, so a handler that has one keeps its variables in scratch memory, where
// every function finds them; only the event's context is passed on.
internal sealed partial class HandlerLowering
{
    // What a callback leaves for the function that called the kernel: why no further round follows.
    private const long RoundsOver = 0, LoopLeft = 1, HandlerEnds = 2, FunctionReturns = 3, FunctionRestarts = 4;

    private const long GoOn = 0, Stop = 1;

    private readonly string _name;
    private readonly bool _sharesVariables;
    private readonly bool _callsRounds;
    private readonly List<FunctionState> _callbacks = [];
    private readonly TypedLocal _reason = new("reason") { Type = KtapType.Int };
    private readonly TypedLocal _savedProbeName = new("probe name") { Type = KtapType.Int };

    private void SaveForCallbacks()
    {
        if (_sharesVariables) WriteLocal(_savedProbeName, IrValue.OfInt(_function.ProbeName));
    }

    private void CallRounds(Action<IrBlock, IrBlock> round)
    {
        var most = Math.Min(_context.Options.MaxLoop, KernelRounds);
        var callback = Callback(1, _ => round);
        WriteLocal(_reason, IrValue.OfInt(RoundsOver));
        _ir.CallVoid(BpfHelper.Loop, most, callback.Function, callback.Environment, 0L);
        var (over, left) = (_ir.NewBlock(), _ir.NewBlock());
        _ir.Branch(IrCondition.Eq, Word(_reason), RoundsOver, over, left);
        _ir.Start(over);
        CountError(HandlerError.LoopLimit);
        _ir.Jump(_end);
        _ir.Start(left);
        Leave();
    }

    // The slots as the kernel comes to them; one that is stored or removed meanwhile may be met or not.
    private void ForIn(TypedForIn s)
    {
        if (s.Table.Key is KtapType.NeverType || s.Table.Value is KtapType.NeverType) return;
        var callback = Callback(3, parameters => (next, done) =>
        {
            WriteLocal(s.Key, LoadFrom(parameters(1), s.Table.Key));
            if (s.Value is { } value)
            {
                // What is larger than a word is looked up again, so that it is read whole.
                if (Layout.SizeOf(s.Table.Value) > 8) ReadSlot(s.Table, KeyAddress(s.Table, ReadLocal(s.Key)), value, next);
                else WriteLocal(value, LoadFrom(parameters(2), s.Table.Value));
            }
            InLoop(next, done, s.Body);
        });
        WriteLocal(_reason, IrValue.OfInt(RoundsOver));
        _ir.CallVoid(BpfHelper.ForEachMapElem, _ir.Map(_context.Tables[s.Table].Map), callback.Function, callback.Environment, 0L);
        Leave();
    }

    // The kernel says how many slots it called back for.
    private VReg Length(TypedTableLength e)
    {
        var (outer, name) = (_function, $"{_name}_slot{_callbacks.Count}");
        _function = NewFunction(name, _ir.Span);
        _callbacks.Add(_function);
        _ir.Start(_ir.NewBlock());
        _ir.Return(GoOn);
        _function = outer;
        return _ir.Call(BpfHelper.ForEachMapElem, CallEffect.Read, _ir.Map(_context.Tables[e.Table].Map), _ir.Function(name), 0L, 0L);
    }

    // Where a callback that ended the loop wanted to go.
    private void Leave()
    {
        var reason = _ir.Materialize(Word(_reason));
        Follow(HandlerEnds, _end);
        if (_function.Returns.TryPeek(out var returns) && returns != _end) Follow(FunctionReturns, returns);
        if (_function.Restarts.TryPeek(out var restarts)) Follow(FunctionRestarts, restarts);

        void Follow(long wanted, IrBlock to)
        {
            var next = _ir.NewBlock();
            _ir.Branch(IrCondition.Eq, reason, wanted, to, next);
            _ir.Start(next);
        }
    }

    // A function for a round: what it is passed as its last parameter is the address of a slot that holds the event's context.
    private (VReg Function, VReg Environment) Callback(int contextParameter, Func<Func<int, VReg>, Action<IrBlock, IrBlock>> round)
    {
        var slot = _ir.NewSlot(8, "context");
        var environment = _ir.Address(slot);
        _ir.Store(environment, 0, _ir.Context());
        var (outer, span) = (_function, _ir.Span);
        var name = $"{_name}_round{_callbacks.Count}";
        var inner = NewFunction(name, span);
        _callbacks.Add(inner);
        _function = inner;

        var parameters = new VReg[contextParameter + 1];
        var body = _ir.NewBlock();
        for (var i = 0; i < parameters.Length; i++)
        {
            parameters[i] = _ir.NewRegister();
            inner.Entry.Add(new IrOp.Parameter(parameters[i], i, span));
        }
        _ir.PassedContext = parameters[contextParameter];
        _ir.Start(body);
        inner.ProbeName = Word(_savedProbeName);
        var (next, done) = (_ir.NewBlock(), _ir.NewBlock());
        var returns = outer.Returns.Peek() == outer.End ? inner.End : _ir.NewBlock();
        inner.Returns.Push(returns);
        if (outer.Restarts.Count > 0) inner.Restarts.Push(_ir.NewBlock());

        round(i => parameters[i])(next, done);
        _ir.Start(next);
        _ir.Return(GoOn);
        EndRound(done, LoopLeft);
        EndRound(inner.End, HandlerEnds);
        if (returns != inner.End) EndRound(returns, FunctionReturns);
        if (inner.Restarts.TryPeek(out var restarts)) EndRound(restarts, FunctionRestarts);
        _function = outer;
        return (_ir.Function(name), environment);
    }

    private void EndRound(IrBlock place, long reason)
    {
        _ir.Start(place);
        WriteLocal(_reason, IrValue.OfInt(reason));
        _ir.Return(Stop);
    }
}
