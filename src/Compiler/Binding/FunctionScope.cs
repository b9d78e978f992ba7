using Ktap.Compiler.Text;

namespace Ktap.Compiler.Binding;

/// <summary>What a piece of code is part of, as far as it can be told from where it is written.</summary>
internal enum Place
{
    /// <summary>The main stage, outside every function.</summary>
    Main,

    /// <summary>A plain function: the main stage, handlers and ticks may all call it.</summary>
    Function,

    /// <summary>A probe or profile handler, or a function written inside one.</summary>
    Handler,

    /// <summary>The filter of a probe.</summary>
    Filter,

    /// <summary>A <c>tick</c> or <c>trace_end</c> handler: registered like the others, but run in user space.</summary>
    UserHandler,
}

/// <summary>One function while it is bound: its variables, the blocks that are open, and what it captures.</summary>
internal sealed class FunctionScope(FunctionScope? parent, Place place)
{
    private readonly List<Dictionary<string, Variable>> _blocks = [[]];
    private readonly Dictionary<Variable, int> _captureIndexes = [];

    /// <summary>The enclosing function.</summary>
    public FunctionScope? Parent => parent;

    /// <summary>What it is part of.</summary>
    public Place Place => place;

    /// <summary>Whether it was registered, or stands inside something that was: nothing more can be registered there.</summary>
    public bool IsRegistered => place is Place.Handler or Place.UserHandler or Place.Filter;

    /// <summary>Whether fields of events can have a meaning here.</summary>
    public bool HasEvent => place is Place.Function or Place.Handler or Place.Filter;

    /// <summary>How many loops are open.</summary>
    public int Loops { get; set; }

    /// <summary>All variables so far, in the order of their slots.</summary>
    public List<Variable> Locals { get; } = [];

    /// <summary>What it captures so far.</summary>
    public List<BoundCapture> Captures { get; } = [];

    /// <summary>The names that can be seen in its open blocks.</summary>
    public IEnumerable<string> Names => _blocks.SelectMany(b => b.Keys);

    /// <summary>Opens a block.</summary>
    public void Enter() => _blocks.Add([]);

    /// <summary>Closes the innermost block: its names are gone.</summary>
    public void Leave() => _blocks.RemoveAt(_blocks.Count - 1);

    /// <summary>A new variable in the innermost block; one of the same name there can't be named any more.</summary>
    public Variable Declare(string name, TextSpan span, bool isUndeclared = false)
    {
        var variable = new Variable(name, span, isGlobal: false) { Slot = Locals.Count, IsUndeclared = isUndeclared };
        Locals.Add(variable);
        _blocks[^1][name] = variable;
        return variable;
    }

    /// <summary>The variable that a name means in this function, or null.</summary>
    public Variable? Find(string name)
    {
        for (var i = _blocks.Count - 1; i >= 0; i--)
            if (_blocks[i].TryGetValue(name, out var variable)) return variable;
        return null;
    }

    /// <summary>The index among the captures of a variable that <paramref name="owner"/>, an enclosing function, declared.</summary>
    public int Capture(Variable variable, FunctionScope owner)
    {
        if (_captureIndexes.TryGetValue(variable, out var index)) return index;
        variable.IsCaptured = true;
        var capture = ReferenceEquals(parent, owner)
            ? new BoundCapture(variable, FromLocal: true, variable.Slot)
            : new BoundCapture(variable, FromLocal: false, parent!.Capture(variable, owner));
        _captureIndexes[variable] = Captures.Count;
        Captures.Add(capture);
        return Captures.Count - 1;
    }
}
