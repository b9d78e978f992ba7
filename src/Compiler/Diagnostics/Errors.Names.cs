using Ktap.Compiler.Text;

namespace Ktap.Compiler.Diagnostics;

// KT02: names. What is said about types is in a part of its own.
public static partial class Errors
{
    /// <summary>A name that is neither a variable nor a builtin, where fields of events can't be.</summary>
    public static Diagnostic UnknownName(SourceText source, TextSpan span, string name, IEnumerable<string> known) =>
        Error("KT0201", source, span, $"unknown name '{name}'{DidYouMean(name, known)}", Habits.OfName(name) ?? "outside handlers a name is a variable or a builtin; assign it, or declare it with 'var'");

    /// <summary>A member that a library of builtins doesn't have.</summary>
    public static Diagnostic UnknownMember(SourceText source, TextSpan span, string library, string member, IReadOnlyList<string> known) =>
        Error("KT0202", source, span, $"'{library}' has no '{member}'{DidYouMean(member, known)}", $"it has {string.Join(", ", known)}");

    /// <summary>A builtin called with too few or too many arguments; <paramref name="most"/> is int.MaxValue where there is no limit; <paramref name="does"/> says what it does.</summary>
    public static Diagnostic ArgumentCount(SourceText source, TextSpan span, string builtin, int least, int most, int got, string does) =>
        Error("KT0203", source, span, $"'{builtin}' takes {Range(least, most)}, not {got}", does);

    /// <summary>An assignment to a builtin of a library, or to a field of an event.</summary>
    public static Diagnostic NotAssignable(SourceText source, TextSpan span, string target) =>
        Error("KT0204", source, span, $"'{target}' can't be assigned", "declare a variable of that name first ('var …') to use the name for something else");

    /// <summary>More than two variables in <c>for (… in …)</c>.</summary>
    public static Diagnostic TooManyLoopVariables(SourceText source, TextSpan span, string iterator) =>
        Error("KT0205", source, span, $"'{iterator}' gives a key and a value: there is nothing for a third variable", "index a key of several parts: k[1], k[2]");

    private static string Range(int least, int most)
    {
        var number = most == int.MaxValue ? $"at least {least}" : least == most ? $"{least}" : most == least + 1 ? $"{least} or {most}" : $"{least} to {most}";
        return $"{number} argument{(most == int.MaxValue ? least : most) switch { 1 => "", _ => "s" }}";
    }
}
