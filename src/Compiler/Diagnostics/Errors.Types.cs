using Ktap.Compiler.Text;

namespace Ktap.Compiler.Diagnostics;

// KT025n and up: the types of values in handlers.
public static partial class Errors
{
    private static string A(string noun) => noun == "nil" ? noun : (noun[0] is 'a' or 'e' or 'i' or 'o' ? "an " : "a ") + noun;

    /// <summary>KT0250: an operator on kinds of values that it doesn't take.</summary>
    public static Diagnostic BadOperands(SourceText source, TextSpan span, string op, string left, string right) =>
        Error("KT0250", source, span, $"'{op}' can't take {A(left)} and {A(right)}", op switch
        {
            "+" => "'..' joins strings",
            "&" or "|" or "^" when left == "boolean" || right == "boolean" => $"'==' and its kin bind more tightly than '{op}': write (a {op} b) == c",
            _ => null,
        });

    /// <summary>KT0251: a unary operator on a kind of value that it doesn't take.</summary>
    public static Diagnostic BadOperand(SourceText source, TextSpan span, string op, string operand) =>
        Error("KT0251", source, span, $"'{op}' can't take {A(operand)}", null);

    /// <summary>KT0252: a name that is neither a variable nor a field of any event that the handler serves.</summary>
    public static Diagnostic UnknownField(SourceText source, TextSpan span, string name, string events, IReadOnlyCollection<string> fields) =>
        Error("KT0252", source, span, $"unknown field '{name}'{DidYouMean(name, fields)}", Habits.OfName(name) ??
            (fields.Count > 0 ? $"{events} has: {string.Join(", ", fields)}" : $"{events} has no fields that can be read by name; its arguments are arg1, arg2, …"));

    /// <summary>KT0253: argN that no event of the handler has.</summary>
    public static Diagnostic NoSuchArgument(SourceText source, TextSpan span, string name, string events, IReadOnlyCollection<string> fields) =>
        Error("KT0253", source, span, $"{events} has no '{name}'",
            fields.Count > 0 ? $"its arguments, from arg1: {string.Join(", ", fields)}" : null);

    /// <summary>KT0266: a call of a name that is neither a function of the script nor a builtin, in a handler.</summary>
    public static Diagnostic UnknownFunction(SourceText source, TextSpan span, string name, IEnumerable<string> builtins) =>
        Error("KT0266", source, span, $"unknown function '{name}'{(Habits.OfName(name) is null ? DidYouMean(name, builtins) : "")}", Habits.OfName(name));

    /// <summary>KT0267: in a filter, a bare word beside a value that is no string.</summary>
    public static Diagnostic WordBesideNumber(SourceText source, TextSpan span, string word, string kind) =>
        Error("KT0267", source, span, $"'{word}' is no variable, builtin, field or enumerator, and beside {A(kind)} it is no string",
            Habits.OfName(word) ?? "a bare word in a filter is a string where the other side is one");

    /// <summary>KT0268: what strftime gives a handler, used for something else than printing.</summary>
    public static Diagnostic TimeTextOnlyPrints(SourceText source, TextSpan span) =>
        Error("KT0268", source, span, "the text of a time is made in user space, so it can only be printed", "keep the nanoseconds, and call strftime where they are printed");

    /// <summary>KT0254: indexing something that is no table.</summary>
    public static Diagnostic NotATable(SourceText source, TextSpan span, string kind) =>
        Error("KT0254", source, span, $"{A(kind)} can't be indexed", "only tables and pointers have slots");

    /// <summary>KT0255: calling something that is no function.</summary>
    public static Diagnostic NotAFunction(SourceText source, TextSpan span, string kind) =>
        Error("KT0255", source, span, $"{A(kind)} can't be called", null);

    /// <summary>KT0256: values of kinds that can't be mixed in one variable or table of handlers.</summary>
    public static Diagnostic MixedKinds(SourceText source, TextSpan span, string what, string first, string second) =>
        Error("KT0256", source, span, $"{what} would be of mixed kinds, {first} and {second}, which a handler can't keep in one place", "use two of them, one for each kind");

    /// <summary>KT0257: nil as a key.</summary>
    public static Diagnostic NilHandlerKey(SourceText source, TextSpan span) =>
        Error("KT0257", source, span, "the key is always nil, and nil can't be a key");

    /// <summary>KT0258: an argument that doesn't fit a builtin in a handler.</summary>
    public static Diagnostic BadArgument(SourceText source, TextSpan span, string message, string? hint) =>
        Error("KT0258", source, span, message, hint);

    /// <summary>KT0259: a condition that is an integer, which is always true.</summary>
    public static Diagnostic AlwaysTrue(SourceText source, TextSpan span) =>
        Warning("KT0259", source, span, "this condition is an integer, and every integer is true", "did you mean '!= 0'?");

    /// <summary>KT0265: something worth knowing about a call in a handler.</summary>
    public static Diagnostic CallNote(SourceText source, TextSpan span, string note) => Note("KT0265", source, span, note);

    /// <summary>KT0260: a member of the event parameter that it doesn't have.</summary>
    public static Diagnostic EventTextOnlyPrints(SourceText source, TextSpan span) =>
        Error("KT0260", source, span, "the event's text is made in user space, so it can only be printed", "use the event's fields, or print it: print(argstr)");

    /// <summary>KT0261: <c>..</c> of something that is neither a string nor an integer.</summary>
    public static Diagnostic NotJoinedInHandler(SourceText source, TextSpan span, string kind) =>
        Error("KT0261", source, span, $"'..' joins strings and integers, not {A(kind)}", kind == "nil" ? null : "tostring(x) makes a string of it, where a handler can");

    /// <summary>KT0264: a builtin function where a value stands, and a field of that name is hidden by it.</summary>
    public static Diagnostic BuiltinHidesField(SourceText source, TextSpan span, string name) =>
        Warning("KT0264", source, span, $"this is the builtin function '{name}', not the event's field", $"write args.{name}");

    /// <summary>KT0262: an argument of a kind that a builtin doesn't take; arguments count from 1.</summary>
    public static Diagnostic ArgumentKindInHandler(SourceText source, TextSpan span, string builtin, int number, string parameter, string wanted, string kind) =>
        Error("KT0262", source, span, $"argument {number} of '{builtin}' ({parameter}) must be {A(wanted)}, not {A(kind)}");

    /// <summary>KT0263: a format that is wrong, or doesn't fit its values; in user space, where it fails only when it is reached, a warning.</summary>
    public static Diagnostic BadFormat(SourceText source, TextSpan span, string problem, bool isError)
    {
        var hint = problem.StartsWith("unknown", StringComparison.Ordinal) ? "conversions are %d %i %u %x %X %o %c %s %p and %%" : problem.Contains(" is ") ? "%s prints every value" : null;
        return isError ? Error("KT0263", source, span, problem, hint) : Warning("KT0263", source, span, problem, hint);
    }

    /// <summary>KT0351: a builtin without a body for handlers.</summary>
    public static Diagnostic NotInHandlers(SourceText source, TextSpan span, string name) =>
        Error("KT0351", source, span, $"'{name}' has no result in a handler", "it runs in the main stage, in ticks and in trace_end");

    /// <summary>KT0352: the result of a deferred call is used.</summary>
    public static Diagnostic DeferredResult(SourceText source, TextSpan span, string name) =>
        Error("KT0352", source, span, $"'{name}' runs in user space after the event, so a handler can't use its result", "call it as a statement");

    /// <summary>KT0353: recursion in a handler.</summary>
    public static Diagnostic RecursionInHandler(SourceText source, TextSpan span, string name) =>
        Error("KT0353", source, span, $"'{name}' calls itself: a handler can't recurse, because the kernel's stack for it has 512 bytes", "write it as a loop, or call it in a tick");

    /// <summary>KT0355: a variable that holds different tables or functions while tracing.</summary>
    public static Diagnostic StaticChanges(SourceText source, TextSpan span, string name) =>
        Error("KT0355", source, span, $"'{name}' would hold another table or function while tracing: in a handler each is known when it is compiled", "use a variable of its own for each");

    /// <summary>KT0360: a variable that may hold something else, or nothing yet, gets a table or function in a handler.</summary>
    public static Diagnostic StaticAssigned(SourceText source, TextSpan span, string name) =>
        Error("KT0360", source, span, $"a handler can't assign a table or function to '{name}': in a handler each is known when it is compiled",
            $"assign it once: before 'trace', or in the handler that uses it as 'var {name} = ...'; to choose while tracing, call each in its own branch of an 'if'");

    /// <summary>KT0356: a table or function where only values can be; with the name of the function, or null.</summary>
    public static Diagnostic StaticStored(SourceText source, TextSpan span, string? function) =>
        Error("KT0356", source, span, "a handler can't keep a table or function in a table: the kernel's maps hold values",
            function is null ? "flatten it: t[a, b] has keys of two parts" : $"to call it, write {function}()");

    /// <summary>KT0357: a function that returns a table or function.</summary>
    public static Diagnostic StaticResult(SourceText source, TextSpan span) =>
        Error("KT0357", source, span, "in a handler a function can't return a table or function", "pass it as an argument instead");

    /// <summary>KT0359: a function that gives different numbers of values, as the last argument of a builtin.</summary>
    public static Diagnostic ResultsVary(SourceText source, TextSpan span) =>
        Error("KT0359", source, span, "this function returns more values on some ways than on others, and in a handler the number of arguments has to be known", "take the first in parentheses, (f(x)), or let every return give as many values");

    /// <summary>KT0358: a table constructor in a handler.</summary>
    public static Diagnostic TableInHandler(SourceText source, TextSpan span) =>
        Error("KT0358", source, span, "a handler can't make a table: the kernel's maps are there before it runs", "declare it outside of the handler, and delete its slots when they are done with");

    /// <summary>KT0354: calling a variable whose function can change.</summary>
    public static Diagnostic FunctionChanges(SourceText source, TextSpan span, string name) =>
        Error("KT0354", source, span, $"'{name}' is assigned while tracing, so a handler can't call it", "call a function that is assigned once");
}
