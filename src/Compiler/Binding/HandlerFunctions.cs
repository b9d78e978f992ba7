namespace Ktap.Compiler.Binding;

/// <summary>Which functions of a script are nothing but handlers.</summary>
internal static class HandlerFunctions
{
    /// <summary>
    /// The blocks of handlers, and functions that are declared once under a name which stands nowhere but where a handler is registered
    /// (<c>function f (e) {…} kdebug.probe("tp:syscalls", f)</c>).
    /// </summary>
    public static IReadOnlySet<BoundFunction> Of(BoundFunction main)
    {
        var handlers = new HashSet<BoundFunction>();
        var named = new Dictionary<Variable, BoundFunction?>();
        var uses = new Dictionary<Variable, int>();
        var registered = new HashSet<Variable>();
        foreach (var node in BoundTree.Functions(main).SelectMany(f => BoundTree.Descendants(f.Body)))
            if (HandlerOf(node) is BoundClosure block) handlers.Add(block.Function);
            else if (HandlerOf(node) is { } handler && BoundTree.VariableOf(handler) is { } handled)
            {
                registered.Add(handled);
                Count(uses, handled, -1);
            }
            else if (node is BoundExpression e && BoundTree.VariableOf(e) is { } variable) Count(uses, variable, 1);
            else if (node is BoundAssign { Targets: [var target], Values: [BoundClosure closure] } && BoundTree.VariableOf(target) is { } name)
            {
                named[name] = named.ContainsKey(name) ? null : closure.Function;
                Count(uses, name, -1);
            }
        foreach (var (variable, function) in named)
            if (function is not null && registered.Contains(variable) && uses[variable] == 0) handlers.Add(function);
        return handlers;
    }

    /// <summary>The expression that gives a registration's handler, or null where the node registers nothing.</summary>
    public static BoundExpression? HandlerOf(BoundNode node) => node switch
    {
        BoundTrace n => n.Handler,
        BoundTimer n => n.Handler,
        BoundTraceEnd n => n.Handler,
        _ => null,
    };

    private static void Count(Dictionary<Variable, int> uses, Variable variable, int by) => uses[variable] = uses.GetValueOrDefault(variable) + by;
}
