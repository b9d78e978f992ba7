using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;

namespace Ktap.Compiler.Lowering;

internal sealed partial class HandlerLowering
{
    // The flag of bpf_ringbuf_submit that wakes the reader at once (linux/bpf.h).
    private const int ForceWakeup = 2;

    private void Statement(TypedStatement statement)
    {
        var (span, mark) = (_ir.Span, _function.InUse.Count);
        _ir.Span = statement.Span;
        switch (statement)
        {
            case TypedBlock s:
                foreach (var inner in s.Statements) Statement(inner);
                break;
            case TypedEvaluate s:
                Expression(s.Expression);
                break;
            case TypedAssign s:
                Assign(s);
                break;
            case TypedUpdate s:
                Update(s);
                break;
            case TypedSample s:
                Sample(s);
                break;
            case TypedIf s:
                If(s);
                break;
            case TypedReturn s:
                Return(s);
                break;
            case TypedRestart s:
                Restart(s);
                break;
            case TypedLoop s:
                Loop(s);
                break;
            case TypedRange s:
                Range(s);
                break;
            case TypedForIn s:
                ForIn(s);
                break;
            case TypedBreak:
                _ir.Jump(_function.Loops.Peek().Break);
                break;
            case TypedContinue:
                _ir.Jump(_function.Loops.Peek().Continue);
                break;
            case TypedOutput s:
                Output(s);
                break;
            default:
                throw new InvalidOperationException($"a statement the lowering doesn't know: {statement}");
        }
        ReleaseBuffers(mark);
        _ir.Span = span;
    }

    // Everything is evaluated before anything is stored, so with several targets a string must not stay in a variable that another target is.
    private void Assign(TypedAssign s)
    {
        var several = s.Targets.Length > 1;
        var values = s.Values.Select(v => Kept(v, several)).ToArray();
        var keys = s.Targets.Select(t => t is TypedTarget.Slot slot ? Kept(slot.Key, several) : IrValue.Nil).ToArray();
        for (var i = 0; i < s.Targets.Length; i++)
        {
            switch (s.Targets[i])
            {
                case TypedTarget.Local t:
                    WriteLocal(t.Variable, values[i]);
                    break;
                case TypedTarget.Cell t:
                    WriteCell(t.Variable, values[i]);
                    break;
                case TypedTarget.Member t:
                    WriteMember(t, values[i]);
                    break;
                case TypedTarget.Slot t:
                    StoreSlot(t.Table, keys[i], values[i]);
                    break;
            }
        }
    }

    // A value that, where several are evaluated, lies in no variable's memory.
    private IrValue Kept(TypedExpression e, bool several) => several ? Detached(Expression(e)) : Expression(e);

    private IrValue Detached(IrValue value)
    {
        if (value.Constant is not null) return value;
        switch (value.Type.NotNil)
        {
            case KtapType.StringType s:
                var copy = Buffer(s.Capacity, "value");
                CopyWords(copy, 0, value);
                return value.At(copy);
            case KtapType.AnyType { StringCapacity: > 0 } any:
                var payload = Buffer(any.PayloadSize, "value");
                CopyPayload(payload, 0, value.Address, any.PayloadSize);
                return value.At(payload);
            case KtapType.TupleType:
                var tuple = IrValue.OfTuple([.. value.Parts.Select(Detached)]);
                return value.Present is { } present ? tuple.When(present) : tuple;
            default:
                return value;
        }
    }

    private void If(TypedIf s)
    {
        var done = _ir.NewBlock();
        foreach (var (condition, body) in s.Clauses)
        {
            var (then, next) = (_ir.NewBlock(), _ir.NewBlock());
            var mark = _function.InUse.Count;
            Condition(condition, then, next);
            ReleaseBuffers(mark);
            _ir.Start(then);
            Statement(body);
            _ir.Jump(done);
            _ir.Start(next);
        }
        if (s.Else is { } otherwise) Statement(otherwise);
        _ir.Start(done);
    }

    private void Output(TypedOutput s)
    {
        _sends = true;
        // The record's layout comes from the types that typing found, which may be wider than what is known here.
        var values = s.Dynamic.Select(e => Coerce(Expression(e), e.Type)).ToArray();
        var text = s.Site.Arguments.Any(a => a is OutputArgument.Text) ? _handler.Site.Text : null;
        var header = RecordLayout.HeaderSize(_context.Options.Timestamps);
        var size = header + values.Sum(v => RecordLayout.SizeOf(v.Type)) + (text?.Capacity ?? 0);

        var record = _ir.Call(BpfHelper.RingbufReserve, CallEffect.Any, _ir.Map(_context.Ring), size, 0L);
        var (fill, lost, done) = (_ir.NewBlock(), _ir.NewBlock(), _ir.NewBlock());
        _ir.Branch(IrCondition.Ne, record, 0, fill, lost);
        _ir.Start(lost);
        CountError(HandlerError.OutputLost);
        _ir.Jump(done);
        _ir.Start(fill);
        _ir.Store(record, 0, s.Site.Id, 4);
        if (_context.Options.Timestamps) _ir.Store(record, 8, _ir.Call(BpfHelper.KtimeGetNs, CallEffect.Read));
        var at = header;
        foreach (var value in values)
        {
            if (value.Type is KtapType.OptionalType) _ir.Store(record, at, value.Present!.Value);
            if (value.Type is not KtapType.NilType) StoreAt(record, at + RecordLayout.SizeOf(value.Type) - Layout.SizeOf(value.Type.NotNil), value.Unwrapped);
            at += RecordLayout.SizeOf(value.Type);
        }
        if (text is null) _ir.Store(record, 4, 0L, 4);
        else _ir.Store(record, 4, text.Emit(_emitter, _ir.Binary(IrBinary.Add, record, at)), 4);
        Submit(record);
        _ir.Start(done);
    }

    private void Submit(VReg record) => _ir.CallVoid(BpfHelper.RingbufSubmit, record, _ir.Load(_ir.Data(DataKind.Bss, ControlBlock.Wakeup), 0));

    private void SendExit()
    {
        var record = _ir.Call(BpfHelper.RingbufReserve, CallEffect.Any, _ir.Map(_context.Ring), 8, 0L);
        var (send, done) = (_ir.NewBlock(), _ir.NewBlock());
        _ir.Branch(IrCondition.Ne, record, 0, send, done);
        _ir.Start(send);
        _ir.Store(record, 0, RecordLayout.ExitId, 4);
        _ir.Store(record, 4, 0L, 4);
        _ir.CallVoid(BpfHelper.RingbufSubmit, record, ForceWakeup);
        _ir.Start(done);
    }
}
