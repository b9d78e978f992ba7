using System.Collections.Immutable;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;

namespace Ktap.Compiler.Lowering;

// Functions of the script are compiled where they are called; one that calls itself at its end is a loop.
internal sealed partial class HandlerLowering
{
    private IrValue Inline(TypedInline e)
    {
        SetParameters(e.Arguments);
        // A body that runs twice in one handler starts with unset results each time.
        foreach (var result in e.Results)
            if (result.Type.MayBeNil && result.Type is not KtapType.NilType) WriteLocal(result, IrValue.Nil);
        var done = _ir.NewBlock();
        _function.Returns.Push(done);
        FunctionBody(e.Body, e.IsLoop);
        _function.Returns.Pop();
        _ir.Start(done);
        return ReadLocal(e.Results[0]);
    }

    private void FunctionBody(TypedBlock body, bool isLoop)
    {
        if (!isLoop)
        {
            Statement(body);
            return;
        }
        Repeat((next, done) =>
        {
            _function.Restarts.Push(next);
            Statement(body);
            _function.Restarts.Pop();
            _ir.Jump(done);
        });
    }

    private void SetParameters(ImmutableArray<(TypedLocal Parameter, TypedExpression Value)> arguments)
    {
        var values = arguments.Select(a => Kept(a.Value, arguments.Length > 1)).ToArray();
        for (var i = 0; i < values.Length; i++) WriteLocal(arguments[i].Parameter, values[i]);
    }

    private void Return(TypedReturn s)
    {
        var values = s.Values.Select(v => Kept(v, s.Values.Length > 1)).ToArray();
        for (var i = 0; i < s.Results.Length; i++) WriteLocal(s.Results[i], i < values.Length ? values[i] : IrValue.Nil);
        _ir.Jump(_function.Returns.Peek());
    }

    private void Restart(TypedRestart s)
    {
        SetParameters(s.Arguments);
        _ir.Jump(_function.Restarts.Peek());
    }
}
