using System.Collections.Immutable;

namespace Ktap.Runtime.Tests.Agreement;

internal sealed partial class ProgramGenerator
{
    private Code? FunctionCall(Scope scope, Kind kind, int depth)
    {
        if (scope.IsUnordered || Pick(Callable(scope).Where(f => f.Results[0].Fits(kind))) is not { } function) return null;
        var call = Call(scope, function, depth);
        // In parentheses only the first result counts.
        return function.Results.Length > 1 || Chance(8) ? Code.Of(function.Results[0], $"({call})") : Code.Of(function.Results[0], $"{call}");
    }

    private static IEnumerable<FunctionShape> Callable(Scope scope) => scope.Functions.Where(f => scope.MayCallHigher || !f.TakesFunction);

    // Arguments may be left out where nil is allowed, and too many are evaluated and dropped.
    private Code Call(Scope scope, FunctionShape function, int depth)
    {
        if (function.TakesFunction) return Code.Raw($"{function.Name}({FunctionValue(scope)}, {Expression(scope, Kind.Int, depth)})");
        var count = function.Parameters.Length;
        while (count > 0 && function.Parameters[count - 1].MayBeNil && Chance(4)) count--;
        var arguments = function.Parameters.Take(count).Select(p => Expression(scope, p, depth)).ToList();
        if (function.Counts) arguments[0] = Chance(3) ? Code.Of(Kind.Int, $"({Expression(scope, Kind.Int, 1)} & 7)") : Code.Of(Kind.Int, Choose("0", "1", "3", "5"));
        if (count == function.Parameters.Length && Chance(12)) arguments.Add(Expression(scope, AnyKind(), 1));
        return Code.Raw($"{function.Name}({Code.Join(", ", arguments)})");
    }

    // A function from integer to integer.
    private Code FunctionValue(Scope scope)
    {
        if (!Chance(3) && Pick(scope.Functions.Where(f => !f.TakesFunction && !f.Counts && f.Parameters is [var only] && only.Fits(Kind.Int.OrNil) && Gives(f, [Kind.Int]))) is { } function)
            return Code.Raw(function.Name);
        var (name, inner) = (NewName("x")[1..], new Scope(scope) { IsInLoop = false });
        inner.Add(name, Kind.Int);
        inner.MayCallHigher = false;
        return Code.Raw($"function ({name}) {{ return {Expression(inner, Kind.Int, 2)} }}");
    }

    // Variables get the results of a call, which may be fewer than they are.
    private Code Results(Scope scope)
    {
        if (Pick(Callable(scope).Where(f => f.Results.Length > 1)) is not { } function || scope.IsUnordered) return Declare(scope);
        var call = Call(scope, function, 2);
        var names = function.Results.Select(_ => NewName("v")[1..]).ToList();
        var declared = $"var {string.Join(", ", names)}";
        foreach (var (name, kind) in names.Zip(function.Results)) scope.Add(name, kind);
        return Code.Do($"{declared} = {call}");
    }

    // A function that the handler makes; it sees the variables of the handler as they are when it runs.
    private Code LocalFunction(Scope scope)
    {
        if (scope.Results is not null) return Declare(scope);
        var name = NewName("h")[1..];
        var function = Literal(scope, ResultKinds(), out var shape);
        scope.Functions.Add(shape with { Name = name });
        return Code.Do($"var {name} = function {function}");
    }

    private Code CallAlone(Scope scope) => !scope.IsUnordered && Pick(Callable(scope)) is { } function ? Code.Do($"{Call(scope, function, 2)}") : Declare(scope);
}
