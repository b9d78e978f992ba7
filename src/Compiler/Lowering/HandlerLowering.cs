using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;

namespace Ktap.Compiler.Lowering;

/// <summary>
/// Lowers one handler to one function: which hits count comes first, then the filter, then the body. The other parts: memory,
/// statements, expressions, conditions, tables, strings, output.
/// </summary>
internal sealed partial class HandlerLowering
{
    private readonly LoweringContext _context;
    private readonly TypedHandler _handler;
    private FunctionState _function;
    private bool _sends;

    public HandlerLowering(LoweringContext context, TypedHandler handler, string name)
    {
        (_context, _handler, _name) = (context, handler, name);
        _callsRounds = handler.Loops && context.Target.Features is { BpfLoop: true, MayGoto: false };
        _sharesVariables = handler.Iterates || _callsRounds;
        _function = NewFunction(name, handler.Span);
    }

    private IrBuilder _ir => _function.Ir;

    private KernelEmitter _emitter => _function.Emitter;

    private IrBlock _end => _function.End;

    private FunctionState NewFunction(string name, TextSpan span)
    {
        var ir = new IrBuilder(name, _handler.Source) { Span = span };
        var emitter = new KernelEmitter(ir, Buffer, Scratch, _context.Memory.Constant, kind => CountError(kind), Fail, _context.Target.Architecture.IsBigEndian);
        return new FunctionState { Ir = ir, End = ir.NewBlock(), Emitter = emitter };
    }

    /// <summary>The function, those that the kernel calls back for it, and the scratch map of its own where it needs one.</summary>
    public LoweredHandler Run()
    {
        var (first, checks, body) = (_ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock());
        _ir.Start(first);
        _function.ProbeName = _handler.Site.EmitPrologue(_emitter, _end);
        if (!_handler.Site.IsCalled)
        {
            RejectWhere(IrCondition.Ne, _ir.Load(_ir.Data(DataKind.Bss, ControlBlock.Stop), 0), 0);
            OnlyWanted();
        }
        _ir.Start(checks);
        if (_context.Options.SkipPid != 0) RejectWhere(IrCondition.Eq, ProcessId(), _context.Options.SkipPid);
        _ir.Start(body);
        if (_handler.Filter is { } filter)
        {
            var pass = _ir.NewBlock();
            Condition(filter, pass, _end);
            _ir.Start(pass);
        }
        _function.Returns.Push(_end);
        SaveForCallbacks();
        FunctionBody(_handler.Body, _handler.IsLoop);
        _ir.Start(_end);
        _ir.Return(0);
        // Only handlers that send something to user space would feed themselves by what ktap does with it.
        if (!_sends) checks.Ops.Clear();
        if (!_sends) checks.Ops.Add(new IrOp.Jump(body, _handler.Span));
        return Finish();
    }

    // -p, -C, --cgroup and -- CMD: what is not wanted ends here.
    private void OnlyWanted()
    {
        var options = _context.Options;
        if (options.OnlyCpu is { } cpu) RejectWhere(IrCondition.Ne, _ir.Call(BpfHelper.GetSmpProcessorId, CallEffect.PerRun), cpu);
        if (options is { OnlyCommand: true, TracksCommand: true }) CommandTracking.Check(_emitter, _context.Command, ProcessId(), _end);
        else if (options.OnlyCommand)
            RejectWhere(IrCondition.Ne, _ir.Call(BpfHelper.CurrentTaskUnderCgroup, CallEffect.PerRun, _ir.Map(_context.Command), 0L), 1);
        if (options.OnlyCgroup)
            RejectWhere(IrCondition.Ne, _ir.Call(BpfHelper.CurrentTaskUnderCgroup, CallEffect.PerRun, _ir.Map(_context.Cgroup), 0L), 1);
        if (options.OnlyPids.IsEmpty) return;
        var wanted = _ir.NewBlock();
        foreach (var pid in options.OnlyPids)
        {
            var next = _ir.NewBlock();
            _ir.Branch(IrCondition.Eq, ProcessId(), pid, wanted, next);
            _ir.Start(next);
        }
        _ir.Jump(_end);
        _ir.Start(wanted);
    }

    private VReg ProcessId() => TaskReader.Of(_handler.Site).ProcessId(_ir);

    private void RejectWhere(IrCondition condition, VReg value, IrOperand against)
    {
        var next = _ir.NewBlock();
        _ir.Branch(condition, value, against, _end, next);
        _ir.Start(next);
    }

    private void CountError(HandlerError kind, SharedTable? table = null)
    {
        var counter = _context.Memory.Counter(kind, _handler.Source, _ir.Span, table);
        _ir.AtomicAdd(_ir.Data(DataKind.Bss, counter.Offset), 0, 1);
    }

    // A run-time error that ends the handler.
    private void Fail(HandlerError kind)
    {
        CountError(kind);
        _ir.Jump(_end);
    }

    private void RequestExit(IrOperand code)
    {
        var wanted = _ir.Binary(IrBinary.Add, _ir.Binary(IrBinary.And, code, 255), 1);
        var place = _ir.Data(DataKind.Bss, ControlBlock.ExitCode);
        if (_context.Target.Features.AtomicFetch)
        {
            // The first exit's code wins.
            var none = _ir.Const(0);
            _ir.Emit(new IrOp.Atomic(IrAtomic.CompareExchange, 8, place, 0, wanted, none, _ir.NewRegister(), _ir.Span));
        }
        else
        {
            // Of those that insert the same key at once, one succeeds.
            var (first, later) = (_ir.NewBlock(), _ir.NewBlock());
            var zeros = _ir.Data(DataKind.Rodata, _context.Memory.Constant([0, 0, 0, 0, 0, 0, 0, 0]));
            _ir.Branch(IrCondition.Eq, UpdateMap(_ir.Map(_context.Exit), zeros, zeros, NoExist), 0, first, later);
            _ir.Start(first);
            _ir.Store(place, 0, wanted);
            _ir.Start(later);
        }
        _ir.Store(_ir.Data(DataKind.Bss, ControlBlock.Stop), 0, 1);
        SendExit();
        _ir.Jump(_end);
    }
}
