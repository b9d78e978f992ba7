using System.Collections.Immutable;
using Ktap.Compiler.Binding;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Text;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Evaluation;

/// <summary>Makes the nodes and steps of one function.</summary>
internal sealed class Preparation(Evaluator evaluator, SourceText source)
{
    // A level of the tree takes about 200 bytes of native stack; the runtime promises 64 KB where it says that there is enough.
    private const int LevelsBetweenChecks = 100;

    private int _level;

    public Step Prepare(BoundStatement statement)
    {
        var isDeep = ++_level % LevelsBetweenChecks == 0;
        var step = StepOf(statement);
        _level--;
        return isDeep ? new DeepStep(step, At(statement)) : step;
    }

    private Node Prepare(BoundExpression expression)
    {
        var isDeep = ++_level % LevelsBetweenChecks == 0;
        var node = NodeOf(expression);
        _level--;
        return isDeep ? new DeepNode(node, At(expression)) : node;
    }

    private Node[] Prepare(ImmutableArray<BoundExpression> expressions) => [.. expressions.Select(Prepare)];

    private Origin At(BoundNode node) => new(source, node.Span);

    private Node NodeOf(BoundExpression expression) => expression switch
    {
        BoundLiteral e => new ConstantNode(e.Value),
        BoundLocal { Variable: var v } => v.IsCaptured ? new CellNode(v.Slot) : new LocalNode(v.Slot),
        BoundCaptured e => new CapturedNode(e.Index),
        BoundGlobal e => new GlobalNode(evaluator.Global(e.Variable)),
        BoundBuiltin { Builtin: { IsHandlerOnly: true } row } e => new NoEventNode(row.Name, false, At(e)),
        BoundBuiltin { Builtin: { IsValue: true } row } e => new BuiltinCallNode(row, [], At(e)),
        BoundBuiltin e => new ConstantNode(Value.Function(e.Builtin)),
        BoundField e => new NoEventNode(e.Explicit ? $"args.{e.Name}" : e.Name, !e.Explicit, At(e)),
        BoundKernelSymbol e => new KernelSymbolNode(e.Symbol, At(e)),
        BoundTable e => new TableNode(e.Fields.Select(f => (Prepare(f.Key), Prepare(f.Value))).ToArray(), At(e)),
        BoundClosure e => new ClosureNode(evaluator.CodeOf(e.Function), e.Function.Captures),
        BoundUnary e => new UnaryNode(e.Op, Prepare(e.Operand), At(e)),
        BoundBinary e => OperatorNodes.Binary(e.Op, Prepare(e.Left), Prepare(e.Right), At(e)),
        BoundConditional e => new ConditionalNode(Prepare(e.Condition), Prepare(e.Then), Prepare(e.Else)),
        BoundCall { Function: BoundBuiltin { Builtin: { IsHandlerOnly: false } row } } e => new BuiltinCallNode(row, Prepare(e.Arguments), At(e)),
        BoundCall e => CallOf(e),
        BoundIndex e => new IndexNode(Prepare(e.Target), KeyOf(e.Keys), e.Target is BoundIndex or BoundMember, At(e.Target)),
        BoundMember e => new IndexNode(Prepare(e.Target), new ConstantNode(Value.String(e.Name)), e.Target is BoundIndex or BoundMember, At(e.Target)),
        _ => throw new InvalidOperationException($"{expression.GetType()} is not for user space"),
    };

    private CallNode CallOf(BoundCall call) =>
        new(Prepare(call.Function), Prepare(call.Arguments), call.OneResult, At(call), At(call.Function));

    private Node KeyOf(ImmutableArray<BoundExpression> keys) => keys is [var key] ? Prepare(key) : new TupleNode(Prepare(keys));

    private Step StepOf(BoundStatement statement) => statement switch
    {
        BoundBlock s => new BlockStep([.. s.Statements.Select(Prepare)]),
        BoundCallStatement s => new CallStep(Prepare((BoundExpression)s.Call)),
        BoundDeclare s => new DeclareStep([.. s.Variables], Prepare(s.Values)),
        BoundAssign { Targets: [var target], Values: [var value] } => new AssignStep(TargetOf(target), Prepare(value)),
        BoundAssign s => new AssignAllStep([.. s.Targets.Select(TargetOf)], Prepare(s.Values)),
        BoundUpdate s => new UpdateStep(TargetOf(s.Target), s.Op, Prepare(s.Value), At(s)),
        BoundSample s => new SampleStep(TargetOf(s.Target), Prepare(s.Value), At(s), At(s.Value)),
        BoundIf s => new IfStep(s.Clauses.Select(c => (Prepare(c.Condition), Prepare(c.Body))).ToArray(), s.Else is null ? null : Prepare(s.Else)),
        BoundWhile s => new WhileStep(Prepare(s.Condition), Prepare(s.Body), At(s)),
        BoundDo s => new DoStep(Prepare(s.Body), Prepare(s.Condition), s.Until, At(s)),
        BoundRange s => RangeOf(s),
        BoundFor s => new ForStep(
            s.Init is null ? null : Prepare(s.Init), s.Condition is null ? null : Prepare(s.Condition), s.Step is null ? null : Prepare(s.Step),
            Prepare(s.Body), [.. s.Fresh.Where(v => v.IsCaptured)], At(s)),
        BoundForIn s => new ForInStep([.. s.Variables], s.Iterator, Prepare(s.Arguments), Prepare(s.Body), At(s)),
        BoundBreak => new JumpStep(Signal.Break),
        BoundContinue => new JumpStep(Signal.Continue),
        BoundReturn { Values: [BoundCall { OneResult: false, Function: not BoundBuiltin } call] } => new TailCallStep(CallOf(call)),
        BoundReturn { Values: [var value] } => new ReturnStep(Prepare(value)),
        BoundReturn s => new ReturnAllStep(Prepare(s.Values)),
        BoundTrace s => new TraceStep(
            s.Events.Select(e => (e.Value is null ? null : Prepare(e.Value), e)).ToArray(), s.Filter is null ? null : Prepare((BoundExpression)s.Filter),
            Prepare(s.Handler), At(s), At(s.Handler)),
        BoundTimer s => new TimerStep(
            s.Profile, Prepare(s.Count), s.Unit, s.Filter is null ? null : Prepare((BoundExpression)s.Filter), Prepare(s.Handler), At(s), At(s.Handler)),
        BoundTraceEnd s => new TraceEndStep(Prepare(s.Handler), At(s), At(s.Handler)),
        _ => throw new InvalidOperationException($"{statement.GetType()} is not for user space"),
    };

    private RangeStep RangeOf(BoundRange s) => new(
        s.Variable, Prepare(s.First), Prepare(s.Last), s.Step is null ? null : Prepare(s.Step), Prepare(s.Body),
        At(s), At(s.First), At(s.Last), At(s.Step ?? s.First));

    private Target TargetOf(BoundExpression target) => target switch
    {
        BoundLocal { Variable: { IsCaptured: true } v } => new LocalCellTarget(v.Slot, At(target)),
        BoundLocal { Variable: var v } => new LocalTarget(v.Slot, v.Name),
        BoundCaptured e => new CapturedTarget(e.Index, At(e)),
        BoundGlobal e => new GlobalTarget(evaluator.Global(e.Variable), At(e)),
        BoundIndex e => new SlotTarget(ContainerOf(e.Target), KeyOf(e.Keys), At(e.Target), At(e)),
        BoundMember e => new SlotTarget(ContainerOf(e.Target), new ConstantNode(Value.String(e.Name)), At(e.Target), At(e)),
        _ => throw new InvalidOperationException($"{target.GetType()} can't be assigned"),
    };

    private Target ContainerOf(BoundExpression container) =>
        container is BoundLocal or BoundCaptured or BoundGlobal or BoundIndex or BoundMember ? TargetOf(container) : new ExpressionTarget(Prepare(container));
}
