using Ktap.Compiler.Builtins;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Text;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Binding;

// What a name means: local, global, builtin, field, in that order (language §8).
public sealed partial class Binder
{
    // `args.NAME` is the event's field, whatever else is called NAME.
    internal const string Arguments = "args";

    // The variable that a name means, or null. In the draft every free name is a global.
    private BoundExpression? FindVariable(string name, TextSpan span)
    {
        if (_function.Find(name) is { } local) return new BoundLocal(span, local);
        for (var owner = _function.Parent; owner is not null; owner = owner.Parent)
            if (owner.Find(name) is { } variable) return new BoundCaptured(span, _function.Capture(variable, owner), variable);
        if (_globals.TryGetValue(name, out var global)) return new BoundGlobal(span, global);
        if (_survey is not null && !_survey.IsGlobal(name)) return null;
        return new BoundGlobal(span, AddGlobal(new Variable(name, span, isGlobal: true) { IsTable = _survey?.IsTable(name) ?? false }));
    }

    private BoundExpression BindName(NameExpression name)
    {
        if (FindVariable(name.Name, name.Span) is { } variable) return variable;
        if (BuiltinTable.Find(name.Name) is { } builtin) return UseBuiltin(builtin, name.Span);
        if (_function.HasEvent) return new BoundField(name.Span, name.Name, Explicit: false);
        return Wrong(Errors.UnknownName(_source, name.Span, name.Name, VisibleNames()));
    }

    private BoundExpression BindMember(MemberExpression member)
    {
        if (member.Target is NameExpression root && FindVariable(root.Name, root.Span) is null)
        {
            var full = $"{root.Name}.{member.Member.Text}";
            if (root.Name == Arguments)
                return _function.HasEvent ? new BoundField(member.Span, member.Member.Text, Explicit: true)
                    : Wrong(Errors.HandlerOnly(_source, member.Span, full));
            if (BuiltinTable.Find(full) is { } builtin) return UseBuiltin(builtin, member.Span);
            if (BuiltinTable.IsLibrary(root.Name)) return Wrong(Errors.UnknownMember(_source, member.Member.Span, root.Name, member.Member.Text, BuiltinTable.MembersOf(root.Name)));
        }
        return new BoundMember(member.Span, BindOne(member.Target), member.Member.Text);
    }

    private BoundExpression UseBuiltin(Builtin builtin, TextSpan span) =>
        builtin.IsHandlerOnly && !_function.HasEvent ? Wrong(Errors.HandlerOnly(_source, span, builtin.Name)) : new BoundBuiltin(span, builtin);

    // Reports an error and stands in for what couldn't be bound.
    private BoundLiteral Wrong(Diagnostic error)
    {
        _diagnostics.Add(error);
        return new BoundLiteral(error.Span, Value.Nil);
    }

    private IEnumerable<string> VisibleNames()
    {
        for (var scope = _function; scope is not null; scope = scope.Parent)
            foreach (var name in scope.Names) yield return name;
        foreach (var name in _globals.Keys.Concat(_survey?.Globals ?? [])) yield return name;
        foreach (var builtin in BuiltinTable.All) yield return builtin.Name;
    }
}
