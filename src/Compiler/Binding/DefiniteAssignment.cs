namespace Ktap.Compiler.Binding;

/// <summary>
/// Notes how one function of a draft uses the free names and, in a handler, whether each is assigned on every way that leads to a use.
/// </summary>
internal sealed class DefiniteAssignment(BoundFunction function, Dictionary<Variable, GlobalSurvey.Use> uses)
{
    // The names assigned so far; null where the code can't be reached.
    private HashSet<Variable>? _assigned = [];
    private bool _isHandler;

    /// <summary>Walks the function's body.</summary>
    public void Walk(bool isHandler)
    {
        _isHandler = isHandler;
        Visit(function.Body);
    }

    private void Visit(BoundNode node)
    {
        switch (node)
        {
            case BoundGlobal n:
                Read(n.Variable);
                break;
            case BoundAssign n:
                foreach (var value in n.Values) Visit(value);
                foreach (var target in n.Targets) VisitTarget(target);
                foreach (var target in n.Targets)
                    if (target is BoundGlobal global) _assigned?.Add(global.Variable);
                break;
            case BoundUpdate n:
                Visit(n.Value);
                VisitTarget(n.Target);
                if (n.Target is BoundGlobal updated) Read(updated.Variable);
                break;
            case BoundSample n:
                Visit(n.Value);
                VisitTarget(n.Target);
                if (n.Target is BoundGlobal sampled) Read(sampled.Variable);
                break;
            case BoundIf n:
                VisitIf(n);
                break;
            case BoundConditional n:
                Visit(n.Condition);
                Visit(n.Then);
                Visit(n.Else);
                break;
            case BoundFor n:
                if (n.Init is not null) Visit(n.Init);
                Aside(() =>
                {
                    foreach (var part in new BoundNode?[] { n.Condition, n.Body, n.Step })
                        if (part is not null) Visit(part);
                });
                break;
            case BoundWhile or BoundDo or BoundRange or BoundForIn:
                Aside(() => VisitParts(node));
                break;
            case BoundReturn or BoundBreak or BoundContinue:
                VisitParts(node);
                _assigned = null;
                break;
            default:
                VisitParts(node);
                break;
        }
    }

    private void VisitParts(BoundNode node)
    {
        foreach (var child in BoundTree.Children(node)) Visit(child);
    }

    // What stands in a loop may not run at all: what it assigns doesn't count behind it.
    private void Aside(Action visit)
    {
        var before = Copy(_assigned);
        visit();
        _assigned = before;
    }

    private void VisitIf(BoundIf n)
    {
        HashSet<Variable>? after = null;
        var ends = false;
        foreach (var (condition, body) in n.Clauses)
        {
            Visit(condition);
            var before = Copy(_assigned);
            Visit(body);
            Merge(_assigned);
            _assigned = before;
        }
        if (n.Else is not null) Visit(n.Else);
        Merge(_assigned);
        _assigned = after;

        void Merge(HashSet<Variable>? end)
        {
            if (end is null) return;
            if (ends) after!.IntersectWith(end);
            else after = Copy(end);
            ends = true;
        }
    }

    private HashSet<Variable>? Copy(HashSet<Variable>? set) => set is null ? null : _isHandler ? [.. set] : set;

    private void VisitTarget(BoundExpression target)
    {
        if (target is BoundGlobal global)
        {
            var use = UseOf(global.Variable);
            use.IsAssigned = true;
        }
        else
        {
            // The table at the root of t[a].b is stored into, which needs it to be there.
            var root = target;
            var isForeign = false;
            while (root is BoundIndex or BoundMember)
            {
                isForeign = root is BoundMember member && GlobalSurvey.IsForeign(member);
                root = root is BoundIndex index ? index.Target : ((BoundMember)root).Target;
            }
            if (root is BoundGlobal table && !isForeign) UseOf(table.Variable).IsIndexed = true;
            VisitParts(target);
        }
    }

    private void Read(Variable variable)
    {
        var use = UseOf(variable);
        use.IsRead = true;
        if (!_isHandler || _assigned?.Contains(variable) == false) use.IsReadEarly = true;
    }

    private GlobalSurvey.Use UseOf(Variable variable)
    {
        if (!uses.TryGetValue(variable, out var use)) uses.Add(variable, use = new GlobalSurvey.Use());
        use.UsedBy(function);
        return use;
    }
}
