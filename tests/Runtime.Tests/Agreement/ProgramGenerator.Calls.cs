using System.Collections.Immutable;

namespace Ktap.Runtime.Tests.Agreement;

internal sealed partial class ProgramGenerator
{
    // A function of the main stage. It sees the tables and what was declared before, and is called from handlers.
    private Code Function(Scope scope)
    {
        var shape = new FunctionShape(NewName("f"), [.. Enumerable.Range(0, _random.Next(0, 4)).Select(_ => AnyKind())], [AnyKind()]);
        var inner = new Scope(scope) { Results = shape.Results };
        var parameters = shape.Parameters.Select((kind, i) => (Name: $"p{i}", Kind: kind)).ToArray();
        foreach (var parameter in parameters) inner.Add(parameter.Name, parameter.Kind);
        _budget = _random.Next(0, 6);
        var body = Block(inner, 1);
        // Without a return at its end a function gives nil there.
        if (!shape.Results[0].MayBeNil || !Chance(3)) body = body with { Children = body.Children.Add(Return(inner, shape.Results)) };
        scope.Functions.Add(shape);
        var list = Code.Raw(string.Join(", ", parameters.Select(p => p.Name)));
        return Chance(4) ? Code.Do($"{shape.Name} = function ({list}) {body}") : Code.Do($"function {shape.Name}({list}) {body}");
    }

    private Code Return(Scope scope, ImmutableArray<Kind> results) => Code.Do($"return {Code.Join(", ", [.. results.Select(r => Expression(scope, r, 3))])}");

    private Code? FunctionCall(Scope scope, Kind kind, int depth)
    {
        if (scope.IsUnordered || Pick(scope.Functions.Where(f => f.Results[0].Fits(kind))) is not { } function) return null;
        return Code.Of(function.Results[0], $"{Call(scope, function, depth)}");
    }

    // Arguments may be left out where nil is allowed, and too many are evaluated and dropped.
    private Code Call(Scope scope, FunctionShape function, int depth)
    {
        var count = function.Parameters.Length;
        while (count > 0 && function.Parameters[count - 1].MayBeNil && Chance(4)) count--;
        var arguments = function.Parameters.Take(count).Select(p => Expression(scope, p, depth)).ToList();
        if (count == function.Parameters.Length && Chance(12)) arguments.Add(Expression(scope, AnyKind(), 1));
        return Code.Raw($"{function.Name}({Code.Join(", ", arguments)})");
    }

    private Code CallAlone(Scope scope) => !scope.IsUnordered && Pick(scope.Functions) is { } function ? Code.Do($"{Call(scope, function, 2)}") : Declare(scope);

    private Code? BuiltinCall(Scope scope, Kind kind, int depth) => null;
}
