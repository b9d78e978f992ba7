namespace Ktap.Runtime.Tests.Agreement;

internal sealed partial class ProgramGenerator
{
    private Code Block(Scope scope, int depth)
    {
        var statements = new List<Code>();
        for (var i = _random.Next(1, depth == 3 ? 12 * _size : scope.IsInLoop ? 3 : 5); i > 0 && _budget > 0; i--) statements.AddRange(Statement(scope, depth));
        return Code.Block(statements);
    }

    private Code[] Statement(Scope scope, int depth)
    {
        _budget--;
        return _random.Next(depth > 0 ? 30 : 20) switch
        {
            < 3 => [Declare(scope)],
            < 6 => [Assign(scope)],
            < 8 => [AssignSeveral(scope)],
            < 12 => [Update(scope)],
            < 15 => [Store(scope)],
            15 => [Delete(scope)],
            16 => [Print(scope)],
            17 => [CallAlone(scope)],
            18 => [Results(scope)],
            19 => [LocalFunction(scope)],
            20 => [Code.Do($"{Block(new Scope(scope), depth - 1)}")],
            21 => [Leave(scope)],
            < 24 => Loop(scope, depth) ?? [If(scope, depth)],
            _ => [If(scope, depth)],
        };
    }

    private Code Declare(Scope scope)
    {
        var kind = AnyKind();
        var name = Chance(5) && Pick(scope.Variables.Where(v => v.Name.StartsWith("v", StringComparison.Ordinal))) is { } again ? again.Name : $"v{_names++}";
        if (Chance(8))
        {
            scope.Add(name, kind.OrNil);
            return Code.Do($"{Choose("var", "local")} {name}");
        }
        if (Chance(8))
        {
            var (other, second) = (AnyKind(), $"v{_names++}");
            var pair = Code.Do($"var {name}, {second} = {Expression(scope, kind)}, {Expression(scope, other)}");
            scope.Add(name, kind);
            scope.Add(second, other);
            return pair;
        }
        var declared = Code.Do($"{Choose("var", "var", "local")} {name} = {Expression(scope, kind)}");
        scope.Add(name, kind);
        return declared;
    }

    private Code Assign(Scope scope)
    {
        if (Target(scope) is not { } target) return Declare(scope);
        // One slot twice is an update where its key is known to have no effects, which user space can't know of the functions that stand for builtins.
        if (target.Kind.Sort == Sort.Int && Chance(4) && !target.Code.Contains("user_string(")) return Code.Do($"{target.Code} = {target.Code} {Choose("+", "-")} {Expression(scope, Kind.Int, 2)}");
        return Code.Do($"{target.Code} = {Expression(scope, target.Kind)}");
    }

    private Code AssignSeveral(Scope scope)
    {
        if (Target(scope) is not { } a || Target(scope) is not { } b) return Declare(scope);
        // What comes out of a slot may be nil.
        if (a.Kind == b.Kind && (a.Kind.MayBeNil || !(IsSlot(a.Code) || IsSlot(b.Code))) && Chance(3)) return Code.Do($"{a.Code}, {b.Code} = {b.Code}, {a.Code}");
        return Code.Do($"{a.Code}, {b.Code} = {Expression(scope, a.Kind, 3)}, {Expression(scope, b.Kind, 3)}");
    }

    private static bool IsSlot(Code target) => target.Contains("[") || target.Contains(".") || target.Contains("->");

    private Code Store(Scope scope)
    {
        if (SlotTarget(scope) is not { } slot) return Assign(scope);
        return Code.Do($"{slot.Code} = {Expression(scope, slot.Kind)}");
    }

    private Code Delete(Scope scope)
    {
        if (SlotTarget(scope) is not { } slot) return Assign(scope);
        return Chance(3) ? Code.Do($"{slot.Code} = nil") : Code.Do($"delete({slot.Code})");
    }

    private Code Update(Scope scope)
    {
        (Code Code, Kind Kind)? target = Chance(2) && Pick(scope.Tables.Where(t => t.IsStored && t.Value == Kind.Int)) is { } table && !scope.IsUnordered
            ? (SlotOf(scope, table, 2), Kind.Int)
            : Pick(scope.Variables.Where(v => v.IsAssignable && v.Kind.Sort == Sort.Int)) is { } variable && !scope.IsUnordered ? (Code.Raw(variable.Name), variable.Kind) : null;
        if (target is not { } at) return Declare(scope);
        if (Chance(4)) return Code.Do($"{at.Code}{Choose("++", "--")}");
        if (Chance(5)) return Code.Do($"{at.Code} {Choose("/=", "%=")} {Divisor(scope, Kind.Int, 2)}");
        var operand = Expression(scope, Chance(8) ? Kind.Int.OrNil : Kind.Int, 3);
        return Code.Do($"{at.Code} {Choose("+=", "+=", "-=", "*=", "&=", "|=", "^=", "<<=", ">>=")} {operand}");
    }

    // Something that can be assigned.
    private (Code Code, Kind Kind)? Target(Scope scope)
    {
        if (Chance(4) && SlotTarget(scope) is { } slot) return slot;
        return Pick(scope.Variables.Where(v => v.IsAssignable && !scope.IsUnordered)) is { } variable ? (Code.Raw(variable.Name), variable.Kind) : null;
    }

    private (Code Code, Kind Kind)? SlotTarget(Scope scope) => !scope.IsUnordered && Pick(scope.Tables.Where(t => t.IsStored)) is { } table
        ? (SlotOf(scope, table, 2), Chance(6) ? table.Value.OrNil : table.Value)
        : null;

    private Code If(Scope scope, int depth)
    {
        var condition = Condition(scope);
        var then = Block(new Scope(scope), depth - 1);
        return _random.Next(4) switch
        {
            0 => Code.Do($"if ({condition}) {then} else {Block(new Scope(scope), depth - 1)}"),
            1 => Code.Do($"if ({condition}) {then} {Choose("elseif", "else if")} ({Condition(scope)}) {Block(new Scope(scope), depth - 1)} else {Block(new Scope(scope), depth - 1)}"),
            _ => Code.Do($"if ({condition}) {then}"),
        };
    }

    // Early out: of the function, or of the handler.
    private Code Leave(Scope scope)
    {
        if (Chance(2) && BreakOrContinue(scope) is { } jump) return jump;
        if (scope.Results is { } results) return Chance(2) ? Return(scope, results) : Code.Do($"if ({Condition(scope)}) {Code.Block([Return(scope, results)])}");
        var way = Chance(8) ? $"exit({Choose("", "0", "7", "300", "(-1)")})" : "return";
        return Code.Do($"if ({Condition(scope)}) {Code.Block([Code.Do(way)])}");
    }

    private Code Print(Scope scope)
    {
        var values = Enumerable.Range(0, _random.Next(1, 4)).Select(_ => Expression(scope, AnyKind(), 2)).ToArray();
        // A function that gives nothing gives print nothing in user space, and nil in the kernel, which has a place for a result.
        values[^1] = Code.Of(new Kind(values[^1].Sort, values[^1].MayBeNil), $"({values[^1]})");
        if (Chance(2)) return Code.Do($"print({Code.Join(", ", values)})");
        var format = string.Join(' ', values.Select(v => v.Sort switch
        {
            Sort.Int => Choose("%d", "%5d", "%-6d", "%x", "%u", "%lld", "%08x", "%s", "%i", "%X"),
            _ => Choose("%s", "%12s", "%-4s", "%.3s"),
        }));
        return Code.Do($"printf(\"{format}\\n\", {Code.Join(", ", values)})");
    }
}
