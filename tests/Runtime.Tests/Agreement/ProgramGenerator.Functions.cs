using System.Collections.Immutable;

namespace Ktap.Runtime.Tests.Agreement;

// Functions: those of the main stage, which handlers call, and those that handlers make.
internal sealed partial class ProgramGenerator
{
    private IEnumerable<Code> Function(Scope scope)
    {
        switch (_random.Next(8))
        {
            case 0:
                return [Recursive(scope)];
            case 1:
                return [Higher(scope)];
            case 2:
                return Member(scope);
        }
        var name = NewName("f");
        var function = Literal(scope, ResultKinds(), out var shape);
        scope.Functions.Add(shape with { Name = name });
        return [Declare(name, function)];
    }

    private Code Declare(string name, Code function) => _random.Next(4) switch
    {
        0 => Code.Do($"{name} = function {function}"),
        1 => Code.Do($"var function {name}{function}"),
        _ => Code.Do($"function {name}{function}"),
    };

    private ImmutableArray<Kind> ResultKinds() => [.. Enumerable.Range(0, Chance(4) ? _random.Next(2, 4) : 1).Select(_ => AnyKind())];

    // Functions that are held in a table.
    private IEnumerable<Code> Member(Scope scope)
    {
        var (table, member) = (NewName("t"), Choose("add", "get", "f"));
        var function = Literal(scope, ResultKinds(), out var shape);
        scope.Functions.Add(shape with { Name = $"{table}.{member}" });
        return Chance(2)
            ? [Code.Do($"{table} = {{{member} = function {function}}}")]
            : [Code.Do($"{table} = {{}}"), Code.Do($"function {table}.{member}{function}")];
    }

    // A function that calls itself at its end, so often as its first argument says.
    private Code Recursive(Scope scope)
    {
        var shape = new FunctionShape(NewName("f"), [Kind.Int, .. Enumerable.Range(0, _random.Next(1, 3)).Select(_ => AnyKind())], [AnyKind()]) { Counts = true };
        var inner = new Scope(scope) { Results = shape.Results, IsInLoop = false, Loops = MostLoops, MayCallHigher = false };
        inner.Add("n", Kind.Int, isAssignable: false);
        for (var i = 1; i < shape.Parameters.Length; i++) inner.Add($"p{i}", shape.Parameters[i]);
        _budget = _random.Next(0, 4);
        var stop = Code.Do($"if (n <= 0) {Code.Block([Return(inner, shape.Results)])}");
        var body = Block(inner, 1);
        var next = Code.Join(", ", [Code.Raw("n - 1"), .. shape.Parameters.Skip(1).Select(p => Expression(inner, p, 2))]);
        body = body with { Children = [stop, .. body.Children, Code.Do($"return {shape.Name}({next})")] };
        scope.Functions.Add(shape);
        return Code.Do($"function {shape.Name}(n{string.Concat(Enumerable.Range(1, shape.Parameters.Length - 1).Select(i => $", p{i}"))}) {body}");
    }

    // A function that calls the one it is given.
    private Code Higher(Scope scope)
    {
        var shape = new FunctionShape(NewName("f"), [Kind.Int], [Kind.Int]) { TakesFunction = true };
        scope.Functions.Add(shape);
        return Code.Do($"function {shape.Name}(f, p1) {{ return {Choose("f(f(p1))", "f(p1) + p1", "(p1 > 3) ? f(p1) : p1", "f(p1 - 1)")} }}");
    }

    // Parameters and body of a function; its results where it has any, and nil at an end without a return.
    private Code Literal(Scope scope, ImmutableArray<Kind> results, out FunctionShape shape, ImmutableArray<Kind>? takes = null)
    {
        var parameters = takes ?? [.. Enumerable.Range(0, _random.Next(0, 4)).Select(_ => AnyKind())];
        shape = new FunctionShape("", parameters, results);
        var inner = new Scope(scope) { Results = results, IsInLoop = false, Loops = Math.Max(scope.Loops, 1), MayCallHigher = false };
        for (var i = 0; i < parameters.Length; i++) inner.Add($"p{i}", parameters[i]);
        var budget = _budget;
        _budget = _random.Next(0, 6);
        var body = Block(inner, 1);
        _budget = budget;
        if (results.Any(r => !r.MayBeNil) || !Chance(3)) body = body with { Children = body.Children.Add(Return(inner, results)) };
        return Code.Raw($"({string.Join(", ", parameters.Select((_, i) => $"p{i}"))}) {body}");
    }

    private Code Return(Scope scope, ImmutableArray<Kind> results)
    {
        if (Chance(4) && Pick(Callable(scope).Where(f => Gives(f, results))) is { } tail) return Code.Do($"return {Call(scope, tail, 2)}");
        return Code.Do($"return {Code.Join(", ", [.. results.Select(r => Expression(scope, r, 3))])}");
    }

    private static bool Gives(FunctionShape function, ImmutableArray<Kind> results) =>
        function.Results.Length == results.Length && function.Results.Zip(results).All(p => p.First.Fits(p.Second));
}
