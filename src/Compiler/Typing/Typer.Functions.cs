using System.Collections.Immutable;
using Ktap.Compiler.Binding;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Evaluation;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Typing;

// Functions of the script: each call is typed and compiled in place, so that the types of its arguments are known.
internal sealed partial class Typer
{
    // The values of a list; a call at its end gives all its results.
    private ImmutableArray<TypedExpression> ExpressionList(ImmutableArray<BoundExpression> expressions)
    {
        var values = ImmutableArray.CreateBuilder<TypedExpression>(expressions.Length);
        foreach (var expression in expressions) values.Add(Expression(expression));
        if (values.Count > 0 && expressions[^1] is BoundCall { OneResult: false } && values[^1] is TypedInline call)
            foreach (var result in call.Results.Skip(1)) values.Add(new TypedLocalRead(call.Span, result));
        return values.ToImmutable();
    }

    // The arguments of a builtin, whose number is known when compiling.
    private ImmutableArray<TypedExpression> ArgumentsOf(BoundCall call)
    {
        var values = ExpressionList(call.Arguments);
        if (call.Arguments is [.., BoundCall { OneResult: false }] && values.Length >= call.Arguments.Length && values[call.Arguments.Length - 1] is TypedInline { Varies: true } last)
            state.Report(Errors.ResultsVary(Source, last.Span));
        return values;
    }

    // As many values as there are places: nil for those missing; those too many are still evaluated, for what they do.
    private ImmutableArray<TypedExpression> ValuesFor(TextSpan span, int places, ImmutableArray<BoundExpression> expressions)
    {
        var values = ExpressionList(expressions);
        var missing = places - values.Length;
        return missing <= 0 ? values : values.AddRange(Enumerable.Repeat(Nil(span), missing));
    }

    private static TypedConstant Nil(TextSpan span) => new(span, KtapType.Nil, Value.Nil);

    private TypedExpression Inline(BoundCall call, KFunction callee)
    {
        var function = callee is LocalFunction local ? local.Function : ((Closure)callee).Function;
        if (_frame.IsInside(function)) return Bad(call.Span, Errors.RecursionInHandler(Source, call.Span, callee.Name));
        var frame = _frame.Call(call, callee);
        var arguments = Arguments(call, frame);
        frame.NeedResults(1);
        var body = Body(frame);
        if (function.Body.Statements is not [.., BoundReturn])
        {
            frame.NoteReturn(0);
            foreach (var result in frame.Results) state.Assign(result, KtapType.Nil, Source, call.Span);
        }
        return new TypedInline(call.Span, arguments, body, [.. frame.Results], frame.IsLoop) { Varies = frame.Varies };
    }

    // What a call assigns to the parameters of a frame. A table, a function or the event is known when compiling, and takes no memory.
    private ImmutableArray<(TypedLocal, TypedExpression)> Arguments(BoundCall call, Frame frame)
    {
        var arguments = ImmutableArray.CreateBuilder<(TypedLocal, TypedExpression)>();
        var parameters = frame.Function.Parameters;
        var values = ValuesFor(call.Span, parameters.Length, call.Arguments);
        for (var i = 0; i < values.Length; i++)
        {
            var value = values[i];
            var isKnown = value is TypedConstant { Type: KtapType.StaticType } or TypedEvent;
            if (i >= parameters.Length)
            {
                if (!isKnown) arguments.Add((frame.Temporary(call), value));
                if (!isKnown && Sendable(value)) state.Assign(frame.Temporary(call), value.Type, Source, call.Span);
            }
            else if (isKnown)
            {
                if (frame.Constants.TryGetValue(parameters[i], out var before) && !IsSame(before, value))
                    state.Report(Errors.StaticChanges(Source, value.Span, parameters[i].Name));
                frame.Constants[parameters[i]] = value;
            }
            else if (Sendable(value))
            {
                state.Assign(frame.Local(parameters[i]), value.Type, Source, call.Span);
                arguments.Add((frame.Local(parameters[i]), value));
            }
        }
        return arguments.ToImmutable();
    }

    private static bool IsSame(TypedExpression a, TypedExpression b) =>
        a is TypedEvent ? b is TypedEvent : a is TypedConstant x && b is TypedConstant y && (x.Value == y.Value || BothLocal(x, y));

    // A literal is a new function each time it is typed, and means the same where it stands in the same place.
    private static bool BothLocal(TypedConstant a, TypedConstant b) =>
        a.Value.Kind == ValueKind.Function && b.Value.Kind == ValueKind.Function
        && a.Value.AsFunction is LocalFunction x && b.Value.AsFunction is LocalFunction y && ReferenceEquals(x.Function, y.Function) && ReferenceEquals(x.Definer, y.Definer);

    private TypedStatement Return(BoundReturn s)
    {
        if (s.Values is [BoundCall { OneResult: false } call] && CalledFunction(call) is { } callee && ReferenceEquals(callee.Function, _frame.Function))
        {
            _frame.IsLoop = Loops = true;
            return new TypedRestart(s.Span, Arguments(call, _frame));
        }
        var values = ExpressionList(s.Values);
        if (_frame.IsHandler) return new TypedReturn(s.Span, [], values);
        _frame.NoteReturn(values.Length);
        if (_frame.NeedResults(values.Length)) state.NoteChange();
        for (var i = 0; i < _frame.Results.Count; i++)
        {
            var value = i < values.Length ? values[i] : Nil(s.Span);
            if (value.Type is KtapType.StaticType) state.Report(Errors.StaticResult(Source, value.Span));
            else if (Sendable(value)) state.Assign(_frame.Results[i], value.Type, Source, s.Span);
        }
        return new TypedReturn(s.Span, [.. _frame.Results], values);
    }

    // The function of the script that a call calls, as far as that is known without evaluating anything.
    private Frame? CalledFunction(BoundCall call)
    {
        if (call.Function is not (BoundCaptured or BoundGlobal or BoundLocal)) return null;
        return Expression(call.Function) is TypedConstant { Value: { Kind: ValueKind.Function } value } && value.AsFunction is Closure or LocalFunction
            ? new Frame(value.AsFunction, _frame)
            : null;
    }
}
