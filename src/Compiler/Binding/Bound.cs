using System.Collections.Immutable;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Text;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Binding;

/// <summary>A part of the bound tree. After the binder no names are looked up any more, except the fields of events, which only a later stage knows.</summary>
public abstract record BoundNode(TextSpan Span);

/// <summary>Something that has a value.</summary>
public abstract record BoundExpression(TextSpan Span) : BoundNode(Span);

/// <summary>A literal: nil, a boolean, an integer, a string.</summary>
public sealed record BoundLiteral(TextSpan Span, Value Value) : BoundExpression(Span);

/// <summary>A variable of the function that runs now; in a cell of its own where <see cref="Variable.IsCaptured"/>.</summary>
public sealed record BoundLocal(TextSpan Span, Variable Variable) : BoundExpression(Span);

/// <summary>A variable of an enclosing function: the cell at <paramref name="Index"/> of the closure's <see cref="BoundFunction.Captures"/>.</summary>
public sealed record BoundCaptured(TextSpan Span, int Index, Variable Variable) : BoundExpression(Span);

/// <summary>A global: an undeclared name that is assigned or used as a table somewhere.</summary>
public sealed record BoundGlobal(TextSpan Span, Variable Variable) : BoundExpression(Span);

/// <summary>A builtin as a value or a callee; also the names of language §8 (<c>pid</c>, <c>arg1</c>), whose value needs no call.</summary>
public sealed record BoundBuiltin(TextSpan Span, Builtin Builtin) : BoundExpression(Span);

/// <summary>A free name: a field of whatever event the handler serves. <paramref name="Explicit"/>: it was written <c>args.NAME</c>.</summary>
public sealed record BoundField(TextSpan Span, string Name, bool Explicit) : BoundExpression(Span);

/// <summary>The address of a kernel symbol.</summary>
public sealed record BoundKernelSymbol(TextSpan Span, string Symbol) : BoundExpression(Span);

/// <summary>A table constructor; positional fields have the keys 1, 2, … filled in.</summary>
public sealed record BoundTable(TextSpan Span, ImmutableArray<(BoundExpression Key, BoundExpression Value)> Fields) : BoundExpression(Span);

/// <summary>A function literal: makes a closure.</summary>
public sealed record BoundClosure(TextSpan Span, BoundFunction Function) : BoundExpression(Span);

/// <summary>A unary operator.</summary>
public sealed record BoundUnary(TextSpan Span, UnaryOp Op, BoundExpression Operand) : BoundExpression(Span);

/// <summary>A binary operator; <see cref="BinaryOp.And"/> and <see cref="BinaryOp.Or"/> evaluate the right side only when it decides, and give the deciding value.</summary>
public sealed record BoundBinary(TextSpan Span, BinaryOp Op, BoundExpression Left, BoundExpression Right) : BoundExpression(Span);

/// <summary><c>c ? a : b</c>.</summary>
public sealed record BoundConditional(TextSpan Span, BoundExpression Condition, BoundExpression Then, BoundExpression Else) : BoundExpression(Span);

/// <summary>A call. Where it is the last of several expressions all its results count, unless <paramref name="OneResult"/>.</summary>
public sealed record BoundCall(TextSpan Span, BoundExpression Function, ImmutableArray<BoundExpression> Arguments, bool OneResult) : BoundExpression(Span);

/// <summary><c>t[k]</c>; several keys are one tuple.</summary>
public sealed record BoundIndex(TextSpan Span, BoundExpression Target, ImmutableArray<BoundExpression> Keys) : BoundExpression(Span);

/// <summary><c>x.name</c>: the slot <c>"name"</c> of a table, a member of a typed pointer, or a property of the event parameter.</summary>
public sealed record BoundMember(TextSpan Span, BoundExpression Target, string Name) : BoundExpression(Span);

/// <summary>
/// In a filter: a bare word or glob right of <c>== != ~</c> that is no variable and no builtin: a string or a pattern. A plain word may still
/// be a field of the events; only a later stage knows those, and has to try the field first.
/// </summary>
public sealed record BoundPattern(TextSpan Span, string Pattern) : BoundExpression(Span);

/// <summary>Something that is done.</summary>
public abstract record BoundStatement(TextSpan Span) : BoundNode(Span);

/// <summary>Statements in order.</summary>
public sealed record BoundBlock(TextSpan Span, ImmutableArray<BoundStatement> Statements) : BoundStatement(Span);

/// <summary>A call for its effect.</summary>
public sealed record BoundCallStatement(TextSpan Span, BoundCall Call) : BoundStatement(Span);

/// <summary>New instances of variables; missing values are nil.</summary>
public sealed record BoundDeclare(TextSpan Span, ImmutableArray<Variable> Variables, ImmutableArray<BoundExpression> Values) : BoundStatement(Span);

/// <summary>All values are evaluated, then assigned. Targets are variables, indexes or members.</summary>
public sealed record BoundAssign(TextSpan Span, ImmutableArray<BoundExpression> Targets, ImmutableArray<BoundExpression> Values) : BoundStatement(Span);

/// <summary>One atomic update <c>x op= e</c>; an absent slot or an unset variable counts as 0. <c>x = x + e</c> and <c>x = x - e</c> are this too.</summary>
public sealed record BoundUpdate(TextSpan Span, BoundExpression Target, BinaryOp Op, BoundExpression Value) : BoundStatement(Span);

/// <summary><c>x &lt;&lt;&lt; e</c>.</summary>
public sealed record BoundSample(TextSpan Span, BoundExpression Target, BoundExpression Value) : BoundStatement(Span);

/// <summary>The first clause whose condition holds, or <paramref name="Else"/>.</summary>
public sealed record BoundIf(TextSpan Span, ImmutableArray<(BoundExpression Condition, BoundBlock Body)> Clauses, BoundBlock? Else) : BoundStatement(Span);

/// <summary><c>while</c>.</summary>
public sealed record BoundWhile(TextSpan Span, BoundExpression Condition, BoundBlock Body) : BoundStatement(Span);

/// <summary><c>do … while (c)</c>, or with <paramref name="Until"/> <c>repeat … until (c)</c>, whose condition sees the body's variables.</summary>
public sealed record BoundDo(TextSpan Span, BoundBlock Body, BoundExpression Condition, bool Until) : BoundStatement(Span);

/// <summary><c>for (i = first, last[, step])</c>; a fresh variable each time round.</summary>
public sealed record BoundRange(TextSpan Span, Variable Variable, BoundExpression First, BoundExpression Last, BoundExpression? Step, BoundBlock Body) : BoundStatement(Span);

/// <summary><c>for (init; cond; step)</c>. <paramref name="Fresh"/> are the loop's own variables: each time round gets copies of its own.</summary>
public sealed record BoundFor(TextSpan Span, BoundStatement? Init, BoundExpression? Condition, BoundStatement? Step, BoundBlock Body, ImmutableArray<Variable> Fresh) : BoundStatement(Span);

/// <summary><c>for (k, v in pairs(t))</c>: <paramref name="Iterator"/> is a builtin that iterates, with its arguments.</summary>
public sealed record BoundForIn(TextSpan Span, ImmutableArray<Variable> Variables, Builtin Iterator, ImmutableArray<BoundExpression> Arguments, BoundBlock Body) : BoundStatement(Span);

/// <summary><c>break</c>.</summary>
public sealed record BoundBreak(TextSpan Span) : BoundStatement(Span);

/// <summary><c>continue</c>.</summary>
public sealed record BoundContinue(TextSpan Span) : BoundStatement(Span);

/// <summary><c>return</c>; a single call is a tail call.</summary>
public sealed record BoundReturn(TextSpan Span, ImmutableArray<BoundExpression> Values) : BoundStatement(Span);

/// <summary>Registers a probe handler. The filter, where there is one, is a function without parameters; the handler's value is a function.</summary>
public sealed record BoundTrace(TextSpan Span, ImmutableArray<BoundEventSpec> Events, BoundClosure? Filter, BoundExpression Handler) : BoundStatement(Span);

/// <summary>Registers a <c>tick</c> (<paramref name="Profile"/>: a <c>profile</c>) of <paramref name="Count"/> units.</summary>
public sealed record BoundTimer(TextSpan Span, bool Profile, BoundExpression Count, TimerUnit Unit, BoundClosure? Filter, BoundExpression Handler) : BoundStatement(Span);

/// <summary>Registers a <c>trace_end</c> handler.</summary>
public sealed record BoundTraceEnd(TextSpan Span, BoundExpression Handler) : BoundStatement(Span);

/// <summary>A spec: literal text with fetch arguments, or a computed string (<paramref name="Value"/>).</summary>
public sealed record BoundEventSpec(TextSpan Span, string Text, string FetchArguments, BoundExpression? Value) : BoundNode(Span);

/// <summary>A function of the script, or the whole script's main function.</summary>
/// <param name="Name">As declared; "handler", "filter" or "function" where it has none.</param>
/// <param name="Source">The text that the spans belong to.</param>
/// <param name="Locals">All its variables, parameters first; <see cref="Variable.Slot"/> indexes them.</param>
/// <param name="Captures">The variables of enclosing functions that it or functions in it use.</param>
public sealed record BoundFunction(
    string Name, SourceText Source, TextSpan Span, ImmutableArray<Variable> Parameters, ImmutableArray<Variable> Locals,
    ImmutableArray<BoundCapture> Captures, BoundBlock Body)
{
    /// <inheritdoc/>
    public bool Equals(BoundFunction? other) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}

/// <summary>Where a closure finds a cell when it is made: in the frame of the enclosing function (<paramref name="FromLocal"/>) or among that function's own captures.</summary>
public sealed record BoundCapture(Variable Variable, bool FromLocal, int Index);

/// <summary>A bound script: its main function, and the globals in the order of their first use.</summary>
public sealed record BoundScript(SourceText Source, BoundFunction Main, ImmutableArray<Variable> Globals);

/// <summary>One declared variable (each <c>var</c> makes one) or global. Immutable once the binder is done.</summary>
public sealed class Variable(string name, TextSpan declaration, bool isGlobal)
{
    /// <summary>Its name.</summary>
    public string Name { get; } = name;

    /// <summary>Where it was declared or first used.</summary>
    public TextSpan Declaration { get; } = declaration;

    /// <summary>Whether it is a global.</summary>
    public bool IsGlobal { get; } = isGlobal;

    /// <summary>Its place among its function's locals, or among the globals.</summary>
    public int Slot { get; internal set; }

    /// <summary>Whether it is a global that the script only ever uses as a table and never assigns: it holds an empty table from the start.</summary>
    public bool IsTable { get; internal init; }

    /// <summary>Whether it is a handler's own though nothing declares it: then it is assigned on each way to a use.</summary>
    public bool IsUndeclared { get; internal init; }

    /// <summary>Whether an inner function uses it, so that it lives in a cell.</summary>
    public bool IsCaptured { get; internal set; }

    /// <summary>
    /// Whether code that is able to run after the main stage assigns it. One that isn't is a constant for handlers (language §1).
    /// </summary>
    public bool IsAssignedLater { get; internal set; }
}
