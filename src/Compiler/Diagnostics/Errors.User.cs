using Ktap.Compiler.Text;

namespace Ktap.Compiler.Diagnostics;

// KT012n: functions and markers of programs and libraries.
public static partial class Errors
{
    /// <summary>KT0120: a spec of a user function or marker that has not the form.</summary>
    public static Diagnostic MalformedUserSpec(SourceText source, TextSpan span, string spec, string form) =>
        Error("KT0120", source, span, $"'{spec}' doesn't say {(form.Contains("MARKER", StringComparison.Ordinal) ? "which marker" : "which function")}", $"write '{form}'; a glob is a name too: '*'");

    /// <summary>KT0121: a program or library that isn't there, or is none.</summary>
    public static Diagnostic NoUserFile(SourceText source, TextSpan span, string why, string? hint) => Error("KT0121", source, span, why, hint);

    /// <summary>KT0122: a function that a program or library doesn't have.</summary>
    public static Diagnostic NoUserFunction(SourceText source, TextSpan span, string file, string name, bool isStripped, int known, IReadOnlyList<string> nearest) =>
        Error("KT0122", source, span, $"{file} has no function '{name}'{(!isStripped ? "" : known == 0 ? ": its symbols were taken out" : $": its symbols were taken out, but for the {known} that others link to")}",
            nearest.Count > 0 ? $"the nearest that exist: {string.Join(", ", nearest)}"
            : isStripped ? "install its debug symbols (Debian: the package's -dbgsym), or name a place by its offset in the file: 0x1234"
            : $"'ktap -lf {file}' lists its functions");

    /// <summary>KT0123: a function that is chosen when the program starts (STT_GNU_IFUNC).</summary>
    public static Diagnostic IndirectFunction(SourceText source, TextSpan span, string file, string name) =>
        Error("KT0123", source, span, $"'{name}' of {file} is chosen among several functions when a program starts (IFUNC), so there is no one place to probe", "probe the functions that it is chosen from, by their own names");

    /// <summary>KT0124: the return of something that is no function's beginning.</summary>
    public static Diagnostic ReturnInside(SourceText source, TextSpan span, string where) =>
        Error("KT0124", source, span, $"'{where}' lies inside a function, so nothing returns from there", "leave out the offset, or %return");

    /// <summary>KT0125: an offset behind the end of its function.</summary>
    public static Diagnostic OffsetTooLarge(SourceText source, TextSpan span, string name, ulong size) =>
        Error("KT0125", source, span, $"'{name}' has only {size} bytes", "the offset has to be that of an instruction in it");

    /// <summary>KT0131: an offset at which no instruction begins: a probe there would change the program.</summary>
    public static Diagnostic BetweenInstructions(SourceText source, TextSpan span, string where, string function) =>
        Error("KT0131", source, span, $"no instruction of '{function}' begins at '{where}'", $"'objdump -d --disassemble={function} FILE' shows where they begin");

    /// <summary>KT0126: functions that a glob matches and that can't be probed.</summary>
    public static Diagnostic IndirectLeftOut(SourceText source, TextSpan span, string file, int count) =>
        Note("KT0126", source, span, $"{count} functions of {file} are left out: they are chosen among several when a program starts (IFUNC)");

    /// <summary>KT0127: markers of a file that has none.</summary>
    public static Diagnostic NoMarkers(SourceText source, TextSpan span, string file) =>
        Error("KT0127", source, span, $"{file} has no static markers", "they are compiled in by <sys/sdt.h> (DTRACE_PROBE); probe a function instead: 'probe:FILE:NAME'");

    /// <summary>KT0128: a marker that a file doesn't have.</summary>
    public static Diagnostic NoSuchMarker(SourceText source, TextSpan span, string file, string name, IReadOnlyList<string> nearest) =>
        Error("KT0128", source, span, $"{file} has no marker '{name}'", $"{(nearest.Count > 0 ? $"the nearest that exist: {string.Join(", ", nearest)}; " : "")}'ktap -lm {file}' lists its markers");

    /// <summary>KT0129: an argument of a marker that can't be read; a warning where a glob stands for several markers.</summary>
    public static Diagnostic MarkerOperand(SourceText source, TextSpan span, string marker, int number, string operand, string why, bool isOne) =>
        (isOne ? Error("KT0129", source, span, "") : Warning("KT0129", source, span, "")) with
        {
            Message = $"argument {number} of {marker} can't be read{(isOne ? "" : ", and is nil there")}: {why}",
            Hint = $"the file says that it is '{operand}'",
        };
}
