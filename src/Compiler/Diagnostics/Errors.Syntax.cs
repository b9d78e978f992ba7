using Ktap.Compiler.Text;

namespace Ktap.Compiler.Diagnostics;

// KT00: what the parser says about text that is not a script.
public static partial class Errors
{
    /// <summary>Something stands where the language has no place for it; <paramref name="expected"/> says what could, empty where too much could.</summary>
    public static Diagnostic Unexpected(SourceText source, TextSpan span, string found, string expected, string? hint) =>
        Error("KT0001", source, span, $"unexpected {found}" + (expected.Length == 0 ? "" : $"; expected {expected}"), hint);

    /// <summary>A bracket is never closed.</summary>
    public static Diagnostic NotClosed(SourceText source, TextSpan span, string close, string open, TextSpan openSpan, string? hint)
    {
        var at = source.PositionOf(openSpan.Start);
        var place = at.Line == source.PositionOf(span.Start).Line ? $"column {at.Column}" : $"line {at.Line}";
        return Error("KT0002", source, span, $"expected '{close}' to close the '{open}' at {place}", hint);
    }

    /// <summary>The script is not text.</summary>
    public static Diagnostic NotText(SourceText source, TextSpan span, byte found) =>
        Error("KT0003", source, span, $"this is not a script: it holds the byte 0x{found:x2}", "ktap runs scripts, which are text; is this the right file?");

    /// <summary>The script is longer than the parser takes.</summary>
    public static Diagnostic ScriptTooLong(SourceText source, int most) =>
        Error("KT0004", source, new TextSpan(0, 0), $"the script has {source.Length:N0} bytes; at most {most:N0} are taken", "data does not belong into a script: is this the right file?");

    /// <summary>Brackets, blocks or operators stand inside each other too deeply.</summary>
    public static Diagnostic NestedTooDeeply(SourceText source, TextSpan span, int most) =>
        Error("KT0005", source, span, $"this is nested more than {most} levels deep", "give the inner parts names: variables or functions");

    /// <summary>Parsing stops after this many errors.</summary>
    public static Diagnostic TooManyErrors(SourceText source, TextSpan span) =>
        Error("KT0006", source, span, "too many errors; the rest is not read", null);

    /// <summary>A string's end is missing.</summary>
    public static Diagnostic UnterminatedString(SourceText source, TextSpan span, string close) =>
        Error("KT0007", source, span, $"this string is never closed by {close}",
            close == "]]" ? "write [ [ where two index brackets are meant" : "a string ends on its line; [[ … ]] takes several lines");

    /// <summary>A backslash in a string is followed by something that C gives no meaning.</summary>
    public static Diagnostic BadEscape(SourceText source, TextSpan span, string escape) =>
        Error("KT0008", source, span, $"'{escape}' is not an escape", "write \\\\ for a backslash; [[ … ]] takes everything literally");

    /// <summary>Letters that belong to no integer.</summary>
    public static Diagnostic BadInteger(SourceText source, TextSpan span, string text) =>
        Error("KT0009", source, span, $"'{text}' is not an integer", Habits.OfInteger(text) ?? "integers are decimal (42) or hexadecimal (0x2a); a timer is written without spaces, tick-5s, at the start of a statement");

    /// <summary>There is no floating point.</summary>
    public static Diagnostic FloatingPoint(SourceText source, TextSpan span, string text) =>
        Error("KT0010", source, span, $"'{text}' is not an integer: there is no floating point", "count in smaller units, such as thousandths");

    /// <summary>A literal over 64 bits.</summary>
    public static Diagnostic IntegerTooLarge(SourceText source, TextSpan span) =>
        Warning("KT0011", source, span, "this integer does not fit 64 bits; 18446744073709551615 is used", "that is all 64 bits set, which prints as -1");

    /// <summary>C's octal looks are decimal here.</summary>
    public static Diagnostic NotOctal(SourceText source, TextSpan span, string text) =>
        Warning("KT0012", source, span, $"'{text}' is decimal: a leading zero does not make it octal", "write it without the zero, or in hexadecimal");

    /// <summary>A character that begins no token; <paramref name="name"/> is the word behind it, or empty.</summary>
    public static Diagnostic StrayCharacter(SourceText source, TextSpan span, string text, string name) =>
        Error("KT0013", source, span, $"unexpected character '{text}'", text switch
        {
            "@" when name.Length == 0 => "a table has a name, and no '@': write s[k]",
            "@" => $"a table or variable has no '@': write {name}",
            "$" => $"a variable has no '$': write {(name.Length == 0 ? "x" : name)}",
            "\\" => "a statement goes on over line ends by itself",
            _ => null,
        });

    /// <summary>A kernel symbol between backticks is empty or not closed.</summary>
    public static Diagnostic BadKernelSymbol(SourceText source, TextSpan span) =>
        Error("KT0014", source, span, "expected the name of a kernel symbol between backticks", "write `jiffies`");

    /// <summary>An expression stands alone, so that its value is lost.</summary>
    public static Diagnostic NoEffect(SourceText source, TextSpan span, string? hint) =>
        Error("KT0015", source, span, "this does nothing: a statement assigns or calls", hint);

    /// <summary>What stands left of an assignment can't be assigned to.</summary>
    public static Diagnostic NotAssignable(SourceText source, TextSpan span) =>
        Error("KT0016", source, span, "only a variable, an entry t[k] or a field t.name can be assigned to");

    /// <summary>No event where one must be.</summary>
    public static Diagnostic MissingEvent(SourceText source, TextSpan span) =>
        Error("KT0017", source, span, "expected an event", "for example: trace syscalls:sys_enter_openat { … }");

    /// <summary>No handler where one must be.</summary>
    public static Diagnostic MissingHandler(SourceText source, TextSpan span, string of, string found, string? hint) =>
        Error("KT0018", source, span, $"expected '{{' to begin the handler of {of}, not {found}", hint);

    /// <summary>A filter both inside the spec's string and after it.</summary>
    public static Diagnostic TwoFilters(SourceText source, TextSpan span) =>
        Error("KT0019", source, span, "these events have a filter already", "one filter covers all events of a trace: join the two with &&");

    /// <summary>The interval of a timer is not a count and a unit.</summary>
    public static Diagnostic BadInterval(SourceText source, TextSpan span, string word, string text) =>
        Error("KT0020", source, span, $"'{word}-{text}' is not a timer",
            word == "profile" ? "write profile-97hz or profile-10ms; the units are us ms s m hz" : "write tick-5s; the units are us ms s m");

    /// <summary>The head of a probe as bpftrace and DTrace write it, or a call as Lua does; <paramref name="spec"/> is all of it.</summary>
    public static Diagnostic ForeignProbe(SourceText source, TextSpan span, string head, string spec) =>
        Error("KT0021", source, span, $"'{head}' does not begin a statement", spec.Contains('(')
            ? "there is no x:m(); call a function with x as its argument"
            : Habits.OfEvent(spec) ?? $"write trace {spec} {{ … }}");

    /// <summary>An operator chain that makes the tree too deep for the stages behind the parser.</summary>
    public static Diagnostic ChainTooLong(SourceText source, TextSpan span, int most) =>
        Error("KT0022", source, span, $"this chain of operators has more than {most} links", "split it over several statements");

    /// <summary>A call of an old library function whose arguments are not what it takes.</summary>
    public static Diagnostic OldFormArguments(SourceText source, TextSpan span, string name, string takes) =>
        Error("KT0023", source, span, $"'{name}' takes {takes}");

    /// <summary><c>kdebug.trace_by_id</c> took a pointer into the kernel of one machine.</summary>
    public static Diagnostic TraceByIdIsGone(SourceText source, TextSpan span) =>
        Error("KT0024", source, span, "'kdebug.trace_by_id' is gone: it took the address of a C structure", "name the event: trace sched:sched_switch { … }");
}
