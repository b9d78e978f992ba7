using System.Collections.Immutable;
using Ktap.Compiler.Binding;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Evaluation;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Typing;

/// <summary>Types one handler for one site, in one round. Statements here; expressions, operators and calls in the other parts.</summary>
internal sealed partial class Typer(TypingState state, ProbeSite site, HandlerNames names)
{
    private Frame _frame = null!;

    private SourceText Source => _frame.Function.Source;

    /// <summary>The body of a function in a frame.</summary>
    public TypedBlock Body(Frame frame)
    {
        var outer = _frame;
        _frame = frame;
        var body = Block(frame.Function.Body);
        _frame = outer;
        return body;
    }

    /// <summary>The filter's condition, in which an integer stands for <c>!= 0</c>.</summary>
    public TypedExpression Filter(Frame frame)
    {
        _frame = frame;
        return frame.Function.Body.Statements is [BoundReturn { Values: [var condition] }]
            ? FilterCondition(condition)
            : throw new InvalidOperationException("a filter is a function that returns its condition");
    }

    private TypedBlock Block(BoundBlock block) => new(block.Span, [.. block.Statements.Select(Statement)]);

    private TypedStatement Statement(BoundStatement statement)
    {
        switch (statement)
        {
            case BoundBlock s:
                return Block(s);
            case BoundCallStatement s:
                return CallStatement(s.Call);
            case BoundDeclare s:
                return Declare(s);
            case BoundAssign s:
                return Made(s) ?? Assign(s);
            case BoundUpdate s:
                return Update(s);
            case BoundSample s:
                return Sample(s);
            case BoundIf s:
                return If(s);
            case BoundReturn s:
                return Return(s);
            case BoundWhile s:
                return While(s);
            case BoundDo s:
                return Do(s);
            case BoundFor s:
                return For(s);
            case BoundRange s:
                return Range(s);
            case BoundForIn s:
                return ForIn(s);
            case BoundBreak s:
                return new TypedBreak(s.Span);
            case BoundContinue s:
                return new TypedContinue(s.Span);
            default:
                return Refused(statement.Span, Errors.RegisteredInHandler(Source, statement.Span, "registering"));
        }
    }

    // A variable that gets a table, a function or the event stands for it from then on.
    private TypedBlock Declare(BoundDeclare s)
    {
        var values = ValuesFor(s.Span, s.Variables.Length, s.Values);
        var targets = ImmutableArray.CreateBuilder<TypedTarget>();
        var assigned = ImmutableArray.CreateBuilder<TypedExpression>();
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] is TypedConstant { Type: KtapType.StaticType } or TypedEvent)
            {
                if (i < s.Variables.Length) _frame.Constants[s.Variables[i]] = values[i];
                continue;
            }
            if (i < s.Variables.Length) targets.Add(LocalTarget(s.Span, _frame, s.Variables[i], values[i]));
            assigned.Add(values[i]);
        }
        return new TypedBlock(s.Span, [new TypedAssign(s.Span, targets.ToImmutable(), assigned.ToImmutable())]);
    }

    private TypedTarget LocalTarget(TextSpan span, Frame frame, Variable variable, TypedExpression value)
    {
        var local = frame.Local(variable);
        if (frame.Constants.ContainsKey(variable) || value.Type is KtapType.StaticType)
        {
            state.Report(value.Type is KtapType.StaticType && !frame.Constants.ContainsKey(variable) ? Errors.StaticAssigned(Source, span, variable.Name) : Errors.StaticChanges(Source, span, variable.Name));
            return new TypedTarget.Local(span, local);
        }
        if (!Sendable(value)) return new TypedTarget.Local(span, local);
        state.Assign(local, value.Type, Source, span);
        return new TypedTarget.Local(span, local);
    }

    // The event's text has no form that could be stored.
    private bool Sendable(TypedExpression value)
    {
        if (value.Type.NotNil is KtapType.IntType { Format: IntFormat.Time }) state.Report(Errors.TimeTextOnlyPrints(Source, value.Span));
        else if (value is TypedEvent or { Type: KtapType.EventTextType }) state.Report(Errors.EventTextOnlyPrints(Source, value.Span));
        else return true;
        return false;
    }

    private TypedStatement Assign(BoundAssign s)
    {
        var values = ValuesFor(s.Span, s.Targets.Length, s.Values);
        var (targets, assigned) = (ImmutableArray.CreateBuilder<TypedTarget>(), ImmutableArray.CreateBuilder<TypedExpression>());
        for (var i = 0; i < values.Length; i++)
        {
            if (i < s.Targets.Length && StandsFor(s.Targets[i], values[i])) continue;
            if (i < s.Targets.Length) targets.Add(Target(s.Targets[i], values[i]));
            assigned.Add(values[i]);
        }
        return new TypedAssign(s.Span, targets.ToImmutable(), assigned.ToImmutable());
    }

    // A handler's own variable that is only ever assigned one table or function stands for it. Undeclared ones are assigned on each way to a use, so nobody sees them before.
    private bool StandsFor(BoundExpression target, TypedExpression value)
    {
        if (value is not TypedConstant { Type: KtapType.StaticType } || target is not BoundLocal { Variable: { IsUndeclared: true } variable }) return false;
        if (_frame.Constants.TryGetValue(variable, out var before)) return IsSame(before, value);
        if (_frame.Local(variable).Type is not KtapType.NeverType) return false;
        _frame.Constants[variable] = value;
        return true;
    }

    private TypedStatement Update(BoundUpdate s)
    {
        var value = Expression(s.Value);
        CheckArithmetic(s.Span, s.Op, new TypedConstant(s.Target.Span, KtapType.Int, Value.Int(0)), value);
        var result = new TypedConstant(s.Span, KtapType.Int, Value.Int(0));
        var target = Target(s.Target, result, adds: s.Op is BinaryOp.Add or BinaryOp.Subtract);
        if (state.IsLast)
            switch (target)
            {
                case TypedTarget.Cell t:
                    t.Variable.Additions.Note(site, s.Op, value, null);
                    break;
                case TypedTarget.Slot t:
                    t.Table.Additions.Note(site, s.Op, value, t.Key);
                    break;
            }
        if (target is TypedTarget.Cell cell) cell.Variable.IsUpdated = true;
        return new TypedUpdate(s.Span, target, s.Op, value);
    }

    // Where a value goes; the place's type grows by the value's.
    private TypedTarget Target(BoundExpression target, TypedExpression value, bool adds = false)
    {
        switch (target)
        {
            case BoundLocal local:
                return LocalTarget(target.Span, _frame, local.Variable, value);
            case BoundCaptured captured when _frame.Captured(captured) is { Frame: { } definer, Variable: var variable }:
                return LocalTarget(target.Span, definer, variable, value);
            case BoundCaptured or BoundGlobal:
                var cell = state.Share(CellOf(target), Source, target.Span);
                cell.IsWritten = true;
                cell.IsOnlyAddedTo &= adds;
                if (value.Type is KtapType.NilType) Keep(target, cell.Type, cell.Cell.Name);
                if (value.Type is KtapType.StaticType)
                    state.Report(Errors.StaticAssigned(Source, target.Span, cell.Cell.Name));
                else if (Sendable(value))
                    state.Assign(cell, value.Type, Source, target.Span);
                return new TypedTarget.Cell(target.Span, cell);
            case BoundIndex or BoundMember:
                return SlotTarget(target, value, adds);
            default:
                throw new InvalidOperationException("the binder lets nothing else be assigned");
        }
    }

    private TypedTarget SlotTarget(BoundExpression target, TypedExpression value, bool adds)
    {
        var use = adds ? TableUse.Adds : TableUse.Stores;
        if (Nested(target, stores: true) is { } nested) return SlotTarget(target, state.Share(nested.Table, Source, target.Span, use, nested.Shape), nested.Key, value);
        var (on, key) = target is BoundIndex index
            ? (Expression(index.Target), Key(index))
            : (Expression(((BoundMember)target).Target), NameKey((BoundMember)target));
        if (on is not TypedConstant { Value.Kind: ValueKind.Table } constant)
        {
            if (target is BoundMember member && on.Type.NotNil is KtapType.PointerType) return MemberTarget(member, on, value);
            if (on.Type is not KtapType.NeverType) state.Report(Errors.NotATable(Source, target.Span, on.Type.Describe()));
            return new TypedTarget.Local(target.Span, new TypedLocal("error"));
        }
        return SlotTarget(target, state.Share(constant.Value.AsTable, Source, target.Span, use), key, value);
    }

    private TypedTarget.Slot SlotTarget(BoundExpression target, SharedTable table, TypedExpression key, TypedExpression value)
    {
        table.IsWritten = true;
        if (value.Type is KtapType.NilType)
        {
            table.LosesSlots = true;
            Keep(target, table.Value, table.Name);
        }
        if (value.Type is KtapType.StaticType) state.Report(Errors.StaticStored(Source, target.Span, FunctionName(value)));
        else if (Sendable(value)) state.Store(table, key.Type, value.Type, Source, target.Span);
        return new TypedTarget.Slot(target.Span, table, key);
    }

    private TypedStatement If(BoundIf s)
    {
        var clauses = ImmutableArray.CreateBuilder<(TypedExpression, TypedBlock)>();
        foreach (var (condition, body) in s.Clauses)
        {
            var typed = Condition(condition);
            // A condition known when compiling (e.sc_is_enter, a constant) takes its branch with it: what it guards need not fit these events.
            if (typed is TypedConstant { Type: not KtapType.NeverType } known)
            {
                if (!known.Value.IsTruthy) continue;
                return new TypedIf(s.Span, clauses.ToImmutable(), Block(body));
            }
            clauses.Add((typed, Block(body)));
        }
        return new TypedIf(s.Span, clauses.ToImmutable(), s.Else is null ? null : Block(s.Else));
    }

    private Cell CellOf(BoundExpression variable) => variable switch
    {
        BoundGlobal g => state.Globals[g.Variable.Slot],
        BoundCaptured c => _frame.Captured(c).Cell!,
        _ => throw new InvalidOperationException("not a shared variable"),
    };
}
