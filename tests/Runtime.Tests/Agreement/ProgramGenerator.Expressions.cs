namespace Ktap.Runtime.Tests.Agreement;

internal sealed partial class ProgramGenerator
{
    private static readonly string[] Integers =
    [
        "0", "1", "2", "3", "5", "7", "10", "31", "32", "63", "64", "65", "100", "127", "128", "255", "256", "1000", "4096", "65535",
        "2147483647", "2147483648", "4294967295", "4294967296", "1099511627776", "0x7fffffffffffffff", "0x8000000000000000", "0xffffffffffffffff",
        "(-1)", "(-2)", "(-3)", "(-7)", "(-64)", "(-128)", "(-2147483648)", "(-2147483649)", "(-4294967296)",
    ];

    // How deep expressions nest at most.
    private const int Deep = 4;

    private Code Literal(Sort sort) => sort switch
    {
        Sort.Int => Code.Of(Kind.Int, Chance(2) ? Choose("0", "1", "2", "3", "4", "5") : Integers[_random.Next(Integers.Length)]),
        Sort.Bool => Code.Of(Kind.Bool, Chance(2) ? "true" : "false"),
        _ => TextLiteral(),
    };

    private Code Expression(Scope scope, Kind kind, int depth = Deep)
    {
        if (kind.MayBeNil && Chance(12)) return Code.Of(kind, "nil");
        if (depth == 0 || Chance(4)) return Leaf(scope, kind);
        return Weighted(
            (8, () => Computed(scope, kind, depth - 1)),
            (3, () => Leaf(scope, kind)),
            (3, () => Slot(scope, kind, depth - 1)),
            (1, () => Conditional(scope, kind, depth - 1)),
            (1, () => Logical(scope, kind, depth - 1)),
            (1, () => FunctionCall(scope, kind, depth - 1)),
            (2, () => BuiltinCall(scope, kind, depth - 1)));
    }

    private Code Leaf(Scope scope, Kind kind) => !Chance(4) && Pick(scope.Variables.Where(v => v.Kind.Fits(kind))) is { } variable
        ? Code.Of(variable.Kind, variable.Name)
        : Literal(kind.Sort);

    private Code? Computed(Scope scope, Kind kind, int depth) => kind.Sort switch
    {
        Sort.Int => Arithmetic(scope, kind, depth),
        Sort.Bool => Test(scope, depth),
        _ => Concatenation(scope, depth),
    };

    private Code Arithmetic(Scope scope, Kind kind, int depth)
    {
        if (Chance(8)) return Code.Of(kind, $"({Choose("-", "~")}{Parenthesised(Expression(scope, kind, depth))})");
        var left = Expression(scope, kind, depth);
        if (Chance(4) && _mayEnd) return Code.Of(kind, $"({left} {Choose("/", "%")} {Divisor(scope, kind, depth)})");
        return Code.Of(kind, $"({left} {Choose("+", "-", "*", "&", "|", "^", "<<", ">>")} {Expression(scope, kind, depth)})");
    }

    // '- -1' would be a decrement.
    private static Code Parenthesised(Code value) => value.Parts[0].StartsWith('(') ? value : Code.Of(new Kind(value.Sort, value.MayBeNil), $"({value})");

    // Mostly not 0: a handler that ends early shows less.
    private Code Divisor(Scope scope, Kind kind, int depth) => _random.Next(8) switch
    {
        < 5 => Code.Of(Kind.Int, Choose("2", "3", "7", "(-1)", "(-3)", "10", "64", "1000", "0x8000000000000000")),
        < 7 => Code.Of(kind, $"({Expression(scope, kind, depth)} | 1)"),
        _ => Expression(scope, kind, depth),
    };

    // Something that is true or false, and never nil.
    private Code Test(Scope scope, int depth)
    {
        switch (_random.Next(8))
        {
            case 0:
                return Code.Of(Kind.Bool, $"({Choose("!", "not ")}{Parenthesised(Expression(scope, AnyKind(), depth))})");
            case 1:
                return Code.Of(Kind.Bool, $"({Expression(scope, AnyKind().OrNil, depth)} {Equality()} nil)");
            case 2:
                return Code.Of(Kind.Bool, $"({Expression(scope, AnyKind(), depth)} {Equality()} {Expression(scope, AnyKind(), depth)})");
            case 3 or 4:
                var kind = Chance(3) ? Kind.Text : AnyKind();
                return Code.Of(Kind.Bool, $"({Expression(scope, kind, depth)} {Equality()} {Expression(scope, kind, depth)})");
            default:
                var ordered = Chance(3) ? Kind.Text : Kind.Int;
                if (Chance(3)) ordered = ordered.OrNil;
                return Code.Of(Kind.Bool, $"({Expression(scope, ordered, depth)} {Choose("<", "<=", ">", ">=")} {Expression(scope, ordered, depth)})");
        }
    }

    private string Equality() => Choose("==", "==", "!=", "~=");

    // What an if or a loop asks: mostly a boolean, sometimes whether something is nil.
    private Code Condition(Scope scope, int depth = 2) => Chance(6) ? Expression(scope, AnyKind().OrNil, depth) : Expression(scope, Chance(4) ? Kind.Bool.OrNil : Kind.Bool, depth);

    private Code Conditional(Scope scope, Kind kind, int depth) =>
        Code.Of(kind, $"({Condition(scope, depth)} ? {Expression(scope, kind, depth)} : {Expression(scope, kind, depth)})");

    private Code Logical(Scope scope, Kind kind, int depth) => Chance(2)
        ? Code.Of(kind, $"({Expression(scope, kind.OrNil, depth)} {Choose("or", "||")} {Expression(scope, kind, depth)})")
        : Code.Of(kind, $"({Expression(scope, kind, depth)} {Choose("and", "&&")} {Expression(scope, kind, depth)})");

    private Code? Slot(Scope scope, Kind kind, int depth)
    {
        if (scope.IsUnordered || Pick(scope.Tables.Where(t => t.Value.Sort == kind.Sort)) is not { } table) return null;
        var slot = SlotOf(scope, table, depth);
        return kind.MayBeNil ? Code.Of(kind, $"{slot}") : Code.Of(kind, $"({slot} or {Expression(scope, kind, depth)})");
    }

    private Code SlotOf(Scope scope, TableShape table, int depth)
    {
        if (table.Key is [{ Sort: Sort.Text }] && Chance(4)) return Code.Raw($"{table.Name}{Choose(".", "->")}{Member()}");
        var keys = table.Key.Select(k => Chance(2) ? Small(k.Sort) : Expression(scope, k, Math.Min(depth, 2))).ToArray();
        return Code.Raw($"{table.Name}[{Code.Join(", ", keys)}]");
    }

    // Keys out of few, so that slots are met again.
    private Code Small(Sort sort) => sort switch
    {
        Sort.Int => Code.Of(Kind.Int, Choose("0", "1", "2", "3")),
        Sort.Text => Code.Of(Kind.Text, Choose("\"a\"", "\"b\"", "\"key\"", "\"a longer key\"")),
        _ => Literal(sort),
    };

    private T? Pick<T>(IEnumerable<T> from) where T : class
    {
        var all = from.ToArray();
        return all.Length == 0 ? null : all[_random.Next(all.Length)];
    }
}
