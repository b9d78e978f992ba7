using System.Collections.Immutable;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Syntax;

namespace Ktap.Compiler.Binding;

/// <summary>
/// What the free names of a script turn out to be, read off a draft in which every one is a global: those that are stored to are
/// globals, except names that one handler always assigns before use and nothing else uses, which are its own.
/// </summary>
internal sealed class GlobalSurvey
{
    private readonly Dictionary<Variable, Use> _uses = [];
    private readonly Dictionary<string, Use> _globals = [];
    private readonly Dictionary<FunctionExpression, ImmutableArray<Variable>> _locals = new(ReferenceEqualityComparer.Instance);

    private GlobalSurvey() { }

    /// <summary>Surveys a draft. <paramref name="literals"/> tells which literal a function of the draft was bound from.</summary>
    public GlobalSurvey(BoundFunction draft, IReadOnlyDictionary<BoundFunction, FunctionExpression> literals, ReadOnlySpan<string> predefined)
    {
        var handlers = HandlerFunctions.Of(draft);
        foreach (var function in BoundTree.Functions(draft))
            new DefiniteAssignment(function, _uses).Walk(isHandler: handlers.Contains(function));
        foreach (var (variable, use) in _uses)
            if (use.IsStored && !predefined.Contains(variable.Name)) _globals.Add(variable.Name, use);
        foreach (var group in _uses.Where(u => _globals.ContainsKey(u.Key.Name) && u.Value.IsOwnedBy(handlers)).GroupBy(u => u.Value.Function!).ToList())
        {
            _locals.Add(literals[group.Key], [.. group.Select(u => u.Key)]);
            foreach (var (variable, _) in group) _globals.Remove(variable.Name);
        }
    }

    /// <summary>A survey that found no globals.</summary>
    public static GlobalSurvey Nothing { get; } = new();

    /// <summary>The names of the globals.</summary>
    public IEnumerable<string> Globals => _globals.Keys;

    /// <summary>Whether a free name is a global.</summary>
    public bool IsGlobal(string name) => _globals.ContainsKey(name);

    /// <summary>Whether a global is only used as a table and never assigned.</summary>
    public bool IsTable(string name) => _globals.TryGetValue(name, out var use) && use is { IsIndexed: true, IsAssigned: false };

    /// <summary>The undeclared names that are local to a handler.</summary>
    public ImmutableArray<Variable> LocalsOf(FunctionExpression handler) => _locals.GetValueOrDefault(handler, []);

    /// <summary>How one free name is used.</summary>
    internal sealed class Use
    {
        /// <summary>Whether it is assigned or updated itself.</summary>
        public bool IsAssigned { get; set; }

        /// <summary>Whether something is stored into it as a table.</summary>
        public bool IsIndexed { get; set; }

        /// <summary>Whether its value is used.</summary>
        public bool IsRead { get; set; }

        /// <summary>Whether its value may be used before anything was assigned.</summary>
        public bool IsReadEarly { get; set; }

        /// <summary>The one function that uses it, or null where there are several.</summary>
        public BoundFunction? Function { get; private set; }

        /// <summary>Whether it is stored to at all, so that it is a variable and never a field.</summary>
        public bool IsStored => IsAssigned || IsIndexed;

        private bool _isUsed;

        /// <summary>Notes that a function uses it.</summary>
        public void UsedBy(BoundFunction function)
        {
            Function = _isUsed && Function != function ? null : function;
            _isUsed = true;
        }

        // One that is only ever written stays a global: it is printed when tracing ends.
        public bool IsOwnedBy(IReadOnlySet<BoundFunction> handlers) =>
            IsAssigned && IsRead && !IsReadEarly && Function is not null && handlers.Contains(Function);
    }

    /// <summary>Whether a store to a member of a free name is one to a builtin or to a field, which is an error and makes no global.</summary>
    internal static bool IsForeign(BoundMember target) =>
        target.Target is BoundGlobal { Variable.Name: var root } && (root == Binder.Arguments || BuiltinTable.Find($"{root}.{target.Name}") is not null);
}
