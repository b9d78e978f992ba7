namespace Ktap.Runtime.Tests.Agreement;

internal sealed partial class ProgramGenerator
{
    // How deep loops are in each other at most: what is in them runs often enough.
    private const int MostLoops = 2;

    private Code[]? Loop(Scope scope, int depth)
    {
        if (scope.Loops >= MostLoops) return null;
        var inner = new Scope(scope) { IsInLoop = true, Loops = scope.Loops + 1 };
        switch (_random.Next(10))
        {
            case 0 or 1:
                return [Range(scope, inner, depth)];
            case 2:
                return [CFor(inner, depth)];
            case 3:
                return Endless(inner, depth);
            case 4 or 5:
                return Pairs(scope, inner);
        }
        // The counter goes on first, so that no continue goes round for ever.
        var counter = NewName("n")[1..];
        inner.Add(counter, Kind.Int, isAssignable: false);
        var body = Block(inner, depth - 1);
        body = body with { Children = body.Children.Insert(0, Code.Do($"{counter} += 1")) };
        var goesOn = Code.Of(Kind.Bool, $"({counter} < {_random.Next(1, 6)})");
        if (Chance(3)) goesOn = Code.Of(Kind.Bool, $"({goesOn} {Choose("and", "&&")} {Condition(scope)})");
        var start = Code.Do($"var {counter} = 0");
        return _random.Next(4) switch
        {
            0 => [start, Code.Do($"do {body} while ({goesOn})")],
            1 => [start, Code.Do($"repeat {body} until ({Code.Of(Kind.Bool, $"(!{goesOn})")})")],
            _ => [start, Code.Do($"while ({goesOn}) {body}")],
        };
    }

    private Code Range(Scope scope, Scope inner, int depth)
    {
        var variable = NewName("i")[1..];
        var first = Chance(3) ? Code.Of(Kind.Int, $"({Expression(scope, Kind.Int, 1)} & 3)") : Code.Of(Kind.Int, Choose("0", "1", "1", "5", "(-2)", "0x7ffffffffffffffe", "3"));
        var last = Chance(3) ? Code.Of(Kind.Int, $"({Expression(scope, Kind.Int, 1)} & 7)") : Code.Of(Kind.Int, Choose("3", "4", "1", "0", "0x7fffffffffffffff", "(-3)"));
        inner.Add(variable, Kind.Int);
        // From small to very large is a long way; its steps are as large.
        var step = last.Parts[0].StartsWith("0x", StringComparison.Ordinal) && !first.Parts[0].StartsWith("0x", StringComparison.Ordinal) ? "0x4000000000000000"
            : first.Parts[0].StartsWith("0x", StringComparison.Ordinal) ? Choose("1", "2", "3") : Choose("", "", "1", "2", "(-1)", "(-2)");
        var steps = step.Length == 0 ? Code.Raw("") : Chance(6) && step.Length <= 4 && !first.Parts[0].StartsWith("0x", StringComparison.Ordinal) ? Code.Raw($", ({Expression(scope, Kind.Int, 1)} | 1) % 4") : Code.Raw($", {step}");
        return Code.Do($"for ({variable} = {first}, {last}{steps}) {Block(inner, depth - 1)}");
    }

    private Code CFor(Scope inner, int depth)
    {
        var variable = NewName("i")[1..];
        inner.Add(variable, Kind.Int, isAssignable: false);
        var up = $"{variable} < {_random.Next(1, 6)}";
        var body = Block(inner, depth - 1);
        return Chance(3)
            ? Code.Do($"for (var {variable} = {_random.Next(3, 20)}; {variable} > 0; {variable} {Choose("-= 3", "/= 2", ">>= 1")}) {body}")
            : Code.Do($"for ({variable} = 0; {up}; {variable}{Choose("++", " += 1", " = " + variable + " + 1")}) {body}");
    }

    // A loop that only break ends.
    private Code[] Endless(Scope inner, int depth)
    {
        var counter = NewName("n")[1..];
        inner.Add(counter, Kind.Int, isAssignable: false);
        var body = Block(inner, depth - 1);
        var head = new[] { Code.Do($"{counter}++"), Code.Do($"if ({counter} >= {_random.Next(1, 6)}) {Code.Block([Code.Do("break")])}") };
        return [Code.Do($"var {counter} = 0"), Code.Do($"{Choose("for (;;)", "while (true)")} {body with { Children = body.Children.InsertRange(0, head) }}")];
    }

    // The kernel gives slots in another order than user space, so what is done with them must not depend on one.
    private Code[]? Pairs(Scope scope, Scope inner)
    {
        if (Pick(scope.Tables.Where(t => t.Value == Kind.Int && t.Key.Length == 1)) is not { } table || scope.IsUnordered) return null;
        if (Pick(scope.Variables.Where(v => v.IsAssignable && v.Kind.Sort == Sort.Int)) is not { } sum) return null;
        var unordered = new Scope(inner) { IsUnordered = true };
        var (key, value) = (NewName("k")[1..], NewName("v")[1..]);
        unordered.Add(key, table.Key[0], isAssignable: false);
        unordered.Add(value, Kind.Int, isAssignable: false);
        // Only what is fixed may be looked at: not the sum.
        var fixedScope = new Scope(null);
        fixedScope.Add(key, table.Key[0], isAssignable: false);
        fixedScope.Add(value, Kind.Int, isAssignable: false);
        _mayEnd = false;
        var op = Choose("+=", "-=", "^=", "|=", "&=");
        var add = Code.Do($"{sum.Name} {op} {Expression(fixedScope, Kind.Int, 2)}");
        var body = Chance(2) ? Code.Block([add]) : Code.Block([Code.Do($"if ({Expression(fixedScope, Kind.Bool, 2)}) {Code.Block([Code.Do("continue")])}"), add]);
        _mayEnd = true;
        return [Code.Do($"for ({key}, {value} in pairs({table.Name})) {body}")];
    }

    private Code? BreakOrContinue(Scope scope) => scope.IsInLoop ? Code.Do($"if ({Condition(scope)}) {Code.Block([Code.Do(Choose("break", "continue"))])}") : null;
}
