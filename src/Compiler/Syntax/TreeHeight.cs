using System.Collections.Immutable;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Syntax;

/// <summary>
/// How high the tree of a script is. Brackets are limited while parsing; a chain of operators, calls or members makes the tree as high as
/// it is long without any, and the stages behind the parser walk the tree by recursion. So chains are limited too, afterwards.
/// </summary>
internal static class TreeHeight
{
    /// <summary>The most levels that a tree may have.</summary>
    public const int Most = 1000;

    /// <summary>The place of the outermost expression whose tree is too high, or null. Walks with a stack of its own.</summary>
    public static TextSpan? TooHigh(ImmutableArray<Statement> statements)
    {
        var rest = new Stack<(Node Node, int Level, Node Root)>();
        foreach (var statement in statements) rest.Push((statement, 1, statement));
        while (rest.TryPop(out var at))
        {
            if (at.Level > Most) return at.Root.Span;
            foreach (var child in Children(at.Node))
                rest.Push((child, at.Level + 1, at.Root is Expression ? at.Root : child));
        }
        return null;
    }

    private static IEnumerable<Node> Children(Node node) => node switch
    {
        TableExpression e => e.Fields,
        TableField e => e.Key is null ? [e.Value] : [e.Key, e.Value],
        FunctionExpression e => [e.Body],
        UnaryExpression e => [e.Operand],
        BinaryExpression e => [e.Left, e.Right],
        ConditionalExpression e => [e.Condition, e.Then, e.Else],
        CallExpression e => [e.Function, .. e.Arguments],
        IndexExpression e => [e.Target, .. e.Keys],
        MemberExpression e => [e.Target],
        Block e => e.Statements,
        CallStatement e => [e.Call],
        VarStatement e => e.Values,
        AssignStatement e => [.. e.Targets, .. e.Values],
        UpdateStatement e => [e.Target, e.Value],
        SampleStatement e => [e.Target, e.Value],
        FunctionStatement e => [e.Target, e.Function],
        IfStatement e => [.. e.Clauses, .. Present(e.Else)],
        IfClause e => [e.Condition, e.Body],
        WhileStatement e => [e.Condition, e.Body],
        DoStatement e => [e.Body, e.Condition],
        RangeStatement e => [e.First, e.Last, .. Present(e.Step), e.Body],
        ForStatement e => [.. Present(e.Init), .. Present(e.Condition), .. Present(e.Step), e.Body],
        ForInStatement e => [e.Iterator, e.Body],
        ReturnStatement e => e.Values,
        TraceStatement e => [.. e.Events, .. Present(e.Filter), e.Handler],
        TickStatement e => [e.Interval.Count, e.Handler],
        ProfileStatement e => [e.Interval.Count, .. Present(e.Filter), e.Handler],
        TraceEndStatement e => [e.Handler],
        ComputedEventSpec e => [e.Value],
        _ => [],
    };

    private static Node[] Present(Node? node) => node is null ? [] : [node];
}
