using System.Collections.Immutable;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Typing;

/// <summary>All handlers of a script, typed and specialised: what the lowering needs, and what the runtime needs to read the results.</summary>
/// <param name="Handlers">One for each site of each probe, in the order of registration.</param>
/// <param name="Tables">The tables that handlers touch.</param>
/// <param name="Cells">The variables that handlers share with other code.</param>
/// <param name="Outputs">The places that send something to user space; <see cref="OutputSite.Id"/> is the index.</param>
public sealed record TypedProgram(
    ImmutableArray<TypedHandler> Handlers, ImmutableArray<SharedTable> Tables, ImmutableArray<SharedCell> Cells, ImmutableArray<OutputSite> Outputs);

/// <summary>One handler for one site; <paramref name="IsLoop"/>: it calls itself at its end.</summary>
public sealed record TypedHandler(string Name, SourceText Source, TextSpan Span, ProbeSite Site, TypedExpression? Filter, TypedBlock Body, bool IsLoop)
{
    /// <summary>Whether it, or what it calls, has loops other than over tables.</summary>
    public bool Loops { get; init; }

    /// <summary>Whether it, or what it calls, loops over a table.</summary>
    public bool Iterates { get; init; }

    /// <summary>Whether its events come out of a glob, so that one which can't be attached is left out; one that the script names is an error.</summary>
    public bool IsOfGlob { get; init; }
}

/// <summary>A table that handlers touch, and the types of its keys and values (<see cref="KtapType.Never"/> where nothing is ever stored).</summary>
public sealed class SharedTable(Table table, int index, SourceText source, TextSpan span)
{
    /// <summary>The table.</summary>
    public Table Table => table;

    /// <summary>Its number, from 0.</summary>
    public int Index => index;

    /// <summary>The script in which a handler first uses it, and where there.</summary>
    public SourceText Source => source;

    /// <inheritdoc cref="Source"/>
    public TextSpan Span => span;

    /// <summary>What messages call it.</summary>
    public string Name => table.Name ?? $"table {index + 1}";

    /// <summary>The type of its keys.</summary>
    public KtapType Key { get; internal set; } = KtapType.Never;

    /// <summary>The type of its values, never optional.</summary>
    public KtapType Value { get; internal set; } = KtapType.Never;

    /// <summary>Whether handlers store to it, so that it is printed at the end.</summary>
    public bool IsWritten { get; internal set; }

    /// <summary>Whether handlers remove slots from it: what is left when tracing ends belongs to things that were going on.</summary>
    public bool LosesSlots { get; internal set; }

    /// <summary>All that handlers do to it.</summary>
    public TableUse Use { get; internal set; }

    /// <summary>Of a table of tables, how many parts the key has at each level: handlers keep all slots here, under keys of all parts. Else one level.</summary>
    public ImmutableArray<int> Shape { get; internal set; } = [1];

    /// <summary>Whether it is a table of tables.</summary>
    public bool IsNested => Shape.Length > 1;

    /// <summary>Whether handlers change its slots by nothing but adding and subtracting, so that what two of them do adds up; they may read it.</summary>
    public bool IsSum => Value is KtapType.IntType && (Use & (TableUse.Adds | TableUse.Stores)) == TableUse.Adds;

    /// <summary>What handlers add to its slots.</summary>
    public Additions Additions { get; } = new();

    /// <summary>What code in user space may do to it while handlers run.</summary>
    public UserSideUse UserSide { get; internal set; } = UserSideUse.None;
}

/// <summary>What handlers do to a table.</summary>
[Flags]
public enum TableUse
{
    /// <summary>They look slots up, count them, or go over them.</summary>
    Reads = 1,
    /// <summary>They add to slots or subtract from them.</summary>
    Adds = 2,
    /// <summary>They store to slots, remove them, or change them by other operators.</summary>
    Stores = 4,
}

/// <summary>A variable that handlers share with other code; it lives in mapped memory.</summary>
public sealed class SharedCell(Cell cell, int index)
{
    /// <summary>The cell.</summary>
    public Cell Cell => cell;

    /// <summary>Its number, from 0.</summary>
    public int Index => index;

    /// <summary>The type of its values.</summary>
    public KtapType Type { get; internal set; } = KtapType.Never;

    /// <summary>Whether handlers assign it, so that it is printed at the end.</summary>
    public bool IsWritten { get; internal set; }

    /// <summary>Whether code in user space may assign it while handlers run; it may overstate.</summary>
    public bool IsReset { get; internal set; }

    /// <summary>Whether anything changes it in place while handlers run (<c>+=</c> and its kin): then its memory is 0 while it is nil, so that a change needs no look.</summary>
    public bool IsUpdated { get; internal set; }

    /// <summary>Whether handlers change it by nothing but adding and subtracting; they may read it.</summary>
    public bool IsOnlyAddedTo { get; internal set; } = true;

    /// <summary>Whether handlers read it.</summary>
    public bool IsRead { get; internal set; }

    /// <summary>What handlers add to it.</summary>
    public Additions Additions { get; } = new();
}

/// <summary>A variable of one run of a handler.</summary>
public sealed class TypedLocal(string name)
{
    /// <summary>Its name, for dumps.</summary>
    public string Name => name;

    /// <summary>The join of all that is assigned to it.</summary>
    public KtapType Type { get; internal set; } = KtapType.Never;
}

/// <summary>A place that sends a call to user space: which builtin, with what arguments.</summary>
public sealed record OutputSite(int Id, Builtin Builtin, ImmutableArray<OutputArgument> Arguments, SourceText Source, TextSpan Span)
{
    /// <summary>Whether it empties a table that an earlier deferred call of the same handler reads: it takes away what that has seen.</summary>
    public bool EndsReading { get; init; }
}

/// <summary>An argument of a deferred call.</summary>
public abstract record OutputArgument
{
    /// <summary>Known when compiling: literals, tables, functions.</summary>
    public sealed record Constant(Value Value) : OutputArgument;

    /// <summary>In the record, as <see cref="Layout"/> has it; an optional one has a word before it that is 1 where it is not nil.</summary>
    public sealed record Dynamic(KtapType Type) : OutputArgument;

    /// <summary>The event as text: the last bytes of the record.</summary>
    public sealed record Text(EventTextFormat Format, bool Newline) : OutputArgument;
}

/// <summary>Something that has a value, and its type.</summary>
public abstract record TypedExpression(TextSpan Span, KtapType Type);

/// <summary>A value known when compiling.</summary>
public sealed record TypedConstant(TextSpan Span, KtapType Type, Value Value) : TypedExpression(Span, Type);

/// <summary>A local variable.</summary>
public sealed record TypedLocalRead(TextSpan Span, TypedLocal Local) : TypedExpression(Span, Local.Type);

/// <summary>A shared variable.</summary>
public sealed record TypedCellRead(TextSpan Span, SharedCell Cell) : TypedExpression(Span, Cell.Type);

/// <summary>A field of the event.</summary>
public sealed record TypedField(TextSpan Span, ProbeField Field) : TypedExpression(Span, Field.Type);

/// <summary>The event as text; only an argument of output.</summary>
public sealed record TypedEventText(TextSpan Span, bool Newline) : TypedExpression(Span, new KtapType.EventTextType(Newline));

/// <summary>The event parameter.</summary>
public sealed record TypedEvent(TextSpan Span) : TypedExpression(Span, KtapType.Event);

/// <summary>A call of a builtin's kernel body.</summary>
public sealed record TypedKernelCall(TextSpan Span, KtapType Type, Builtin Builtin, ImmutableArray<TypedExpression> Arguments) : TypedExpression(Span, Type);

/// <summary>A unary operator.</summary>
public sealed record TypedUnary(TextSpan Span, KtapType Type, UnaryOp Op, TypedExpression Operand) : TypedExpression(Span, Type);

/// <summary>Arithmetic or a comparison.</summary>
public sealed record TypedBinary(TextSpan Span, KtapType Type, BinaryOp Op, TypedExpression Left, TypedExpression Right) : TypedExpression(Span, Type);

/// <summary>Strings and integers joined, two or more.</summary>
public sealed record TypedConcat(TextSpan Span, KtapType Type, ImmutableArray<TypedExpression> Parts) : TypedExpression(Span, Type);

/// <summary><c>and</c> (else <c>or</c>), with the deciding value.</summary>
public sealed record TypedLogical(TextSpan Span, KtapType Type, bool IsAnd, TypedExpression Left, TypedExpression Right) : TypedExpression(Span, Type);

/// <summary><c>c ? a : b</c>.</summary>
public sealed record TypedConditional(TextSpan Span, KtapType Type, TypedExpression Condition, TypedExpression Then, TypedExpression Else) : TypedExpression(Span, Type);

/// <summary>Whether a string matches a pattern.</summary>
public sealed record TypedGlob(TextSpan Span, TypedExpression Operand, string Pattern) : TypedExpression(Span, KtapType.Bool);

/// <summary>Several values that are one key.</summary>
public sealed record TypedTuple(TextSpan Span, KtapType Type, ImmutableArray<TypedExpression> Parts) : TypedExpression(Span, Type);

/// <summary>The number of slots of a table.</summary>
public sealed record TypedTableLength(TextSpan Span, SharedTable Table) : TypedExpression(Span, KtapType.Int);

/// <summary>A part of a key of several, by its index from 0.</summary>
public sealed record TypedPart(TextSpan Span, KtapType Type, TypedExpression Tuple, int Index) : TypedExpression(Span, Type);

/// <summary>The value in a slot, or nil.</summary>
public sealed record TypedSlotRead(TextSpan Span, KtapType Type, SharedTable Table, TypedExpression Key) : TypedExpression(Span, Type);

/// <summary>
/// A call of a function of the script, in place: parameters are set, the body runs, <paramref name="Results"/> hold what it returned, the
/// first being the value. With <paramref name="IsLoop"/> the body begins again at each <see cref="TypedRestart"/> in it.
/// </summary>
public sealed record TypedInline(
    TextSpan Span, ImmutableArray<(TypedLocal Parameter, TypedExpression Value)> Arguments, TypedBlock Body, ImmutableArray<TypedLocal> Results, bool IsLoop)
    : TypedExpression(Span, Results[0].Type)
{
    /// <summary>Whether it gives more results on some ways than on others.</summary>
    public bool Varies { get; init; }
}

/// <summary>
/// A value known to be of one kind only at run time, as that kind: any other one is a run-time error that ends the handler. nil stays nil where
/// <paramref name="Type"/> is optional, and is an error too where it isn't.
/// </summary>
public sealed record TypedNarrow(TextSpan Span, KtapType Type, TypedExpression Operand) : TypedExpression(Span, Type);

/// <summary>Something that is done.</summary>
public abstract record TypedStatement(TextSpan Span);

/// <summary>Statements in order.</summary>
public sealed record TypedBlock(TextSpan Span, ImmutableArray<TypedStatement> Statements) : TypedStatement(Span);

/// <summary>Evaluated for its effect.</summary>
public sealed record TypedEvaluate(TextSpan Span, TypedExpression Expression) : TypedStatement(Span);

/// <summary>All values are evaluated, then assigned.</summary>
public sealed record TypedAssign(TextSpan Span, ImmutableArray<TypedTarget> Targets, ImmutableArray<TypedExpression> Values) : TypedStatement(Span);

/// <summary>An update of a target in one step; nil counts as 0.</summary>
public sealed record TypedUpdate(TextSpan Span, TypedTarget Target, BinaryOp Op, TypedExpression Value) : TypedStatement(Span);

/// <summary>A sample for an aggregate, as the type of its table or variable keeps it; without a value it is only counted.</summary>
public sealed record TypedSample(TextSpan Span, TypedTarget Target, TypedExpression? Value) : TypedStatement(Span);

/// <summary>The first clause whose condition holds, or <paramref name="Else"/>.</summary>
public sealed record TypedIf(TextSpan Span, ImmutableArray<(TypedExpression Condition, TypedBlock Body)> Clauses, TypedBlock? Else) : TypedStatement(Span);

/// <summary>Leaves the function: sets its results, nil those that get no value, and goes to its end. Of a handler the values are only evaluated.</summary>
public sealed record TypedReturn(TextSpan Span, ImmutableArray<TypedLocal> Results, ImmutableArray<TypedExpression> Values) : TypedStatement(Span);

/// <summary>Tail recursion: evaluates all values, sets the parameters, and begins the body of the function that it stands in again.</summary>
public sealed record TypedRestart(TextSpan Span, ImmutableArray<(TypedLocal Parameter, TypedExpression Value)> Arguments) : TypedStatement(Span);

/// <summary>
/// A loop: while the condition holds (null: always) or, with <paramref name="Until"/>, until it does; tested before or after the body. The
/// step comes after the body and where it continues.
/// </summary>
public sealed record TypedLoop(TextSpan Span, TypedExpression? Condition, bool TestsFirst, bool Until, TypedBlock Body, TypedStatement? Step) : TypedStatement(Span);

/// <summary>A loop over integers from first to last, both included; the step is 1 where it is null.</summary>
public sealed record TypedRange(TextSpan Span, TypedLocal Variable, TypedExpression First, TypedExpression Last, TypedExpression? Step, TypedBlock Body) : TypedStatement(Span);

/// <summary>A loop over the slots of a table, in no order; <paramref name="Value"/> is null where nobody wants it.</summary>
public sealed record TypedForIn(TextSpan Span, SharedTable Table, TypedLocal Key, TypedLocal? Value, TypedBlock Body) : TypedStatement(Span);

/// <summary>Leaves the innermost loop.</summary>
public sealed record TypedBreak(TextSpan Span) : TypedStatement(Span);

/// <summary>Goes on with the next round of the innermost loop.</summary>
public sealed record TypedContinue(TextSpan Span) : TypedStatement(Span);

/// <summary>Sends a call to user space; the values are those of the dynamic arguments, in order.</summary>
public sealed record TypedOutput(TextSpan Span, OutputSite Site, ImmutableArray<TypedExpression> Dynamic) : TypedStatement(Span);

/// <summary>What can be assigned.</summary>
public abstract record TypedTarget(TextSpan Span)
{
    /// <summary>A local variable.</summary>
    public sealed record Local(TextSpan Span, TypedLocal Variable) : TypedTarget(Span);

    /// <summary>A shared variable.</summary>
    public sealed record Cell(TextSpan Span, SharedCell Variable) : TypedTarget(Span);

    /// <summary>A slot of a table.</summary>
    public sealed record Slot(TextSpan Span, SharedTable Table, TypedExpression Key) : TypedTarget(Span);

    /// <summary>A member of <paramref name="Size"/> bytes in memory of the handler's own.</summary>
    public sealed record Member(TextSpan Span, TypedMember Place, int Size) : TypedTarget(Span);
}
