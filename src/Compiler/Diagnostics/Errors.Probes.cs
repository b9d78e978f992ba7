using Ktap.Compiler.Text;

namespace Ktap.Compiler.Diagnostics;

// KT01: probes.
public static partial class Errors
{
    /// <summary>KT0101: a spec that matches no event of the target.</summary>
    public static Diagnostic NoSuchEvent(SourceText source, TextSpan span, string spec, IReadOnlyList<string> nearest) =>
        Error("KT0101", source, span, $"no event matches '{spec}'",
            Habits.OfEvent(spec) ?? (nearest.Count > 0 ? $"the nearest that exist: {string.Join(", ", nearest)}" : "'ktap -le GLOB' lists the events that exist"));

    /// <summary>KT0103: a spec that isn't of the form group:name.</summary>
    public static Diagnostic MalformedSpec(SourceText source, TextSpan span, string spec, IReadOnlyList<string> nearest) =>
        Error("KT0103", source, span, $"'{spec}' is not an event", Habits.OfEvent(spec) ?? (nearest.Count > 0
            ? $"the nearest that exist: {string.Join(", ", nearest)}"
            : "write 'group:name', for instance 'sched:sched_switch' or 'syscalls:sys_enter_*'"));

    /// <summary>KT0104: fetch arguments on an event that has fields of its own.</summary>
    public static Diagnostic NoFetchArguments(SourceText source, TextSpan span, string spec) =>
        Error("KT0104", source, span, $"'{spec}' takes no fetch arguments", "a tracepoint's fields are there by name; a filter stands between slashes: /prev_pid == 1/");

    /// <summary>KT0105: system calls of a target whose numbers aren't known.</summary>
    public static Diagnostic NoSyscallTable(SourceText source, TextSpan span, string architecture) =>
        Error("KT0105", source, span, $"the system calls of {architecture} are not known", null);
}
