using Ktap.Compiler.Text;

namespace Ktap.Compiler.Diagnostics;

// KT06: errors in user space while the script runs. Each ends the script.
public static partial class Errors
{
    /// <summary>Division or modulo by zero.</summary>
    public static Diagnostic DivideByZero(SourceText source, TextSpan span) => Error("KT0601", source, span, "divide by zero");

    /// <summary>Too many calls in each other.</summary>
    public static Diagnostic StackOverflow(SourceText source, TextSpan span, string function) =>
        Error("KT0602", source, span, "stack overflow", $"'{function}' calls itself without end, or nearly; 'return f(…)' as the last statement needs no stack");

    /// <summary>A loop that went round more often than allowed.</summary>
    public static Diagnostic LoopLimit(SourceText source, TextSpan span, long limit) =>
        Error("KT0603", source, span, "loop execute count exceed max limit", $"the limit is {limit}; --max-loop sets it");

    /// <summary>Arithmetic on something that is not an integer.</summary>
    public static Diagnostic NotArithmetic(SourceText source, TextSpan span, string op, string kind) =>
        Error("KT0604", source, span, $"'{op}' needs integers, not a {kind}", kind == "string" ? "tonumber(s) makes an integer of a string, '..' joins strings" : null);

    /// <summary>An ordering of values that have none.</summary>
    public static Diagnostic NotOrdered(SourceText source, TextSpan span, string op, string left, string right) =>
        Error("KT0605", source, span, left == right ? $"'{op}' can't compare two {left}s" : $"'{op}' can't compare {Article(left)} with {Article(right)}", "it needs two integers or two strings");

    /// <summary>Concatenation of something that is neither a string nor an integer.</summary>
    public static Diagnostic NotJoined(SourceText source, TextSpan span, string kind) =>
        Error("KT0606", source, span, $"'..' joins strings and integers, not {Article(kind)}", "tostring(x) makes a string of anything");

    /// <summary>A call of something that is no function.</summary>
    public static Diagnostic NotCallable(SourceText source, TextSpan span, string what, string kind) =>
        Error("KT0607", source, span, $"'{what}' is {Article(kind)}, not a function", kind == "nil" ? "a function has a value only after its declaration was reached" : null);

    /// <summary>An index or member of something that has none.</summary>
    public static Diagnostic NotIndexable(SourceText source, TextSpan span, string what, string kind) =>
        Error("KT0608", source, span, $"'{what}' is {Article(kind)}, not a table");

    /// <summary>A store under the key nil.</summary>
    public static Diagnostic NilKey(SourceText source, TextSpan span) => Error("KT0609", source, span, "nil can't be a key of a table");

    /// <summary>An argument of a kind that a builtin doesn't take; arguments count from 1.</summary>
    public static Diagnostic ArgumentKind(SourceText source, TextSpan span, string builtin, int number, string parameter, string wanted, string kind) =>
        Error("KT0610", source, span, $"argument {number} of '{builtin}' ({parameter}) must be {Article(wanted)}, not {Article(kind)}");

    /// <summary>What a builtin says about its arguments.</summary>
    public static Diagnostic BuiltinComplaint(SourceText source, TextSpan span, string builtin, string message, string? hint) =>
        Error("KT0611", source, span, $"'{builtin}': {message}", hint);

    /// <summary>A store that a shared table or variable refuses.</summary>
    public static Diagnostic StoreRefused(SourceText source, TextSpan span, string message) =>
        Error("KT0612", source, span, message, "handlers and the contents at the end of the main stage decide what fits");

    /// <summary>A registration that was reached after the main stage.</summary>
    public static Diagnostic RegisteredLate(SourceText source, TextSpan span, string what) =>
        Error("KT0613", source, span, $"'{what}' was reached after the main stage, which alone can register handlers");

    /// <summary>A handler that is no function.</summary>
    public static Diagnostic HandlerKind(SourceText source, TextSpan span, string kind) =>
        Error("KT0614", source, span, $"the handler is {Article(kind)}, not a function");

    /// <summary>A computed event that is no string.</summary>
    public static Diagnostic EventKind(SourceText source, TextSpan span, string kind) =>
        Error("KT0615", source, span, $"the event is {Article(kind)}, not a string");

    /// <summary>A timer whose count is not an integer from 1.</summary>
    public static Diagnostic TimerCount(SourceText source, TextSpan span, string value) =>
        Error("KT0616", source, span, $"a timer needs an integer from 1 up, not {value}");

    /// <summary>A bound or step of a numeric loop that is no integer.</summary>
    public static Diagnostic RangeKind(SourceText source, TextSpan span, string what, string kind) =>
        Error("KT0617", source, span, $"the loop's {what} is {Article(kind)}, not an integer");

    /// <summary>A numeric loop that would never move.</summary>
    public static Diagnostic ZeroStep(SourceText source, TextSpan span) => Error("KT0618", source, span, "the loop's step is 0");

    /// <summary>Something of an event, used in a function that user space runs.</summary>
    public static Diagnostic NoEvent(SourceText source, TextSpan span, string name, string didYouMean) =>
        Error("KT0619", source, span, $"'{name}' belongs to an event, and here user space runs{didYouMean}", "only 'trace' and 'profile' handlers, and functions that they call, have an event");

    /// <summary>A kernel symbol that the target doesn't have.</summary>
    public static Diagnostic NoKernelSymbol(SourceText source, TextSpan span, string name) =>
        Error("KT0620", source, span, $"the kernel has no symbol '{name}'", "/proc/kallsyms lists the symbols; some need root to be seen");

    /// <summary>An iterator called anywhere but in a loop's head.</summary>
    public static Diagnostic IteratorAsValue(SourceText source, TextSpan span, string name) =>
        Error("KT0621", source, span, $"'{name}' has no value", $"it belongs in a loop: for (k, v in {name}(t))");

    private static string Article(string kind) => kind == "nil" ? kind : "aeiou".Contains(kind[0]) ? $"an {kind}" : $"a {kind}";
}
