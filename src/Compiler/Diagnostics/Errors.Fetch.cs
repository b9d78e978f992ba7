using Ktap.Compiler.Text;

namespace Ktap.Compiler.Diagnostics;

// KT011n: the fetch arguments of function probes.
public static partial class Errors
{
    /// <summary>KT0110: a fetch argument that isn't one.</summary>
    public static Diagnostic BadFetchArgument(SourceText source, TextSpan span, string text, string hint) =>
        Error("KT0110", source, span, $"'{text}' is not a fetch argument", hint);

    /// <summary>KT0111: the name of a fetch argument that can't be a name.</summary>
    public static Diagnostic BadFetchName(SourceText source, TextSpan span, string name) =>
        Error("KT0111", source, span, $"'{name}' can't name a fetch argument", "a name has letters, digits and '_'");

    /// <summary>KT0112: two fetch arguments of one name.</summary>
    public static Diagnostic FetchNameTwice(SourceText source, TextSpan span, string name) =>
        Error("KT0112", source, span, $"there are two fetch arguments '{name}'", "each has a name of its own");

    /// <summary>KT0113: a register that the architecture doesn't have.</summary>
    public static Diagnostic NoSuchRegister(SourceText source, TextSpan span, string name, IReadOnlyList<string> registers) =>
        Error("KT0113", source, span, $"there is no register '%{name}'", $"the registers are %{string.Join(", %", registers)}");

    /// <summary>KT0114: the type of a fetch argument that isn't one.</summary>
    public static Diagnostic BadFetchType(SourceText source, TextSpan span, string type, string hint) =>
        Error("KT0114", source, span, $"'{type}' is not the type of a fetch argument", hint);

    /// <summary>KT0115: a type that the value of a fetch argument can't have.</summary>
    public static Diagnostic FetchTypeMisfit(SourceText source, TextSpan span, string type, string hint) =>
        Error("KT0115", source, span, $"this value can't have the type '{type}'", hint);

    /// <summary>KT0116: a symbol in a fetch argument that doesn't exist.</summary>
    public static Diagnostic NoSuchFetchSymbol(SourceText source, TextSpan span, string name) =>
        Error("KT0116", source, span, $"there is no symbol '{name}'", "a kernel symbol's address is in /proc/kallsyms; an address is written @0x...");

    /// <summary>KT0117: a fetch argument that the event has not at this place.</summary>
    public static Diagnostic FetchNotHere(SourceText source, TextSpan span, string what, string hint) =>
        Error("KT0117", source, span, $"there is no {what} here", hint);

    /// <summary>KT0118: a parameter that the function doesn't have, in a fetch argument.</summary>
    public static Diagnostic NoSuchParameter(SourceText source, TextSpan span, string name, IReadOnlyList<string> parameters) =>
        Error("KT0118", source, span, $"the function has no parameter '{name}' that is known here",
            parameters.Count > 0 ? $"its parameters are {string.Join(", ", parameters)}" : "name a register instead: %di, %si, ...");
}
