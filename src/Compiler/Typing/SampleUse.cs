using System.Collections.Immutable;
using Ktap.Compiler.Binding;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Typing;

/// <summary>
/// What a script reads of the aggregates that <c>&lt;&lt;&lt;</c> makes, so that handlers keep no more: from the variable that is sampled it follows which others
/// may hold the same table or an aggregate of it, and what is done with them. Where that can't be followed, everything is kept.
/// </summary>
internal sealed class SampleUse
{
    private readonly ImmutableArray<BoundNode> _nodes;
    private readonly HashSet<Variable> _parameters;
    private readonly AggregatePlan _all;
    private readonly Dictionary<Variable, AggregatePlan> _plans = [];

    /// <summary>Of a whole script.</summary>
    public SampleUse(BoundScript script)
    {
        var functions = BoundTree.Functions(script.Main).ToArray();
        _nodes = [.. functions.SelectMany(f => BoundTree.Descendants(f.Body))];
        _parameters = [.. functions.SelectMany(f => f.Parameters)];
        _all = new AggregatePlan(AggregateView.Samples, AggregateParts.All, [.. _nodes.OfType<BoundCall>().Select(Binder.StepsOf).OfType<LinearSteps>().Distinct()]);
    }

    /// <summary>What the samples of a target are kept as.</summary>
    public AggregatePlan PlanOf(BoundExpression target)
    {
        // A parameter may be any table.
        if (RootOf(target) is not { } root || _parameters.Contains(root)) return _all;
        if (!_plans.TryGetValue(root, out var plan)) _plans.Add(root, plan = new Flow(this, root).Plan);
        return plan;
    }

    private static Variable? RootOf(BoundExpression e) => e switch
    {
        BoundIndex i => RootOf(i.Target),
        BoundMember m => RootOf(m.Target),
        _ => BoundTree.VariableOf(e),
    };

    private sealed class Flow
    {
        private readonly HashSet<Variable> _holders;
        private readonly List<LinearSteps> _linear = [];
        private AggregateParts _parts;
        private bool _isLost;

        public Flow(SampleUse use, Variable root)
        {
            _holders = [root];
            int before;
            do
            {
                before = _holders.Count;
                foreach (var node in use._nodes) Visit(node);
            }
            while (_holders.Count > before && !_isLost);

            if (_parts.HasFlag(AggregateParts.Fine)) _parts &= ~AggregateParts.Powers;
            // What nothing reads is printed when tracing ends.
            if (_parts == AggregateParts.None && _linear.Count == 0) _parts = AggregateParts.Powers;
            Plan = _isLost ? use._all : new AggregatePlan(AggregateView.Samples, _parts, [.. _linear.Distinct()]);
        }

        public AggregatePlan Plan { get; }

        // Whether an expression may be the table or an aggregate of it.
        private bool Holds(BoundNode e) => e switch
        {
            BoundIndex n => Holds(n.Target),
            BoundMember n => Holds(n.Target),
            BoundConditional n => Holds(n.Then) || Holds(n.Else),
            BoundBinary { Op: BinaryOp.And or BinaryOp.Or } n => Holds(n.Left) || Holds(n.Right),
            BoundExpression n => BoundTree.VariableOf(n) is { } variable && _holders.Contains(variable),
            _ => false,
        };

        private void Visit(BoundNode node)
        {
            switch (node)
            {
                case BoundDeclare n:
                    for (var i = 0; i < n.Values.Length; i++)
                        if (i < n.Variables.Length) Pass(_holders.Contains(n.Variables[i]), n.Variables[i], n.Values[i]);
                        else _isLost |= Holds(n.Values[i]);
                    break;
                case BoundAssign n:
                    for (var i = 0; i < n.Values.Length; i++)
                        if (i < n.Targets.Length) Pass(Holds(n.Targets[i]), RootOf(n.Targets[i]), n.Values[i]);
                        else _isLost |= Holds(n.Values[i]);
                    break;
                case BoundCall { Function: BoundBuiltin { Builtin: var builtin } } n:
                    if (n.Arguments.Any(Holds)) Read(builtin, Binder.StepsOf(n));
                    break;
                case BoundForIn n:
                    if (n.Arguments.Any(Holds)) Iterate(n);
                    break;
                case BoundIndex n:
                    _isLost |= n.Keys.Any(Holds);
                    break;
                case BoundConditional or BoundMember or BoundSample or BoundIf or BoundWhile or BoundDo or BoundUnary { Op: UnaryOp.Not }
                    or BoundBinary { Op: BinaryOp.And or BinaryOp.Or } or BoundBinary { Op: BinaryOp.Equal or BinaryOp.NotEqual, Right: BoundLiteral { Value.IsNil: true } }:
                    break;
                default:
                    _isLost |= BoundTree.Children(node).Any(Holds);
                    break;
            }
        }

        // A value that is assigned: from then on both sides may hold the same.
        private void Pass(bool isHeld, Variable? target, BoundExpression value)
        {
            if (Holds(value))
            {
                if (target is null) _isLost = true;
                else _holders.Add(target);
            }
            if (!isHeld) return;
            if (value is BoundCall { Function: not BoundBuiltin }) _isLost = true;
            else if (RootOf(value) is { } source) _holders.Add(source);
        }

        private void Read(Builtin builtin, LinearSteps? steps)
        {
            if (builtin.Reads is { } parts) _parts |= parts;
            else _isLost = true;
            if (steps is not null) _linear.Add(steps);
        }

        private void Iterate(BoundForIn loop)
        {
            Read(loop.Iterator, null);
            if (loop.Variables.Length > 1) _holders.Add(loop.Variables[1]);
            // sort_pairs(t, cmp): what it compares.
            if (loop.Arguments is [_, BoundClosure { Function.Parameters: var compared }]) _holders.UnionWith(compared);
            else if (loop.Arguments.Length > 1) _isLost = true;
        }
    }
}
