using System.Collections.Immutable;

namespace Ktap.Runtime.Tests.Agreement;

/// <summary>A variable that generated code can use.</summary>
internal sealed record Variable(string Name, Kind Kind, bool IsAssignable);

/// <summary>A table that generated code can use: the kinds of its keys' parts and of its values.</summary>
internal sealed record TableShape(string Name, ImmutableArray<Kind> Key, Kind Value, bool IsStored);

/// <summary>A function that generated code can call.</summary>
internal sealed record FunctionShape(string Name, ImmutableArray<Kind> Parameters, ImmutableArray<Kind> Results)
{
    /// <summary>Whether its first argument says how often it calls itself, so that it must be small.</summary>
    public bool Counts { get; init; }

    /// <summary>Whether it takes a function from integer to integer before its other arguments.</summary>
    public bool TakesFunction { get; init; }
}

/// <summary>What is known at one place of a generated script.</summary>
internal sealed class Scope(Scope? outer)
{
    private readonly List<Variable> _variables = [];

    /// <summary>Every table.</summary>
    public List<TableShape> Tables { get; } = outer?.Tables ?? [];

    /// <summary>The functions that can be called here.</summary>
    public FunctionList Functions { get; } = new(outer?.Functions);

    /// <summary>What the function around returns; null in a handler.</summary>
    public ImmutableArray<Kind>? Results { get; init; } = outer?.Results;

    /// <summary>Whether a loop is around, inside the same function.</summary>
    public bool IsInLoop { get; init; } = outer?.IsInLoop ?? false;

    /// <summary>Whether code runs in any order here, so that its effects must not depend on one.</summary>
    public bool IsUnordered { get; init; } = outer?.IsUnordered ?? false;

    /// <summary>How many loops are around, those around a call of the function included.</summary>
    public int Loops { get; init; } = outer?.Loops ?? 0;

    /// <summary>Whether functions that take functions can be called: in functions given to them that would be recursion.</summary>
    public bool MayCallHigher { get; set; } = outer?.MayCallHigher ?? true;

    /// <summary>The variables that can be used here.</summary>
    public IEnumerable<Variable> Variables => outer is null ? _variables : outer.Variables.Where(v => _variables.All(own => own.Name != v.Name)).Concat(_variables);

    /// <summary>Declares a variable.</summary>
    public Variable Add(string name, Kind kind, bool isAssignable = true)
    {
        var variable = new Variable(name, kind, isAssignable);
        _variables.RemoveAll(v => v.Name == name);
        _variables.Add(variable);
        return variable;
    }
}

/// <summary>The functions of a scope and of those around it.</summary>
internal sealed class FunctionList(FunctionList? outer) : System.Collections.IEnumerable, IEnumerable<FunctionShape>
{
    private readonly List<FunctionShape> _own = [];

    /// <summary>Adds one to the scope itself.</summary>
    public void Add(FunctionShape function) => _own.Add(function);

    public IEnumerator<FunctionShape> GetEnumerator() => (outer is null ? _own : outer.Concat(_own)).GetEnumerator();

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
}
