using System.Collections.Immutable;
using Ktap.Compiler.Binding;
using Ktap.Compiler.Evaluation;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Typing;

/// <summary>
/// What a handler may use of its events: its own code, its filter's, and that of every function that it can reach. It decides
/// which events can share a program, so it comes before typing and may overstate.
/// </summary>
internal sealed class UseScan
{
    private readonly HashSet<string> _fields = [];
    private readonly HashSet<int> _arguments = [];
    private bool _text;
    private bool _hasEvent;

    /// <summary>The use of a handler and its filter.</summary>
    public static EventUse Of(Closure? filter, KFunction handler, ImmutableArray<Cell> globals)
    {
        var scan = new UseScan { _hasEvent = handler is Closure { Function.Parameters.IsEmpty: false } };
        if (filter is not null)
            foreach (var node in ReachableCode.From(filter, globals)) scan.Node(node);
        foreach (var node in ReachableCode.From(handler, globals)) scan.Node(node);
        return new EventUse([.. scan._fields.Order(StringComparer.Ordinal)], [.. scan._arguments.Order()], scan._text) { Addresses = [.. filter is null ? [] : Addresses(filter)] };
    }

    // What the filter says of ip in any case: ip == PATTERN, alone or with more that has to hold as well.
    private static IEnumerable<string> Addresses(Closure filter)
    {
        if (filter.Function.Body.Statements is not [BoundReturn { Values: [var condition] }]) yield break;
        var parts = new Stack<BoundExpression>([condition]);
        while (parts.TryPop(out var part))
        {
            if (part is not BoundBinary binary) continue;
            if (binary.Op == BinaryOp.And)
            {
                parts.Push(binary.Right);
                parts.Push(binary.Left);
            }
            else if (binary is { Op: BinaryOp.Equal or BinaryOp.FilterGlob, Left: BoundField { Name: "ip" } })
            {
                if (binary.Right is BoundPattern pattern) yield return pattern.Pattern;
                else if (binary.Right is BoundLiteral { Value.Kind: ValueKind.String } text) yield return text.Value.AsString.ToString();
            }
        }
    }

    private void Node(BoundNode node)
    {
        switch (node)
        {
            case BoundField field:
                _fields.Add(field.Name);
                break;
            case BoundPattern pattern when !Glob.IsPattern(pattern.Pattern):
                _fields.Add(pattern.Pattern);
                break;
            case BoundBuiltin { Builtin.Event: { } use }:
                _fields.UnionWith(use.Fields);
                _arguments.UnionWith(use.Arguments);
                _text |= use.Text;
                break;
            case BoundMember { Target: BoundLocal or BoundCaptured or BoundGlobal } member:
                Member(member.Name);
                break;
            case BoundCall { Function: BoundMember { Name: EventMembers.Field }, Arguments: [BoundLiteral { Value.Kind: ValueKind.Int } number] }:
                _arguments.Add((int)Math.Clamp(number.Value.AsInt, 0, 99));
                break;
        }
    }

    // Any member might be one of the event parameter's, where there is one: a handler that only uses tables stays a raw tracepoint.
    private void Member(string name)
    {
        if (!_hasEvent) return;
        if (EventMembers.Text.Contains(name)) _text = true;
        else if (!EventMembers.Others.Contains(name)) _fields.Add(name);
        if (name == EventMembers.ReturnValue) _fields.Add("ret");
    }
}

/// <summary>The members of the event parameter <c>e</c> of the old form (language §8); every other name is a field.</summary>
internal static class EventMembers
{
    public const string Name = "name", Field = "field", IsSyscallEnter = "sc_is_enter", ReturnValue = "retval", ToText = "tostring", Annotate = "annotate", SetReturn = "set_retval";

    /// <summary>Those that need the event's text.</summary>
    public static readonly ImmutableHashSet<string> Text = [ToText, Annotate];

    /// <summary>Those that need nothing of the record.</summary>
    public static readonly ImmutableHashSet<string> Others = [Name, Field, IsSyscallEnter, ReturnValue, SetReturn];
}
