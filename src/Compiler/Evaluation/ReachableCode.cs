using System.Collections.Immutable;
using Ktap.Compiler.Binding;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Evaluation;

/// <summary>The code that a function may run: its own, and that of every function it can reach through captured variables, globals and tables.</summary>
public static class ReachableCode
{
    /// <summary>Every node of that code, each function once.</summary>
    public static IEnumerable<BoundNode> From(KFunction function, ImmutableArray<Cell> globals) => Closures(function, globals).SelectMany(NodesOf);

    /// <summary>Every closure of that code, once. Function literals in their bodies are part of them.</summary>
    public static IEnumerable<Closure> Closures(KFunction function, ImmutableArray<Cell> globals)
    {
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        var pending = new Stack<Value>([Value.Function(function)]);
        while (pending.TryPop(out var value))
        {
            if (value.Kind == ValueKind.Table && seen.Add(value.AsTable))
            {
                foreach (var (_, slot) in value.AsTable.Store.Snapshot())
                    if (slot.Kind is ValueKind.Function or ValueKind.Table) pending.Push(slot);
                continue;
            }
            if (value.Kind != ValueKind.Function || value.AsFunction is not Closure closure || !seen.Add(closure)) continue;
            foreach (var cell in closure.Captures) pending.Push(cell.Value);
            foreach (var global in NodesOf(closure).OfType<BoundGlobal>()) pending.Push(globals[global.Variable.Slot].Value);
            yield return closure;
        }
    }

    /// <summary>The nodes of a closure's body and of the function literals in it, which have no captured cells yet, but what they capture comes from here.</summary>
    public static IEnumerable<BoundNode> NodesOf(Closure closure) => BoundTree.Functions(closure.Function).SelectMany(f => BoundTree.Descendants(f.Body));

    /// <summary>Whether a function contains a call that prints (language §9).</summary>
    public static bool Prints(KFunction function, ImmutableArray<Cell> globals) =>
        function is Builtins.Builtin { Prints: true } || From(function, globals).Any(n => n is BoundBuiltin { Builtin.Prints: true });
}
