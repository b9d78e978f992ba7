using Ktap.Compiler.Text;

namespace Ktap.Compiler.Diagnostics;

// KT016n: probes of kernel functions.
public static partial class Errors
{
    /// <summary>KT0160: the spec of a kernel function that isn't one.</summary>
    public static Diagnostic MalformedFunction(SourceText source, TextSpan span, string spec) =>
        Error("KT0160", source, span, $"'{spec}' names no function", Habits.OfEvent(spec) ?? "write probe:FUNCTION, probe:FUNCTION+0x10 or probe:FUNCTION%return; FUNCTION may be a pattern: vfs_*");

    /// <summary>KT0161: no function of the kernel matches.</summary>
    public static Diagnostic NoSuchFunction(SourceText source, TextSpan span, string name, IReadOnlyList<string> nearest) =>
        Error("KT0161", source, span, $"the kernel has no function '{name}'",
            nearest.Count > 0 ? $"the nearest that exist: {string.Join(", ", nearest)}" : "one that the compiler built into its callers isn't there; /proc/kallsyms lists those that are");

    /// <summary>KT0162: functions that can't be probed.</summary>
    public static Diagnostic FunctionNotProbeable(SourceText source, TextSpan span, string message, string why) =>
        Error("KT0162", source, span, message, why);

    /// <summary>KT0163: an offset where there can't be one.</summary>
    public static Diagnostic OffsetNotHere(SourceText source, TextSpan span, string of) =>
        Error("KT0163", source, span, $"{of} has no offset", "an offset is into one function: probe:FUNCTION+0x10");

    /// <summary>KT0164: fetch arguments on a probe whose program sees no registers.</summary>
    public static Diagnostic NoRegisters(SourceText source, TextSpan span, string kind) =>
        Error("KT0164", source, span, $"'{kind}:' probes take no fetch arguments", "they see the parameters, by name and as arg1, arg2, ...; 'probe:' sees the registers");

    /// <summary>KT0165: a trampoline on a function whose type isn't known.</summary>
    public static Diagnostic NoFunctionType(SourceText source, TextSpan span, string kind, string function, bool hasBtf) =>
        Error("KT0165", source, span, $"'{kind}:' needs the type of '{function}', which this kernel's type information (BTF) doesn't have",
            hasBtf ? $"probe:{function} needs no types" : "the kernel was built without CONFIG_DEBUG_INFO_BTF; 'probe:' works without");

    /// <summary>KT0166: ftrace: with another name than function.</summary>
    public static Diagnostic NoSuchTracer(SourceText source, TextSpan span, string spec) =>
        Error("KT0166", source, span, $"'{spec}' is not an event", "ftrace:function /ip == GLOB/ traces the entries of functions");

    /// <summary>KT0167: ftrace:function without saying which.</summary>
    public static Diagnostic FunctionsWanted(SourceText source, TextSpan span) =>
        Error("KT0167", source, span, "'ftrace:function' needs a filter that says which functions", "write ftrace:function /ip == vfs_*/; all of them: /ip == \"*\"/");

    /// <summary>KT0169: an event that somebody made of what runs no programs.</summary>
    public static Diagnostic EventWithoutPrograms(SourceText source, TextSpan span, string spec) =>
        Error("KT0169", source, span, $"the kernel runs no programs on '{spec}'", "it is made of other events; trace those that it is made of");

    /// <summary>KT0168: no raw tracepoint matches.</summary>
    public static Diagnostic NoSuchRawTracepoint(SourceText source, TextSpan span, string name, IReadOnlyList<string> nearest) =>
        Error("KT0168", source, span, $"no raw tracepoint matches '{name}'", nearest.Count > 0 ? $"the nearest that exist: {string.Join(", ", nearest)}" : "their names are those of tracepoints, without the group: rawtp:sched_switch");
}
