using System.Collections.Immutable;

namespace Ktap.Runtime.Tests.Agreement;

/// <summary>
/// Makes a random program: variables, tables and functions of the main stage, and one handler, all of which mean the same in user
/// space and in the kernel. Values have kinds, so that what is generated compiles. This part: the program as a whole; the others
/// make its expressions, strings, statements, loops and calls.
/// </summary>
internal sealed partial class ProgramGenerator
{
    // sched_switch has no part in it: the programs are never attached.
    private const string Event = "trace sched:sched_switch";

    private readonly Random _random;
    private int _budget;
    private int _names;

    // Whether a run may end here, dividing by zero: not where code runs in any order.
    private bool _mayEnd = true;

    private readonly int _size;

    private ProgramGenerator(int seed, int size) => (_random, _size) = (new Random(seed), size);

    /// <summary>The program of a seed: a block whose statements are those of the main stage. Its handler has up to 21 statements of each <paramref name="size"/>.</summary>
    public static Code Make(int seed, int size = 1) => new ProgramGenerator(seed, size).Program();

    private Code Program()
    {
        var scope = new Scope(null);
        var main = new List<Code>();
        for (var i = _random.Next(1, 4); i > 0; i--) main.Add(Shared(scope));
        for (var i = _random.Next(1, 3); i > 0; i--) main.Add(NewTable(scope));
        for (var i = _random.Next(0, 3); i > 0; i--) main.AddRange(Function(scope));
        _budget = _random.Next(3, 22) * _size;
        var body = Block(new Scope(scope), 3);
        main.AddRange(Handler(body));
        return Code.Block(main);
    }

    private IEnumerable<Code> Handler(Code body)
    {
        switch (_random.Next(6))
        {
            case 0:
                return [Code.Do($"{Event} function () {body}")];
            case 1:
                return [Code.Do($"function @handler() {body}"), Code.Do($"{Event} @handler")];
            case 2:
                return [Code.Do($"var function @handler() {body}"), Code.Do($"{Event} @handler")];
            default:
                return [Code.Do($"{Event} {body}")];
        }
    }

    // A variable of the main stage: global, or local and captured; assigned by handlers or, where they don't, a constant there.
    private Code Shared(Scope scope)
    {
        var kind = AnyKind();
        var name = NewName("g");
        var value = kind.MayBeNil && Chance(2) ? Code.Of(kind, "nil") : Literal(kind.Sort);
        scope.Add(name, kind, isAssignable: !Chance(6));
        return Chance(3) ? Code.Do($"var {name} = {value}") : Code.Do($"{name} = {value}");
    }

    private Code NewTable(Scope scope)
    {
        var name = NewName("t");
        var parts = Enumerable.Range(0, Chance(4) ? _random.Next(2, 4) : 1).Select(_ => KeyKind()).ToImmutableArray();
        var shape = new TableShape(name, parts, Chance(2) ? Kind.Int : AnyKind().NotNil, IsStored: !Chance(8));
        scope.Tables.Add(shape);
        if (parts.Length > 1 || (shape.IsStored && Chance(3)))
        {
            // A table that is declared by being stored to, or empty.
            return Chance(2) && shape.IsStored ? Code.Do($"{name}[{Keys(shape)}] = {Literal(shape.Value.Sort)}") : Code.Do($"{name} = {{}}");
        }
        var fields = new List<Code>();
        for (var i = _random.Next(0, 4); i > 0; i--) fields.Add(Code.Raw($"[{Literal(parts[0].Sort)}] = {Literal(shape.Value.Sort)}"));
        if (parts[0] == Kind.Int && Chance(2)) fields.Add(Code.Raw($"{Literal(shape.Value.Sort)}"));
        if (parts[0] == Kind.Text && Chance(2)) fields.Add(Code.Raw($"{Member()} = {Literal(shape.Value.Sort)}"));
        return Code.Do($"{name} = {{{Code.Join(Chance(4) ? "; " : ", ", fields)}}}");
    }

    private Code Keys(TableShape shape) => Code.Join(", ", [.. shape.Key.Select(k => Literal(k.Sort))]);

    private string Member() => Choose("a", "b", "key", "name");

    private Kind AnyKind()
    {
        var kind = Choose(Kind.Int, Kind.Int, Kind.Int, Kind.Bool, Kind.Text, Kind.Text);
        return Chance(3) ? kind.OrNil : kind;
    }

    private Kind KeyKind() => Choose(Kind.Int, Kind.Int, Kind.Text, Kind.Text, Kind.Bool);

    private string NewName(string start) => $"@{start}{_names++}";

    private bool Chance(int outOf) => _random.Next(outOf) == 0;

    private T Choose<T>(params ReadOnlySpan<T> choices) => choices[_random.Next(choices.Length)];

    // One of several ways, by weight; a way that isn't open here gives null, and another is tried.
    private Code Weighted(params ReadOnlySpan<(int Weight, Func<Code?> Make)> ways)
    {
        var total = 0;
        foreach (var way in ways) total += way.Weight;
        while (true)
        {
            var at = _random.Next(total);
            foreach (var (weight, make) in ways)
            {
                if ((at -= weight) >= 0) continue;
                if (make() is { } made) return made;
                break;
            }
        }
    }
}
