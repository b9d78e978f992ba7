using System.Collections.Immutable;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Binding;

/// <summary>
/// From names to what they mean. Which names are globals depends on the whole script, so a draft is bound first in which every free name
/// is one; <see cref="GlobalSurvey"/> reads off it which really are, and the script is bound again.
/// </summary>
public sealed partial class Binder
{
    private readonly SourceText _source;
    private readonly DiagnosticBag _diagnostics;
    private readonly GlobalSurvey? _survey;
    private readonly Dictionary<string, Variable> _globals = [];
    private readonly List<Variable> _globalList = [];
    private readonly Dictionary<BoundFunction, FunctionExpression> _literals = [];
    private FunctionScope _function = new(null, Place.Main);

    private Binder(SourceText source, DiagnosticBag diagnostics, GlobalSurvey? survey)
    {
        _source = source;
        _diagnostics = diagnostics;
        _survey = survey;
    }

    /// <summary>
    /// Binds a script. <paramref name="predefined"/> are globals that have a value from the start (<c>arg</c>). Always gives a tree: after
    /// errors, with stand-ins.
    /// </summary>
    public static BoundScript Bind(Script script, DiagnosticBag diagnostics, params ReadOnlySpan<string> predefined)
    {
        var draft = new Binder(script.Source, [], null);
        var survey = new GlobalSurvey(draft.BindMain(script, predefined).Main, draft._literals, predefined);
        var bound = new Binder(script.Source, diagnostics, survey).BindMain(script, predefined);
        LaterAssignment.Mark(bound);
        return bound;
    }

    /// <summary>Binds a filter that came out of a computed spec: it sees the script's globals, builtins and fields.</summary>
    public static BoundClosure BindFilter(Expression filter, BoundScript script, DiagnosticBag diagnostics)
    {
        var binder = new Binder(script.Source, diagnostics, GlobalSurvey.Nothing);
        foreach (var global in script.Globals) binder.AddGlobal(global);
        return binder.BindFilter(filter);
    }

    private BoundScript BindMain(Script script, ReadOnlySpan<string> predefined)
    {
        foreach (var name in predefined) AddGlobal(new Variable(name, default, isGlobal: true));
        var span = new TextSpan(0, script.Source.Length);
        var body = new BoundBlock(span, BindStatements(script.Statements));
        var main = new BoundFunction("main", _source, span, [], [.. _function.Locals], [], body);
        return new BoundScript(_source, main, [.. _globalList]);
    }

    private Variable AddGlobal(Variable variable)
    {
        if (_globals.TryAdd(variable.Name, variable))
        {
            // A filter bound later sees the script's own variables, whose slots stay as they are.
            if (!ReferenceEquals(_survey, GlobalSurvey.Nothing)) variable.Slot = _globalList.Count;
            _globalList.Add(variable);
        }
        return _globals[variable.Name];
    }

    private BoundClosure BindFunction(FunctionExpression literal, string name, Place place)
    {
        _function = new FunctionScope(_function, _function.IsRegistered ? _function.Place : place);
        var parameters = literal.Parameters.Select(p => _function.Declare(p.Text, p.Span)).ToImmutableArray();
        foreach (var local in _survey?.LocalsOf(literal) ?? []) _function.Declare(local.Name, local.Declaration, isUndeclared: true);
        _function.Enter();
        var body = new BoundBlock(literal.Body.Span, BindStatements(literal.Body.Statements));
        var function = new BoundFunction(literal.Name ?? name, _source, literal.Span, parameters, [.. _function.Locals], [.. _function.Captures], body);
        _function = _function.Parent!;
        if (_survey is null) _literals.Add(function, literal);
        return new BoundClosure(literal.Span, function);
    }

    private BoundClosure BindFilter(Expression filter)
    {
        _function = new FunctionScope(_function, Place.Filter);
        var body = new BoundBlock(filter.Span, [new BoundReturn(filter.Span, [BindOne(filter)])]);
        var function = new BoundFunction("filter", _source, filter.Span, [], [.. _function.Locals], [.. _function.Captures], body);
        _function = _function.Parent!;
        return new BoundClosure(filter.Span, function);
    }
}
