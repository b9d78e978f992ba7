using System.Collections.Immutable;
using System.Text;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Syntax;

/// <summary>A whole script as parsed: its text and its top-level statements, in order. Old spellings are rewritten already.</summary>
public sealed record Script(SourceText Source, ImmutableArray<Statement> Statements);

/// <summary>A part of the tree with the bytes of the script that it stands for. Nodes that carry data per node key it by reference.</summary>
public abstract record Node(TextSpan Span);

/// <summary>A name where it is introduced: a declared variable, a parameter, a loop variable.</summary>
public sealed record Identifier(TextSpan Span, string Text) : Node(Span);

/// <summary>Something that has a value.</summary>
public abstract record Expression(TextSpan Span) : Node(Span);

/// <summary><c>nil</c>; also stands where an expression was missing (an error was reported).</summary>
public sealed record NilExpression(TextSpan Span) : Expression(Span);

/// <summary><c>true</c> or <c>false</c>.</summary>
public sealed record BoolExpression(TextSpan Span, bool Value) : Expression(Span);

/// <summary>An integer literal as its 64 bits: literals from 2^63 up are negative here.</summary>
public sealed record IntegerExpression(TextSpan Span, long Value) : Expression(Span);

/// <summary>A string literal: the bytes that it means, escapes resolved.</summary>
public sealed record StringExpression(TextSpan Span, ImmutableArray<byte> Value) : Expression(Span)
{
    /// <summary>A literal with the UTF-8 bytes of a text.</summary>
    public StringExpression(TextSpan span, string text) : this(span, ImmutableArray.Create(Encoding.UTF8.GetBytes(text))) { }

    /// <summary>The bytes decoded as UTF-8.</summary>
    public string Text => Encoding.UTF8.GetString(Value.AsSpan());
}

/// <summary>A use of a name. In a filter, right of <c>== != ~</c>, it may also turn out to be a plain word (the binder decides).</summary>
public sealed record NameExpression(TextSpan Span, string Name) : Expression(Span);

/// <summary>In a filter only: an unquoted word with a glob character, right of <c>== != ~</c> (<c>ip == mutex*</c>).</summary>
public sealed record BareWordExpression(TextSpan Span, string Text) : Expression(Span);

/// <summary>The address of a kernel symbol, written between backticks.</summary>
public sealed record KernelSymbolExpression(TextSpan Span, string Symbol) : Expression(Span);

/// <summary>A table constructor.</summary>
public sealed record TableExpression(TextSpan Span, ImmutableArray<TableField> Fields) : Expression(Span);

/// <summary>One field of a constructor: keyed, or positional where <paramref name="Key"/> is null (<c>{a = 1}</c> has a string key).</summary>
public sealed record TableField(TextSpan Span, Expression? Key, Expression Value) : Node(Span);

/// <summary>A function value; <paramref name="Name"/> is what it was declared as (<c>t.f</c>), null for an anonymous one or a handler's block.</summary>
public sealed record FunctionExpression(TextSpan Span, string? Name, ImmutableArray<Identifier> Parameters, Block Body) : Expression(Span);

/// <summary>A unary operator and its operand.</summary>
public sealed record UnaryExpression(TextSpan Span, UnaryOp Op, Expression Operand) : Expression(Span);

/// <summary>A binary operator and its operands; <c>and</c> and <c>or</c> evaluate the right one only when it decides.</summary>
public sealed record BinaryExpression(TextSpan Span, BinaryOp Op, TextSpan OperatorSpan, Expression Left, Expression Right) : Expression(Span);

/// <summary><c>c ? a : b</c>.</summary>
public sealed record ConditionalExpression(TextSpan Span, Expression Condition, Expression Then, Expression Else) : Expression(Span);

/// <summary>A call, however its arguments are written. <paramref name="OneResult"/>: it stood in parentheses, so only its first result counts.</summary>
public sealed record CallExpression(TextSpan Span, Expression Function, ImmutableArray<Expression> Arguments, bool OneResult = false) : Expression(Span);

/// <summary><c>t[k]</c>, or <c>t[a, b]</c>: one slot under a key of several parts (at least one).</summary>
public sealed record IndexExpression(TextSpan Span, Expression Target, ImmutableArray<Expression> Keys) : Expression(Span);

/// <summary><c>x.name</c> or <c>x->name</c>.</summary>
public sealed record MemberExpression(TextSpan Span, Expression Target, Identifier Member) : Expression(Span);

/// <summary>Something that is done.</summary>
public abstract record Statement(TextSpan Span) : Node(Span);

/// <summary>Statements with a scope of their own: a body, or a block that stands alone.</summary>
public sealed record Block(TextSpan Span, ImmutableArray<Statement> Statements) : Statement(Span);

/// <summary>A call for its effect.</summary>
public sealed record CallStatement(TextSpan Span, CallExpression Call) : Statement(Span);

/// <summary><c>var a, b = e1, e2</c> (<c>local</c> is the same); without values the variables are nil. The values don't see the names.</summary>
public sealed record VarStatement(TextSpan Span, ImmutableArray<Identifier> Names, ImmutableArray<Expression> Values) : Statement(Span);

/// <summary><c>a, t[k] = e1, e2</c>: targets are names, indexes or members.</summary>
public sealed record AssignStatement(TextSpan Span, ImmutableArray<Expression> Targets, ImmutableArray<Expression> Values) : Statement(Span);

/// <summary><c>x op= e</c>, one atomic update; <c>x++</c> and <c>x--</c> are adding and subtracting the literal 1.</summary>
public sealed record UpdateStatement(TextSpan Span, Expression Target, BinaryOp Op, TextSpan OperatorSpan, Expression Value) : Statement(Span);

/// <summary><c>x &lt;&lt;&lt; e</c>: adds a sample to an aggregate.</summary>
public sealed record SampleStatement(TextSpan Span, Expression Target, Expression Value) : Statement(Span);

/// <summary><c>function f(a) {…}</c>, <c>function t.f(a) {…}</c>: assigns the function to the target; <c>var function f</c> declares it first
/// (<paramref name="IsLocal"/>), so that the body sees it.</summary>
public sealed record FunctionStatement(TextSpan Span, bool IsLocal, Expression Target, FunctionExpression Function) : Statement(Span);

/// <summary><c>if … elseif … else …</c> as a flat list: the first clause whose condition holds, or <paramref name="Else"/>.</summary>
public sealed record IfStatement(TextSpan Span, ImmutableArray<IfClause> Clauses, Block? Else) : Statement(Span);

/// <summary>A condition and what it guards.</summary>
public sealed record IfClause(TextSpan Span, Expression Condition, Block Body) : Node(Span);

/// <summary><c>while (c) {…}</c>.</summary>
public sealed record WhileStatement(TextSpan Span, Expression Condition, Block Body) : Statement(Span);

/// <summary><c>do {…} while (c)</c>, or <c>repeat {…} until (c)</c> (<paramref name="Until"/>), whose condition sees the body's variables.</summary>
public sealed record DoStatement(TextSpan Span, Block Body, Expression Condition, bool Until) : Statement(Span);

/// <summary><c>for (i = first, last[, step]) {…}</c>, both ends included.</summary>
public sealed record RangeStatement(TextSpan Span, Identifier Variable, Expression First, Expression Last, Expression? Step, Block Body) : Statement(Span);

/// <summary><c>for (init; cond; step) {…}</c>, each part optional. Assigning plain names in <paramref name="Init"/> is a <see cref="VarStatement"/>: they are the loop's own.</summary>
public sealed record ForStatement(TextSpan Span, Statement? Init, Expression? Condition, Statement? Step, Block Body) : Statement(Span);

/// <summary><c>for (k, v in pairs(t)) {…}</c>: the iterator is whatever stands after <c>in</c>.</summary>
public sealed record ForInStatement(TextSpan Span, ImmutableArray<Identifier> Variables, Expression Iterator, Block Body) : Statement(Span);

/// <summary><c>break</c>.</summary>
public sealed record BreakStatement(TextSpan Span) : Statement(Span);

/// <summary><c>continue</c>.</summary>
public sealed record ContinueStatement(TextSpan Span) : Statement(Span);

/// <summary><c>return e1, e2</c>.</summary>
public sealed record ReturnStatement(TextSpan Span, ImmutableArray<Expression> Values) : Statement(Span);

/// <summary>
/// <c>trace EVENTS /FILTER/ BLOCK</c> and all older forms. The handler is an expression that yields a function: a BLOCK is an anonymous
/// function without parameters, an older form passes the event as the one parameter.
/// </summary>
public sealed record TraceStatement(TextSpan Span, ImmutableArray<EventSpec> Events, Expression? Filter, Expression Handler) : Statement(Span);

/// <summary><c>tick-5s BLOCK</c>: a timer, once for the machine, in user space.</summary>
public sealed record TickStatement(TextSpan Span, TimerInterval Interval, Expression Handler) : Statement(Span);

/// <summary><c>profile-97hz [/FILTER/] BLOCK</c>: a sampling timer on every CPU, in the kernel.</summary>
public sealed record ProfileStatement(TextSpan Span, TimerInterval Interval, Expression? Filter, Expression Handler) : Statement(Span);

/// <summary><c>trace_end BLOCK</c>: runs when tracing ends.</summary>
public sealed record TraceEndStatement(TextSpan Span, Expression Handler) : Statement(Span);

/// <summary>What to trace: text known when parsing, or an expression that the main stage evaluates.</summary>
public abstract record EventSpec(TextSpan Span) : Node(Span);

/// <summary>One spec as text without white space around it (<c>probe:vfs_read%return</c>), and what follows its first white space: perf-probe's
/// fetch arguments (<c>dfd=%di flags=%dx</c>), empty where there are none.</summary>
public sealed record LiteralEventSpec(TextSpan Span, string Text, string FetchArguments) : EventSpec(Span);

/// <summary>A spec that is computed: its value, a string, goes through <see cref="Parser.ParseEventSpecs"/> at run time.</summary>
public sealed record ComputedEventSpec(TextSpan Span, Expression Value) : EventSpec(Span);

/// <summary>What a spec string holds: the specs, separated by commas, and the filter where it was inside the string.</summary>
public sealed record EventList(ImmutableArray<LiteralEventSpec> Specs, Expression? Filter);

/// <summary>How often: a count (a literal in <c>tick-5s</c>, any expression in <c>timer.s(n, f)</c>) of a unit.</summary>
public sealed record TimerInterval(TextSpan Span, Expression Count, TimerUnit Unit) : Node(Span);

/// <summary>The unit of a timer's count. <see cref="Hertz"/>, for profiles only, is a frequency; the others are periods.</summary>
public enum TimerUnit
{
    Nanoseconds, Microseconds, Milliseconds, Seconds, Minutes, Hertz,
}

/// <summary>Periods of timers.</summary>
public static class TimerUnits
{
    /// <summary>The period in nanoseconds of <paramref name="count"/> (from 1) of a unit, at least 1; a period past the range of a long is the largest long.</summary>
    public static long Period(this TimerUnit unit, long count)
    {
        var scale = unit switch
        {
            TimerUnit.Nanoseconds => 1L,
            TimerUnit.Microseconds => 1_000L,
            TimerUnit.Milliseconds => 1_000_000L,
            TimerUnit.Seconds => 1_000_000_000L,
            TimerUnit.Minutes => 60_000_000_000L,
            _ => 0,
        };
        if (unit == TimerUnit.Hertz) return Math.Max(1, 1_000_000_000L / count);
        return count > long.MaxValue / scale ? long.MaxValue : count * scale;
    }
}
