using System.Collections.Immutable;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Syntax;

/// <summary>
/// The spellings of older releases (language §7), rewritten to the core tree; no stage behind the parser knows them. A name that the
/// script declares or assigns anywhere is its own and is left alone (see <see cref="TokenStream.MayRewrite"/>).
/// </summary>
internal static class Compat
{
    private const string Kdebug = "kdebug";
    private const string Timer = "timer";

    // What was a function and is a value now.
    private static readonly HashSet<string> Values =
        ["cpu", "pid", "tid", "ppid", "uid", "gid", "execname", "comm", "numa_node", "cgroup", "nsecs", "elapsed", "target"];

    private static readonly Dictionary<string, TimerUnit> TimerFunctions = new()
    {
        ["ns"] = TimerUnit.Nanoseconds, ["nsec"] = TimerUnit.Nanoseconds,
        ["us"] = TimerUnit.Microseconds, ["usec"] = TimerUnit.Microseconds,
        ["ms"] = TimerUnit.Milliseconds, ["msec"] = TimerUnit.Milliseconds,
        ["s"] = TimerUnit.Seconds, ["sec"] = TimerUnit.Seconds,
    };

    /// <summary>A call as a value: <c>cpu()</c> is <c>cpu</c>, <c>histogram(t)</c> is <c>print_hist(t)</c>; others stay.</summary>
    public static Expression Value(CallExpression call, TokenStream s) => call.Function switch
    {
        NameExpression name when call.Arguments.Length == 0 && Values.Contains(name.Name) && s.Names.MayRewrite(name.Name) => name with { Span = call.Span },
        NameExpression { Name: "histogram" } name when s.Names.MayRewrite("histogram") => call with { Function = name with { Name = "print_hist" } },
        NameExpression { Name: "backtrace" } name when s.Names.MayRewrite("backtrace", "stack") => Backtrace(call, name, s),
        NameExpression { Name: "print_backtrace" } name when s.Names.MayRewrite("print_backtrace", "print", "stack") => PrintStack(call, name.Name, s),
        MemberExpression { Target: NameExpression { Name: Kdebug }, Member.Text: "dumpstack" } when s.Names.MayRewrite(Kdebug, "print", "stack") => PrintStack(call, "kdebug.dumpstack", s),
        _ => call,
    };

    /// <summary>A call as a statement: the old functions that register handlers or update tables; others stay.</summary>
    public static Statement Statement(CallExpression call, TokenStream s) => call.Function switch
    {
        NameExpression { Name: "inplace_inc" or "table_count" } name when s.Names.MayRewrite(name.Name) => Increment(call, name.Name, s),
        NameExpression { Name: "print_trace_clock" } when call.Arguments.Length == 0 && s.Names.MayRewrite("print_trace_clock", "printf", "nsecs") => PrintClock(call),
        MemberExpression { Target: NameExpression { Name: Kdebug }, Member.Text: var member } when s.Names.MayRewrite(Kdebug) => KernelDebug(call, member, s),
        MemberExpression { Target: NameExpression { Name: Timer }, Member.Text: var member } when s.Names.MayRewrite(Timer) => Timed(call, member, s),
        _ => Plain(call),
    };

    /// <summary>
    /// The text of an event: <c>tp:</c> with a subsystem, an event of it or nothing (all) is a tracepoint; <c>tp::name</c> one of any subsystem;
    /// <c>kprobe:f!</c> and <c>probe:f!</c> are the return of <c>f</c>. Others stay.
    /// </summary>
    public static LiteralEventSpec Event(LiteralEventSpec spec)
    {
        if (spec.Text.StartsWith("tp:", StringComparison.Ordinal)) return spec with { Text = Tracepoint(spec.Text[3..]) };
        if (spec.Text.StartsWith("kprobe:", StringComparison.Ordinal) && spec.Text.EndsWith('!')) return spec with { Text = "kretprobe:" + spec.Text[7..^1] };
        if (spec.Text.StartsWith("probe:", StringComparison.Ordinal) && spec.Text.EndsWith('!')) return spec with { Text = spec.Text[..^1] + "%return" };
        return spec;
    }

    private static string Tracepoint(string text)
    {
        if (text is "" or "*") return "*:*";
        if (text[0] == ':') return text.IndexOf(':', 1) > 0 ? text[1..] : "*" + text;
        var colon = text.IndexOf(':');
        return colon < 0 ? text + ":*" : colon == text.Length - 1 ? text + "*" : text;
    }

    private static CallStatement Plain(CallExpression call) => new(call.Span, call);

    private static Statement Increment(CallExpression call, string name, TokenStream s)
    {
        if (call.Arguments.Length is not (2 or 3)) return Wrong(call, name, "a table, a key and, where it is not 1, an amount", s);
        var slot = new IndexExpression(call.Span, call.Arguments[0], [call.Arguments[1]]);
        var amount = call.Arguments.Length == 3 ? call.Arguments[2] : new IntegerExpression(call.Span, 1);
        return new UpdateStatement(call.Span, slot, BinaryOp.Add, call.Function.Span, amount);
    }

    // Seconds and microseconds of one reading of the clock, so through a variable of a scope of its own.
    private static Block PrintClock(CallExpression call)
    {
        var span = call.Span;
        var clock = new NameExpression(span, "clock");
        BinaryExpression Divided(BinaryOp op, Expression left, long by) => new(span, op, span, left, new IntegerExpression(span, by));
        return new Block(span,
        [
            new VarStatement(span, [new Identifier(span, clock.Name)], [new NameExpression(span, "nsecs")]),
            Plain(new CallExpression(span, new NameExpression(call.Function.Span, "printf"),
            [
                new StringExpression(span, "%5d.%06d\n"),
                Divided(BinaryOp.Divide, clock, 1_000_000_000),
                Divided(BinaryOp.Modulo, Divided(BinaryOp.Divide, clock, 1_000), 1_000_000),
            ])),
        ]);
    }

    // What was left out came first.
    private static CallExpression Backtrace(CallExpression call, NameExpression name, TokenStream s)
    {
        if (call.Arguments.Length > 2) s.Passage.Report(Errors.OldFormArguments(s.Source, call.Span, name.Name, "the frames to leave out and the depth"));
        var depth = call.Arguments.Length > 1 ? call.Arguments[1] : new IntegerExpression(call.Span, -1);
        return call with { Function = name with { Name = "stack" }, Arguments = call.Arguments.IsEmpty ? [] : [depth, call.Arguments[0]] };
    }

    private static CallExpression PrintStack(CallExpression call, string name, TokenStream s)
    {
        if (!call.Arguments.IsEmpty) s.Passage.Report(Errors.OldFormArguments(s.Source, call.Span, name, "no arguments"));
        var span = call.Function.Span;
        return call with { Function = new NameExpression(span, "print"), Arguments = [new CallExpression(call.Span, new NameExpression(span, "stack"), [])] };
    }

    private static Statement KernelDebug(CallExpression call, string member, TokenStream s)
    {
        switch (member)
        {
            case "probe" or "tracepoint" or "kprobe":
                if (call.Arguments.Length != 2) return Wrong(call, $"kdebug.{member}", "an event and a function", s);
                var events = EventGrammar.SpecsOf(s, Prefixed(call.Arguments[0], member), out var filter);
                return new TraceStatement(call.Span, events, filter, call.Arguments[1]);
            case "probe_end":
                return call.Arguments.Length == 1 ? new TraceEndStatement(call.Span, call.Arguments[0]) : Wrong(call, "kdebug.probe_end", "a function", s);
            case "trace_by_id":
                s.Passage.Report(Errors.TraceByIdIsGone(s.Source, call.Span));
                return Plain(call);
            default:
                return Plain(call);
        }
    }

    // kdebug.tracepoint and kdebug.kprobe take a bare name; Event reads what comes of the prefix.
    private static Expression Prefixed(Expression name, string member)
    {
        if (member == "probe") return name;
        var prefix = new StringExpression(name.Span, member == "tracepoint" ? "tp::" : "kprobe:");
        return name is StringExpression literal
            ? literal with { Value = prefix.Value.AddRange(literal.Value) }
            : new BinaryExpression(name.Span, BinaryOp.Concat, name.Span, prefix, name);
    }

    private static Statement Timed(CallExpression call, string member, TokenStream s)
    {
        if (call.Arguments.Length == 2)
        {
            var (time, handler) = (call.Arguments[0], call.Arguments[1]);
            if (TimerFunctions.TryGetValue(member, out var unit))
                return new TickStatement(call.Span, new TimerInterval(time.Span, time, unit), handler);
            if (member is "tick" or "profile" && time is StringExpression text && Lexer.IntervalOf(text.Text, text.Span, member == "profile") is { } interval)
                return member == "tick" ? new TickStatement(call.Span, interval, handler) : new ProfileStatement(call.Span, interval, null, handler);
        }
        if (TimerFunctions.ContainsKey(member)) return Wrong(call, $"timer.{member}", "a count and a function", s);
        return member is "tick" or "profile" ? Wrong(call, $"timer.{member}", "an interval such as \"10ms\" and a function", s) : Plain(call);
    }

    private static CallStatement Wrong(CallExpression call, string name, string takes, TokenStream s)
    {
        s.Passage.Report(Errors.OldFormArguments(s.Source, call.Span, name, takes));
        return Plain(call);
    }
}
