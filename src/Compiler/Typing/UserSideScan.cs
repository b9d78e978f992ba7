using System.Collections.Immutable;
using Ktap.Compiler.Binding;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Evaluation;
using Ktap.Compiler.Text;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Typing;

/// <summary>
/// Finds what ticks and deferred calls do to tables while handlers run. Where it can't tell which table an expression gives, it may be
/// any.
/// </summary>
internal sealed class UserSideScan
{
    private readonly MainResult _main;
    private readonly HashSet<Table> _reset = new(ReferenceEqualityComparer.Instance);
    private readonly List<(Table? Table, UserSideUpdate Update)> _updates = [];
    private readonly HashSet<Variable> _assigned = [];
    private readonly HashSet<Variable> _updated = [];
    private bool _anyReset;

    // What each local variable of the code may hold; null among the values: something that can't be told.
    private readonly Dictionary<Variable, List<BoundExpression?>> _values = [];

    /// <summary>Looks through the code of all ticks, and the calls that handlers defer.</summary>
    public UserSideScan(MainResult main, ImmutableArray<OutputSite> outputs)
    {
        _main = main;
        foreach (var site in outputs)
            if (site.Builtin.RemovesSlot && site.Arguments is [OutputArgument.Constant { Value.Kind: ValueKind.Table } table])
                _reset.Add(table.Value.AsTable);
        var closures = new HashSet<Closure>();
        foreach (var tick in main.Registrations.OfType<Registration.Tick>())
        {
            _anyReset |= tick.Handler is Builtin { RemovesSlot: true };
            closures.UnionWith(ReachableCode.Closures(tick.Handler, main.Globals));
        }
        foreach (var closure in closures) NoteValues(closure);
        foreach (var closure in closures) Scan(closure);
    }

    /// <summary>What is done to one table.</summary>
    public UserSideUse Of(Table table) => new(
        _anyReset || _reset.Contains(table),
        [.. _updates.Where(u => u.Table is null || ReferenceEquals(u.Table, table)).Select(u => u.Update).DistinctBy(u => u.Op)]);

    /// <summary>Whether a variable of that name may be assigned.</summary>
    public bool Assigns(Cell cell) => _assigned.Any(v => v.Name == cell.Name);

    /// <summary>Whether a variable of that name may be changed in place.</summary>
    public bool Updates(Cell cell) => _updated.Any(v => v.Name == cell.Name);

    private void NoteValues(Closure closure)
    {
        foreach (var function in BoundTree.Functions(closure.Function))
            foreach (var parameter in function.Parameters) NoteValue(parameter, null);
        foreach (var node in ReachableCode.NodesOf(closure))
            switch (node)
            {
                case BoundDeclare n:
                    for (var i = 0; i < n.Variables.Length; i++) NoteValue(n.Variables[i], n.Values.Length == 0 ? new BoundLiteral(n.Span, Value.Nil) : n.Values.ElementAtOrDefault(i));
                    break;
                case BoundAssign n:
                    for (var i = 0; i < n.Targets.Length; i++)
                        if (BoundTree.VariableOf(n.Targets[i]) is { } variable) NoteValue(variable, n.Values.ElementAtOrDefault(i));
                    break;
                case BoundForIn n:
                    foreach (var variable in n.Variables) NoteValue(variable, null);
                    break;
            }
    }

    private void NoteValue(Variable variable, BoundExpression? value)
    {
        if (!_values.TryGetValue(variable, out var values)) _values.Add(variable, values = []);
        values.Add(value);
    }

    private void Scan(Closure closure)
    {
        var called = new HashSet<BoundNode>(ReferenceEqualityComparer.Instance);
        foreach (var function in BoundTree.Functions(closure.Function))
            foreach (var node in BoundTree.Descendants(function.Body))
                switch (node)
                {
                    case BoundCall { Function: BoundBuiltin { Builtin.RemovesSlot: true } remove, Arguments: [var argument] }:
                        called.Add(remove);
                        Reset(closure, ContainerOf(argument) ?? argument);
                        break;
                    case BoundBuiltin { Builtin.RemovesSlot: true } value when !called.Contains(value):
                        _anyReset = true;
                        break;
                    case BoundAssign assign:
                        foreach (var target in assign.Targets)
                            if (ContainerOf(target) is { } container) Reset(closure, container);
                            else if (BoundTree.VariableOf(target) is { } variable) _assigned.Add(variable);
                        break;
                    case BoundUpdate update when ContainerOf(update.Target) is { } container:
                        Update(closure, container, new UserSideUpdate(update.Op, function.Source, update.Span));
                        break;
                    case BoundUpdate update when BoundTree.VariableOf(update.Target) is { } variable:
                        _updated.Add(variable);
                        break;
                }
    }

    private static BoundExpression? ContainerOf(BoundExpression slot) => slot switch
    {
        BoundIndex e => e.Target,
        BoundMember e => e.Target,
        _ => null,
    };

    private void Reset(Closure closure, BoundExpression table)
    {
        var tables = TablesOf(closure, table);
        if (tables is null) _anyReset = true;
        else _reset.UnionWith(tables);
    }

    private void Update(Closure closure, BoundExpression table, UserSideUpdate update)
    {
        var tables = TablesOf(closure, table);
        if (tables is null) _updates.Add((null, update));
        else _updates.AddRange(tables.Select(t => ((Table?)t, update)));
    }

    // The tables of the main stage that an expression may give; null where that can't be told.
    private List<Table>? TablesOf(Closure closure, BoundExpression expression)
    {
        var tables = new List<Table>();
        var seen = new HashSet<Variable>();
        var rest = new Stack<BoundExpression?>([expression]);
        while (rest.TryPop(out var at))
            switch (at)
            {
                // Tables that the code itself makes; no builtin gives one that it hasn't made.
                case BoundTable or BoundLiteral or BoundCall { Function: BoundBuiltin }:
                    break;
                case BoundGlobal { Variable: { IsAssignedLater: false } variable }:
                    AddTable(tables, _main.Globals[variable.Slot]);
                    break;
                case BoundLocal or BoundCaptured:
                    var local = BoundTree.VariableOf(at)!;
                    if (!seen.Add(local)) break;
                    var captured = closure.Function.Captures.FirstOrDefault(c => c.Variable == local);
                    if (captured is not null && !local.IsAssignedLater) AddTable(tables, closure.Captures[closure.Function.Captures.IndexOf(captured)]);
                    else if (captured is null && _values.TryGetValue(local, out var values)) values.ForEach(rest.Push);
                    else return null;
                    break;
                default:
                    return null;
            }
        return tables;
    }

    private static void AddTable(List<Table> tables, Cell cell)
    {
        if (cell.Value.Kind == ValueKind.Table) tables.Add(cell.Value.AsTable);
    }
}
