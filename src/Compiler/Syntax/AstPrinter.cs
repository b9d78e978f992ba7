using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Ktap.Compiler.Syntax;

/// <summary>
/// The tree as text, for <c>--dump ast</c> and the golden tests: a statement a line, each <c>(form part …)</c>, the statements inside it
/// on lines of their own, indented by two. Strings have C escapes, so that every byte shows.
/// </summary>
public static class AstPrinter
{
    /// <summary>A script as text; each line ends with a newline.</summary>
    public static string Print(Script script)
    {
        var text = new StringBuilder();
        foreach (var statement in script.Statements)
        {
            new Writer(text, 0).Write(statement);
            text.Append('\n');
        }
        return text.ToString();
    }

    /// <summary>An expression as text, as it stands in <see cref="Print(Script)"/>.</summary>
    public static string Print(Expression expression)
    {
        var text = new StringBuilder();
        new Writer(text, 0).Write(expression);
        return text.ToString();
    }

    /// <summary>Events and their filter as text, as they stand in <see cref="Print(Script)"/>.</summary>
    public static string Print(EventList events)
    {
        var text = new StringBuilder();
        new Writer(text, 0).Write(events.Specs.CastArray<EventSpec>(), events.Filter);
        return text.ToString();
    }

    private readonly ref struct Writer(StringBuilder text, int indent)
    {
        public void Write(Statement statement)
        {
            switch (statement)
            {
                case Block s: Form("do", [], s.Statements); break;
                case CallStatement s: Write(s.Call); break;
                case VarStatement s: Form($"var {Names(s.Names)}", s.Values); break;
                case AssignStatement { Targets: [var target], Values: [var value] }: Form("=", [target, value]); break;
                case AssignStatement s:
                    text.Append("(= (");
                    List(s.Targets);
                    text.Append(") (");
                    List(s.Values);
                    text.Append("))");
                    break;
                case UpdateStatement s: Form(Operators.Text(s.Op) + "=", [s.Target, s.Value]); break;
                case SampleStatement s: Form("<<<", [s.Target, s.Value]); break;
                case FunctionStatement s: Form(s.IsLocal ? "var-function" : "function=", [s.Target, s.Function]); break;
                case IfStatement s: Write(s); break;
                case WhileStatement s: Form("while", [s.Condition], s.Body.Statements); break;
                case DoStatement s: Form(s.Until ? "repeat-until" : "do-while", [s.Condition], s.Body.Statements); break;
                case RangeStatement s: Form($"for-range {s.Variable.Text}", s.Step is null ? [s.First, s.Last] : [s.First, s.Last, s.Step], s.Body.Statements); break;
                case ForStatement s: Write(s); break;
                case ForInStatement s: Form($"for-in {Names(s.Variables)}", [s.Iterator], s.Body.Statements); break;
                case BreakStatement: text.Append("(break)"); break;
                case ContinueStatement: text.Append("(continue)"); break;
                case ReturnStatement s: Form("return", s.Values); break;
                case TraceStatement s: Write(s); break;
                case TickStatement s: Timer("tick", s.Interval, null, s.Handler); break;
                case ProfileStatement s: Timer("profile", s.Interval, s.Filter, s.Handler); break;
                case TraceEndStatement s: Form("trace-end", [s.Handler]); break;
                default: throw new InvalidOperationException($"no way to print {statement.GetType()}");
            }
        }

        public void Write(Expression expression)
        {
            switch (expression)
            {
                case NilExpression: text.Append("nil"); break;
                case BoolExpression e: text.Append(e.Value ? "true" : "false"); break;
                case IntegerExpression e: text.Append(CultureInfo.InvariantCulture, $"{e.Value}"); break;
                case StringExpression e: Quote(e.Value.AsSpan()); break;
                case NameExpression e: text.Append(e.Name); break;
                case BareWordExpression e: text.Append("(word "); Quote(Encoding.UTF8.GetBytes(e.Text)); text.Append(')'); break;
                case KernelSymbolExpression e: text.Append('`').Append(e.Symbol).Append('`'); break;
                case TableExpression e: Write(e); break;
                case FunctionExpression e:
                    Form($"function{(e.Name is null ? "" : " " + e.Name)} ({Names(e.Parameters)})", [], e.Body.Statements);
                    break;
                case UnaryExpression e: Form("unary" + Operators.Text(e.Op), [e.Operand]); break;
                case BinaryExpression e: Form(Operators.Text(e.Op), [e.Left, e.Right]); break;
                case ConditionalExpression e: Form("?", [e.Condition, e.Then, e.Else]); break;
                case CallExpression e: Form(e.OneResult ? "call-one" : "call", [e.Function, .. e.Arguments]); break;
                case IndexExpression e: Form("index", [e.Target, .. e.Keys]); break;
                case MemberExpression e: text.Append("(member "); Write(e.Target); text.Append(' ').Append(e.Member.Text).Append(')'); break;
                default: throw new InvalidOperationException($"no way to print {expression.GetType()}");
            }
        }

        public void Write(ImmutableArray<EventSpec> events, Expression? filter)
        {
            foreach (var spec in events)
            {
                Line(1);
                switch (spec)
                {
                    case LiteralEventSpec e:
                        text.Append("(event ");
                        Quote(Encoding.UTF8.GetBytes(e.Text));
                        if (e.FetchArguments.Length > 0)
                        {
                            text.Append(" fetch ");
                            Quote(Encoding.UTF8.GetBytes(e.FetchArguments));
                        }
                        text.Append(')');
                        break;
                    case ComputedEventSpec e: In(1).Form("event", [e.Value]); break;
                }
            }
            if (filter is null) return;
            Line(1);
            In(1).Form("filter", [filter]);
        }

        private Writer In(int deeper) => new(text, indent + deeper);

        private void Line(int deeper) => text.Append('\n').Append(' ', 2 * (indent + deeper));

        private void Form(string head, ReadOnlySpan<Expression> parts, ImmutableArray<Statement> body = default)
        {
            text.Append('(').Append(head);
            foreach (var part in parts)
            {
                text.Append(' ');
                Write(part);
            }
            Body(body);
            text.Append(')');
        }

        private void Form(string head, ImmutableArray<Expression> parts) => Form(head, parts.AsSpan());

        private void Body(ImmutableArray<Statement> body)
        {
            if (body.IsDefault) return;
            foreach (var statement in body)
            {
                Line(1);
                In(1).Write(statement);
            }
        }

        private void Write(IfStatement s)
        {
            text.Append("(if");
            foreach (var clause in s.Clauses)
            {
                Line(1);
                In(1).Form("when", [clause.Condition], clause.Body.Statements);
            }
            if (s.Else is { } otherwise)
            {
                Line(1);
                In(1).Form("else", [], otherwise.Statements);
            }
            text.Append(')');
        }

        private void Write(ForStatement s)
        {
            text.Append("(for ");
            if (s.Init is null) text.Append("()"); else Write(s.Init);
            text.Append(' ');
            if (s.Condition is null) text.Append("()"); else Write(s.Condition);
            text.Append(' ');
            if (s.Step is null) text.Append("()"); else Write(s.Step);
            Body(s.Body.Statements);
            text.Append(')');
        }

        private void Write(TraceStatement s)
        {
            text.Append("(trace");
            Write(s.Events, s.Filter);
            Line(1);
            In(1).Write(s.Handler);
            text.Append(')');
        }

        private void Timer(string head, TimerInterval interval, Expression? filter, Expression handler)
        {
            text.Append('(').Append(head).Append(' ');
            Write(interval.Count);
            text.Append(' ').Append(interval.Unit).Append(' ');
            if (filter is not null)
            {
                text.Append("(filter ");
                Write(filter);
                text.Append(") ");
            }
            Write(handler);
            text.Append(')');
        }

        private void Write(TableExpression table)
        {
            text.Append("(table");
            foreach (var field in table.Fields)
            {
                text.Append(' ');
                if (field.Key is null) Write(field.Value);
                else Form(":", [field.Key, field.Value]);
            }
            text.Append(')');
        }

        private void List(ImmutableArray<Expression> parts)
        {
            for (var i = 0; i < parts.Length; i++)
            {
                if (i > 0) text.Append(' ');
                Write(parts[i]);
            }
        }

        private static string Names(ImmutableArray<Identifier> names) => string.Join(' ', names.Select(n => n.Text));

        private void Quote(ReadOnlySpan<byte> bytes)
        {
            text.Append('"');
            foreach (var b in bytes)
                _ = b switch
                {
                    (byte)'"' or (byte)'\\' => text.Append('\\').Append((char)b),
                    (byte)'\n' => text.Append("\\n"),
                    (byte)'\t' => text.Append("\\t"),
                    < 0x20 or >= 0x7F => text.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}"),
                    _ => text.Append((char)b),
                };
            text.Append('"');
        }
    }
}
