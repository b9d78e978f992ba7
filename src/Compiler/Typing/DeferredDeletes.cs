using System.Collections.Immutable;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Text;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Typing;

/// <summary>
/// Follows a handler's deferred calls that empty tables. User space makes them later, so a table that one of them empties can't be used after it
/// in the same handler; and what an earlier deferred call has read is all that it takes away.
/// </summary>
internal sealed class DeferredDeletes
{
    private readonly TypedHandler _handler;
    private readonly DiagnosticBag _diagnostics;
    private readonly HashSet<int> _endsReading = [];
    private readonly HashSet<TextSpan> _reported = [];
    private Path? _path = new([], []);
    private Path? _broken, _continued, _returned, _restarted;
    private bool _looksAhead;

    private DeferredDeletes(TypedHandler handler, DiagnosticBag diagnostics) => (_handler, _diagnostics) = (handler, diagnostics);

    // What has happened where the code has come to: tables that were emptied on some way here, and tables that a deferred call reads on every way.
    private sealed record Path(ImmutableHashSet<Table> Emptied, ImmutableHashSet<Table> Read)
    {
        public static Path? Join(Path? a, Path? b) => a is null ? b : b is null ? a : new Path(a.Emptied.Union(b.Emptied), a.Read.Intersect(b.Read));
    }

    /// <summary>Reports uses after a deferred delete; gives the ids of the output sites that empty a table which the handler has let read before.</summary>
    public static IReadOnlySet<int> Check(TypedHandler handler, DiagnosticBag diagnostics)
    {
        var deletes = new DeferredDeletes(handler, diagnostics);
        deletes.Function(handler.Body, handler.IsLoop);
        return deletes._endsReading;
    }

    private void Function(TypedBlock body, bool isLoop)
    {
        var outer = (_broken, _continued, _returned, _restarted);
        (_returned, _restarted) = (null, null);
        if (isLoop) Again(() => Statement(body), () => _restarted);
        else Statement(body);
        _path = Path.Join(_path, _returned);
        (_broken, _continued, _returned, _restarted) = outer;
    }

    // What comes again is gone through twice: first for what it leaves behind, and then with that.
    private void Again(Action round, Func<Path?> next)
    {
        var (before, lookedAhead) = (_path, _looksAhead);
        _looksAhead = true;
        round();
        (_path, _looksAhead) = (Path.Join(before, next()), lookedAhead);
        round();
    }

    private void Loop(Action round)
    {
        var outer = (_broken, _continued);
        (_broken, _continued) = (null, null);
        Again(() =>
        {
            round();
            _path = Path.Join(_path, _continued);
        }, () => _path);
        _path = Path.Join(_path, _broken);
        (_broken, _continued) = outer;
    }

    private void Statement(TypedStatement statement)
    {
        switch (statement)
        {
            case TypedBlock s:
                foreach (var inner in s.Statements) Statement(inner);
                break;
            case TypedEvaluate s:
                Use(s.Expression);
                break;
            case TypedAssign s:
                foreach (var value in s.Values) Use(value);
                foreach (var target in s.Targets) Use(target);
                break;
            case TypedUpdate s:
                Use(s.Value);
                Use(s.Target);
                break;
            case TypedSample s:
                if (s.Value is not null) Use(s.Value);
                Use(s.Target);
                break;
            case TypedIf s:
                If(s);
                break;
            case TypedLoop s:
                Loop(() =>
                {
                    if (s.Condition is not null) Use(s.Condition);
                    var before = _path;
                    Statement(s.Body);
                    if (s.Step is not null) Statement(s.Step);
                    if (s.TestsFirst) _path = Path.Join(before, _path);
                });
                break;
            case TypedRange s:
                Use(s.First);
                Use(s.Last);
                if (s.Step is not null) Use(s.Step);
                Loop(() => Maybe(s.Body));
                break;
            case TypedForIn s:
                Use(s.Table.Table, s.Span);
                Loop(() => Maybe(s.Body));
                break;
            case TypedOutput s:
                Output(s);
                break;
            case TypedReturn s:
                foreach (var value in s.Values) Use(value);
                Leave(ref _returned);
                break;
            case TypedRestart s:
                foreach (var (_, value) in s.Arguments) Use(value);
                Leave(ref _restarted);
                break;
            case TypedBreak:
                Leave(ref _broken);
                break;
            case TypedContinue:
                Leave(ref _continued);
                break;
        }
    }

    private void Leave(ref Path? to) => (to, _path) = (Path.Join(to, _path), null);

    private void Maybe(TypedStatement body)
    {
        var before = _path;
        Statement(body);
        _path = Path.Join(before, _path);
    }

    private void If(TypedIf s)
    {
        Path? after = null;
        foreach (var (condition, body) in s.Clauses)
        {
            Use(condition);
            var before = _path;
            Statement(body);
            (after, _path) = (Path.Join(after, _path), before);
        }
        if (s.Else is not null) Statement(s.Else);
        _path = Path.Join(after, _path);
    }

    private void Output(TypedOutput s)
    {
        foreach (var value in s.Dynamic) Use(value);
        foreach (var argument in s.Site.Arguments)
            if (argument is OutputArgument.Constant { Value: { Kind: ValueKind.Table } table }) Output(s, table.AsTable);
    }

    private void Output(TypedOutput s, Table table)
    {
        Use(table, s.Span);
        if (_path is null) return;
        if (!s.Site.Builtin.RemovesSlot)
        {
            _path = _path with { Read = _path.Read.Add(table) };
            return;
        }
        if (_path.Read.Contains(table) && !_looksAhead) _endsReading.Add(s.Site.Id);
        _path = _path with { Emptied = _path.Emptied.Add(table) };
    }

    private void Use(TypedTarget target)
    {
        if (target is not TypedTarget.Slot slot) return;
        Use(slot.Key);
        Use(slot.Table.Table, slot.Span);
    }

    private void Use(TypedExpression expression)
    {
        foreach (var part in Parts(expression)) Use(part);
        switch (expression)
        {
            case TypedInline e:
                Function(e.Body, e.IsLoop);
                break;
            case TypedSlotRead e:
                Use(e.Table.Table, e.Span);
                break;
            case TypedConstant { Value: { Kind: ValueKind.Table } table } e:
                Use(table.AsTable, e.Span);
                break;
        }
    }

    private static IEnumerable<TypedExpression> Parts(TypedExpression expression) => expression switch
    {
        TypedUnary e => [e.Operand],
        TypedBinary e => [e.Left, e.Right],
        TypedLogical e => [e.Left, e.Right],
        TypedConditional e => [e.Condition, e.Then, e.Else],
        TypedGlob e => [e.Operand],
        TypedTuple e => e.Parts,
        TypedPart e => [e.Tuple],
        TypedSlotRead e => [e.Key],
        TypedKernelCall e => e.Arguments,
        TypedInline e => e.Arguments.Select(a => a.Value),
        TypedNarrow e => [e.Operand],
        TypedMember e => [e.Pointer],
        TypedElement e => [e.Pointer, e.Index],
        TypedCast e => [e.Operand],
        _ => [],
    };

    private void Use(Table table, TextSpan span)
    {
        if (_looksAhead || _path is null || !_path.Emptied.Contains(table) || !_reported.Add(span)) return;
        _diagnostics.Add(Errors.UsedAfterDeferredDelete(_handler.Source, span, table.Name));
    }
}
