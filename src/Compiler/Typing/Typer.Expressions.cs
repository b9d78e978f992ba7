using System.Collections.Immutable;
using Ktap.Compiler.Binding;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Typing;

internal sealed partial class Typer
{
    private TypedExpression Expression(BoundExpression expression)
    {
        switch (expression)
        {
            case BoundLiteral e:
                return Constant(e.Span, e.Value);
            case BoundLocal e:
                return _frame.Constants.GetValueOrDefault(e.Variable) ?? new TypedLocalRead(e.Span, _frame.Local(e.Variable));
            case BoundCaptured e when _frame.Captured(e) is { Frame: { } definer, Variable: var variable }:
                return definer.Constants.GetValueOrDefault(variable) ?? new TypedLocalRead(e.Span, definer.Local(variable));
            case BoundCaptured e:
                return Shared(e, e.Variable);
            case BoundGlobal e:
                return Shared(e, e.Variable);
            case BoundBuiltin e:
                return BuiltinValue(e);
            case BoundField e:
                return !e.Explicit && Enumerator(e.Span, e.Name) is { } enumerator ? enumerator : Field(e.Span, e.Name);
            case BoundPattern e:
                return site.Field(e.Pattern) is { } field ? new TypedField(e.Span, field) : Constant(e.Span, Value.String(e.Pattern));
            case BoundKernelSymbol e:
                return KernelSymbol(e);
            case BoundUnary e:
                return Unary(e);
            case BoundBinary e:
                return Binary(e);
            case BoundConditional e:
                return Conditional(e);
            case BoundCall e:
                return Call(e);
            case BoundIndex e:
                return Index(e);
            case BoundMember e:
                return Member(e);
            case BoundTable:
                return Bad(expression.Span, Errors.TableInHandler(Source, expression.Span));
            case BoundClosure e:
                return new TypedConstant(e.Span, KtapType.Static, Value.Function(new LocalFunction(e.Function, _frame)));
            default:
                throw new InvalidOperationException($"an expression the typing doesn't know: {expression}");
        }
    }

    // The stand-in for an expression in error: it fits everywhere and causes no further message.
    private TypedConstant Bad(TextSpan span, Diagnostic diagnostic)
    {
        state.Report(diagnostic);
        return new TypedConstant(span, KtapType.Never, Value.Nil);
    }

    private TypedExpression Constant(TextSpan span, Value value)
    {
        if (value.Kind == ValueKind.String && value.AsString.Span.Contains((byte)0))
            return Bad(span, Errors.BadArgument(Source, span, "a string with a NUL byte can't be used in a handler", "strings end at their first NUL in the kernel"));
        return new TypedConstant(span, TypingState.TypeOf(value), value);
    }

    // A variable that no later code assigns is the value that the main stage left in it.
    private TypedExpression Shared(BoundExpression e, Variable variable)
    {
        var cell = CellOf(e);
        if (!variable.IsAssignedLater) return Constant(e.Span, cell.Value);
        if (cell.Value.Kind is ValueKind.Table or ValueKind.Function)
            return Bad(e.Span, cell.Value.Kind == ValueKind.Function
                ? Errors.FunctionChanges(Source, e.Span, variable.Name)
                : Errors.StaticChanges(Source, e.Span, variable.Name));
        var shared = state.Share(cell, Source, e.Span);
        shared.IsRead = true;
        return Unread(e, shared.Type, variable.Name) ?? new TypedCellRead(e.Span, shared);
    }

    private TypedExpression Field(TextSpan span, string name)
    {
        var field = site.Field(name);
        names.Add(Source, span, name, field is not null);
        return field is null ? new TypedConstant(span, KtapType.Nil, Value.Nil) : new TypedField(span, field);
    }

    // The kernel's enumerators are names like any others, behind the fields. All that are of interest begin with a capital, and looking
    // through all enums for each misspelt field would be slow.
    private TypedExpression? Enumerator(TextSpan span, string name) =>
        char.IsAsciiLetterUpper(name[0]) && site.Field(name) is null && site.Options.Types.Enumerator(name) is { } value ? Constant(span, Value.Int(value)) : null;

    private TypedExpression BuiltinValue(BoundBuiltin e)
    {
        if (e.Builtin.IsValue) return BuiltinResult(e.Span, e.Builtin, []);
        if (site.Field(e.Builtin.Name) is not null) state.Report(Errors.BuiltinHidesField(Source, e.Span, e.Builtin.Name));
        return new TypedConstant(e.Span, KtapType.Static, Value.Function(e.Builtin));
    }

    // What to say where a function stands for its value, as ustack does in other languages.
    private static string? FunctionName(TypedExpression e) => e is TypedConstant { Value: { Kind: ValueKind.Function } f } ? f.AsFunction.Name : null;

    private TypedExpression BuiltinResult(TextSpan span, Builtin builtin, ImmutableArray<TypedExpression> arguments)
    {
        if (builtin.Field is { } access)
        {
            var field = access(site);
            names.Add(Source, span, builtin.Name, field is not null);
            return field is null ? new TypedConstant(span, KtapType.Nil, Value.Nil) : new TypedField(span, field);
        }
        if (builtin.Constant is { } known) return Constant(span, known(site));
        if (builtin.OfType is not TypeOperator.None) return OfType(span, builtin, arguments);
        if (arguments.Any(a => a.Type is KtapType.NeverType)) return new TypedConstant(span, KtapType.Never, Value.Nil);
        if (builtin.Kernel is not { } body)
            return Bad(span, builtin.Makes is not null ? Errors.AggregateAlone(Source, span, builtin.Name)
                : builtin.Deferred ? Errors.DeferredResult(Source, span, builtin.Name) : Errors.NotInHandlers(Source, span, builtin.Name));
        arguments = [.. arguments.Select((a, i) => ForParameter(a, builtin.Parameters[Math.Min(i, builtin.Parameters.Length - 1)]))];
        if (!ArgumentsFit(span, builtin, arguments)) return new TypedConstant(span, KtapType.Never, Value.Nil);
        try
        {
            var type = body.Type(site, [.. arguments.Select(a => new KernelArgument(a.Type, (a as TypedConstant)?.Value))]);
            if (body.Note?.Invoke(site, arguments.Length) is { } note) state.Report(Errors.CallNote(Source, span, note));
            return type is KtapType.EventTextType text ? new TypedEventText(span, text.Newline) : new TypedKernelCall(span, type, builtin, arguments);
        }
        catch (BuiltinException e)
        {
            return Bad(span, Errors.BadArgument(Source, span, e.Message, e.Hint));
        }
    }

    // A value of mixed kinds is looked at when it is used as one.
    private static TypedExpression ForParameter(TypedExpression argument, Parameter parameter) => (argument.Type.NotNil, parameter.Accepts) switch
    {
        (KtapType.AnyType, ArgumentKind.Int) => Narrowed(argument, ValueKind.Int, orNil: true),
        (KtapType.AnyType, ArgumentKind.String) => Narrowed(argument, ValueKind.String, orNil: true),
        _ => argument,
    };

    private TypedExpression KernelSymbol(BoundKernelSymbol e) => site.Target.SymbolAddress(e.Symbol) is { } address
        ? new TypedConstant(e.Span, new KtapType.IntType(IntFormat.Kernel), Value.Int((long)address, IntFormat.Kernel))
        : Bad(e.Span, Errors.BadArgument(Source, e.Span, $"the kernel has no symbol '{e.Symbol}'", "see /proc/kallsyms"));

    private TypedExpression Conditional(BoundConditional e)
    {
        var condition = Condition(e.Condition);
        if (condition is TypedConstant { Type: not KtapType.NeverType } known) return Expression(known.Value.IsTruthy ? e.Then : e.Else);
        var (then, otherwise) = (Expression(e.Then), Expression(e.Else));
        return new TypedConditional(e.Span, JoinOf(e.Span, then, otherwise), condition, then, otherwise);
    }

    private KtapType JoinOf(TextSpan span, TypedExpression a, TypedExpression b)
    {
        var joined = KtapType.Join(a.Type, b.Type);
        if (joined.NotNil is not KtapType.ConflictType) return joined;
        state.Report(Errors.MixedKinds(Source, span, "this expression", a.Type.Describe(), b.Type.Describe()));
        return KtapType.Never;
    }

    private TypedExpression Index(BoundIndex e)
    {
        if (Nested(e, stores: false) is { } nested) return ReadNested(e, nested);
        var target = Expression(e.Target);
        var key = Key(e);
        if (target is TypedConstant { Value.Kind: ValueKind.Table } table) return Slot(e, table.Value.AsTable, key);
        if (PointerTo(target) is { } pointer) return Element(e, pointer, key);
        if (target.Type.NotNil is KtapType.TupleType tuple) return Part(e, target, tuple, key);
        // That there is no such field is an error already.
        return target.Type is KtapType.NeverType || e.Target is BoundField && target.Type is KtapType.NilType
            ? new TypedConstant(e.Span, KtapType.Never, Value.Nil)
            : Bad(e.Span, Errors.NotATable(Source, e.Target.Span, target.Type.Describe()));
    }

    // A part of a key of several, by its number from 1; one that it doesn't have is nil.
    private TypedExpression Part(BoundIndex e, TypedExpression target, KtapType.TupleType tuple, TypedExpression number)
    {
        if (number is not TypedConstant { Value: { Kind: ValueKind.Int } index })
            return Bad(e.Span, Errors.BadArgument(Source, e.Span, "the part of a key is named by a literal in a handler", "k[1] is the first part"));
        if (index.AsInt < 1 || index.AsInt > tuple.Parts.Length) return Nil(e.Span);
        var part = tuple.Parts[(int)index.AsInt - 1];
        return new TypedPart(e.Span, target.Type.MayBeNil ? part.OrNil : part, target, (int)index.AsInt - 1);
    }

    private TypedExpression Key(BoundIndex e)
    {
        var parts = e.Keys.Select(Expression).ToImmutableArray();
        foreach (var nil in e.Keys.OfType<BoundLiteral>().Where(k => k.Value.IsNil)) state.Report(Errors.NilHandlerKey(Source, nil.Span));
        foreach (var part in parts)
        {
            if (part.Type is KtapType.StaticType) return Bad(part.Span, Errors.StaticStored(Source, part.Span, FunctionName(part)));
            if (!Sendable(part)) return new TypedConstant(part.Span, KtapType.Never, Value.Nil);
        }
        if (parts.Length == 1) return parts[0];
        return parts.Any(p => p.Type is KtapType.NeverType)
            ? new TypedConstant(e.Span, KtapType.Never, Value.Nil)
            : new TypedTuple(e.Span, new KtapType.TupleType([.. parts.Select(p => p.Type.NotNil)]), parts);
    }

    private TypedConstant NameKey(BoundMember e) => new(e.Span, KtapType.String(e.Name.Length), Value.String(e.Name));

    private TypedExpression Member(BoundMember e)
    {
        if (Nested(e, stores: false) is { } nested) return ReadNested(e, nested);
        var target = Expression(e.Target);
        switch (target)
        {
            case TypedEvent:
                return EventMember(e);
            case TypedConstant { Value.Kind: ValueKind.Table } table:
                return Slot(e, table.Value.AsTable, NameKey(e));
            case { Type: KtapType.NeverType }:
                return target;
            case { Type.NotNil: KtapType.PointerType or KtapType.IntType }:
                return MemberBehind(e, target);
            default:
                return Bad(e.Span, Errors.NotATable(Source, e.Target.Span, target.Type.Describe()));
        }
    }

    // A table of functions or settings that main filled is read now; one that handlers or ticks may store to, at run time.
    private TypedExpression Slot(BoundExpression e, Table table, TypedExpression key)
    {
        if (key is TypedConstant { Type: not KtapType.NeverType } known && table[known.Value] is { Kind: ValueKind.Function or ValueKind.Table } now) return Constant(e.Span, now);
        var shared = state.Share(table, Source, e.Span, TableUse.Reads);
        state.Look(shared, key.Type);
        return Unread(e, shared.Value, shared.Name) ?? new TypedSlotRead(e.Span, shared.Value.OrNil, shared, key);
    }

    private TypedExpression EventMember(BoundMember e) => e.Name switch
    {
        EventMembers.Name => BuiltinResult(e.Span, EventNames.ProbeName, []),
        EventMembers.IsSyscallEnter => new TypedConstant(e.Span, KtapType.Bool, Value.Bool(site.IsSyscallEnter)),
        EventMembers.Annotate => EventText(e.Span, newline: false),
        EventMembers.ReturnValue => Field(e.Span, "ret"),
        EventMembers.ToText or EventMembers.Field or EventMembers.SetReturn => Bad(e.Span, Errors.BadArgument(Source, e.Span, $"'{e.Name}' is a function of the event", $"call it: e.{e.Name}()")),
        _ => Field(e.Span, e.Name),
    };

    private TypedExpression EventText(TextSpan span, bool newline) => site.Text is null
        ? Bad(span, Errors.BadArgument(Source, span, $"{site.Description} has no text form", "print its name: probename"))
        : new TypedEventText(span, newline);
}
