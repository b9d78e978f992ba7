using System.Collections.Immutable;
using Ktap.Compiler.Binding;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Typing;

internal sealed partial class Typer
{
    private TypedStatement CallStatement(BoundCall call)
    {
        if (call.Function is BoundMember or BoundField) return new TypedEvaluate(call.Span, Call(call));
        var callee = Callee(call);
        if (callee is not { Value: { Kind: ValueKind.Function } function } || function.AsFunction is not Builtin builtin)
            return new TypedEvaluate(call.Span, Call(call));
        if (builtin.RemovesSlot && call.Arguments is [BoundIndex or BoundMember])
        {
            var nil = new TypedConstant(call.Span, KtapType.Nil, Value.Nil);
            return new TypedAssign(call.Span, [Target(call.Arguments[0], nil)], [nil]);
        }
        return builtin is { Deferred: true, Kernel: null } ? Output(call, builtin) : new TypedEvaluate(call.Span, Call(call));
    }

    private TypedConstant? Callee(BoundCall call) => call.Function is BoundBuiltin b
        ? new TypedConstant(b.Span, KtapType.Static, Value.Function(b.Builtin))
        : Expression(call.Function) as TypedConstant;

    private TypedExpression Call(BoundCall call)
    {
        if (call.Function is BoundMember { Name: EventMembers.ToText } text && Expression(text.Target) is TypedEvent) return EventText(call.Span, newline: true);
        if (call.Function is BoundMember { Name: EventMembers.Field } field && Expression(field.Target) is TypedEvent) return EventField(call);
        if (call.Function is BoundMember { Name: EventMembers.SetReturn } set && Expression(set.Target) is TypedEvent) return BuiltinCall(call, Override.Row);
        if (call.Function is BoundMember { Target: BoundBuiltin { Builtin.OfType: TypeOperator.Functions } } foreign) return FunctionCall(call, foreign.Name);
        if (call.Function is BoundField { Explicit: false, Name: var unknown } && site.Field(unknown) is null)
            return Bad(call.Span, Errors.UnknownFunction(Source, call.Function.Span, unknown, BuiltinTable.All.Select(b => b.Name)));
        var callee = Callee(call);
        if (callee is not { Value.Kind: ValueKind.Function })
            return Bad(call.Span, Errors.NotAFunction(Source, call.Function.Span, callee?.Type.Describe() ?? "value that can change"));
        return callee.Value.AsFunction is Builtin builtin ? BuiltinCall(call, builtin) : Inline(call, callee.Value.AsFunction);
    }

    private TypedExpression BuiltinCall(BoundCall call, Builtin builtin)
    {
        var arguments = ArgumentsOf(call);
        if (arguments.Length < builtin.MinArguments || arguments.Length > builtin.MaxArguments)
            return Bad(call.Span, Errors.BadArgument(Source, call.Span, $"'{builtin.Name}' takes {Count(builtin)}, not {arguments.Length}", builtin.Doc));
        return builtin.CountsSlots && arguments is [TypedConstant { Value: { Kind: ValueKind.Table } table }]
            ? TableLength(call, table.AsTable)
            : BuiltinResult(call.Span, builtin, arguments);
    }

    private static string Number(int arguments) => arguments == 1 ? "1 argument" : $"{arguments} arguments";

    private static string Count(Builtin builtin) => (builtin.MinArguments, builtin.MaxArguments) switch
    {
        (var min, int.MaxValue) => $"at least {min} arguments",
        (var min, var max) when min == max => Number(min),
        (var min, var max) => $"{min} to {max} arguments",
    };

    private TypedExpression EventField(BoundCall call)
    {
        if (call.Arguments is not [BoundLiteral { Value.Kind: ValueKind.Int } number])
            return Bad(call.Span, Errors.BadArgument(Source, call.Span, "'field' takes the number of a field, as a literal", "e.field(1) is arg1"));
        var field = site.Argument((int)Math.Clamp(number.Value.AsInt, 0, int.MaxValue));
        names.Add(Source, call.Span, $"arg{number.Value.AsInt}", field is not null);
        return field is null ? new TypedConstant(call.Span, KtapType.Nil, Value.Nil) : new TypedField(call.Span, field);
    }

    // Kinds as far as types tell them; what only may be nil is looked at when the handler runs.
    private bool ArgumentsFit(TextSpan span, Builtin builtin, IReadOnlyList<TypedExpression> arguments)
    {
        if (builtin.IsUnsafe && !site.Options.Unsafe)
        {
            state.Report(Errors.NeedsUnsafe(Source, span, builtin.Name));
            return false;
        }
        for (var i = 0; i < arguments.Count; i++)
        {
            var parameter = builtin.Parameters[Math.Min(i, builtin.Parameters.Length - 1)];
            var type = arguments[i].Type;
            if (type is KtapType.NilType ? parameter.IsOptional || parameter.Accepts == ArgumentKind.Any || builtin.Kernel is { TakesNil: true } : Fits(parameter.Accepts, arguments[i])) continue;
            state.Report(Errors.ArgumentKindInHandler(Source, arguments[i].Span, builtin.Name, i + 1, parameter.Name, NameOf(parameter.Accepts), type.Describe()));
            return false;
        }
        return true;
    }

    // A format that is known when compiling tells how many values there have to be, and which are integers.
    private bool FormatFits(TextSpan span, Builtin builtin, IReadOnlyList<TypedExpression> arguments)
    {
        if (!builtin.IsFormatted || arguments[0] is not TypedConstant { Value.Kind: ValueKind.String } text) return true;
        var values = arguments.Skip(1).ToArray();
        if (PrintfFormat.Problem(text.Value.AsString, values.Length, i => values[i].Type.NotNil is KtapType.IntType or KtapType.PointerType or KtapType.NeverType or KtapType.AnyType ? null : values[i].Type.Describe()) is not { } problem) return true;
        state.Report(Errors.BadFormat(Source, problem.Argument is { } wrong ? values[wrong].Span : span, problem.Text, isError: true));
        return false;
    }

    private static bool Fits(ArgumentKind wanted, TypedExpression argument) => (wanted, argument.Type.NotNil) switch
    {
        (ArgumentKind.Any, _) or (_, KtapType.NeverType or KtapType.AnyType) => true,
        (ArgumentKind.Int, var type) => IsNumber(type),
        (ArgumentKind.String, var type) => IsText(type) || type is KtapType.EventTextType,
        (ArgumentKind.Table, var type) => type is not (KtapType.IntType or KtapType.BoolType or KtapType.StringType or KtapType.NameType or KtapType.PointerType or KtapType.TupleType)
            && argument is not TypedConstant { Value.Kind: ValueKind.Function },
        _ => argument is TypedConstant { Value.Kind: ValueKind.Function },
    };

    private static string NameOf(ArgumentKind kind) => kind switch
    {
        ArgumentKind.Int => "integer",
        ArgumentKind.String => "string",
        ArgumentKind.Table => "table",
        _ => "function",
    };

    // A call that user space makes later, with arguments that are evaluated now.
    private TypedStatement Output(BoundCall call, Builtin builtin)
    {
        var typed = ArgumentsOf(call);
        if (typed.Any(t => t.Type is KtapType.NeverType)) return new TypedBlock(call.Span, []);
        if (typed.Length < builtin.MinArguments || typed.Length > builtin.MaxArguments)
        {
            state.Report(Errors.BadArgument(Source, call.Span, $"'{builtin.Name}' takes {Count(builtin)}, not {typed.Length}", builtin.Doc));
            return new TypedBlock(call.Span, []);
        }
        if (!ArgumentsFit(call.Span, builtin, typed) || !FormatFits(call.Span, builtin, typed)) return new TypedBlock(call.Span, []);
        var arguments = typed.Select(OutputArgumentOf).ToImmutableArray();
        var site = state.Output(builtin, arguments, Source, call.Span);
        return new TypedOutput(call.Span, site, [.. typed.Where((_, i) => arguments[i] is OutputArgument.Dynamic)]);
    }

    private OutputArgument OutputArgumentOf(TypedExpression e) => e switch
    {
        TypedConstant c => new OutputArgument.Constant(c.Value),
        TypedEventText t => new OutputArgument.Text(site.Text!.Format, t.Newline),
        TypedEvent => new OutputArgument.Text(site.Text!.Format, false),
        _ => new OutputArgument.Dynamic(e.Type),
    };
}
