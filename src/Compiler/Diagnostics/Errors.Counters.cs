using Ktap.Compiler.Text;

namespace Ktap.Compiler.Diagnostics;

// KT014n: counters. KT015n: watchpoints.
public static partial class Errors
{
    /// <summary>KT0140: what follows a counter's name, and means nothing.</summary>
    public static Diagnostic BadCounterPart(SourceText source, TextSpan span, string part, string spec) =>
        Error("KT0140", source, span, $"'{part}' in '{spec}' is no modifier, no period and no frequency",
            "modifiers are u, k, h, I and p; a period is a number of events (cycles:100000), a frequency a number of hz (cycles:4000hz); clocks take times (cpu-clock:10ms)");

    /// <summary>KT0141: a timer or counter that wants to run more often than the kernel lets it.</summary>
    public static Diagnostic TooOften(SourceText source, TextSpan span, string what, string most) =>
        Error("KT0141", source, span, $"the period is too short: {what}", $"the most that the kernel allows a second is {most}");

    /// <summary>KT0142: a performance monitoring unit that the machine doesn't have.</summary>
    public static Diagnostic NoSuchPmu(SourceText source, TextSpan span, string name, IReadOnlyList<string> pmus) =>
        Error("KT0142", source, span, $"this machine has no performance monitoring unit '{name}'",
            pmus.Count == 0 ? "it has none at all" : $"it has: {string.Join(", ", pmus.Order(StringComparer.Ordinal))}");

    /// <summary>KT0143: a term that a performance monitoring unit doesn't know.</summary>
    public static Diagnostic NoSuchPmuTerm(SourceText source, TextSpan span, string term, string pmu, IReadOnlyList<string> known) =>
        Error("KT0143", source, span, $"'{term}' is nothing that '{pmu}' counts", $"it knows: {string.Join(", ", known.Order(StringComparer.Ordinal))}");

    /// <summary>KT0144: a counter that the machine doesn't have, or that doesn't interrupt it.</summary>
    public static Diagnostic CantCount(SourceText source, TextSpan span, string spec) =>
        Error("KT0144", source, span, $"this machine can't interrupt itself for '{spec}'", "virtual machines often have no counters of the hardware; those of the kernel (sw:*) and profile-Nhz work everywhere");

    /// <summary>KT0150: a watchpoint that isn't written as one.</summary>
    public static Diagnostic MalformedWatch(SourceText source, TextSpan span, string spec) =>
        Error("KT0150", source, span, $"'{spec}' is no watchpoint", "write mem:ADDRESS or mem:SYMBOL, then a length of 1, 2, 4 or 8 bytes and what to watch where it matters: mem:0x601040/4:w, mem:counter:rw");

    /// <summary>KT0151: a watchpoint on a variable that isn't there.</summary>
    public static Diagnostic NoSuchVariable(SourceText source, TextSpan span, string symbol, string hint) =>
        Error("KT0151", source, span, $"there is no variable '{symbol}' to watch", hint);

    /// <summary>KT0152: a watchpoint that the processor can't watch in one.</summary>
    public static Diagnostic Misaligned(SourceText source, TextSpan span, ulong address, int length) =>
        Error("KT0152", source, span, $"0x{address:x} is no multiple of {length}, which the address of a watchpoint of {length} bytes has to be", "give a smaller length, or the address of the whole word");

    /// <summary>KT0153: a watchpoint for reads alone on a processor that has none.</summary>
    public static Diagnostic WatchesReads(SourceText source, TextSpan span, string architecture) =>
        Error("KT0153", source, span, $"{architecture} has no watchpoints for reads alone", "write rw: writes count too, and 'value' tells what stands there after each");

    /// <summary>KT0154: execution watched together with something else.</summary>
    public static Diagnostic WatchesExecution(SourceText source, TextSpan span, string spec) =>
        Error("KT0154", source, span, $"'{spec}' watches execution together with access", "x stands alone: make two watchpoints");

    /// <summary>KT0155: an address of a process where no process is traced.</summary>
    public static Diagnostic WatchNeedsProcess(SourceText source, TextSpan span) =>
        Error("KT0155", source, span, "this address is in the memory of a process", "say which: -p PID, or -- COMMAND");

    /// <summary>KT0156: a variable of which each processor has its own.</summary>
    public static Diagnostic WatchesPerCpu(SourceText source, TextSpan span, string symbol) =>
        Error("KT0156", source, span, $"each processor has a '{symbol}' of its own", "give the address of one of them");

    /// <summary>KT0157: a name that several variables of a program have.</summary>
    public static Diagnostic SeveralVariables(SourceText source, TextSpan span, string symbol) =>
        Error("KT0157", source, span, $"the program has several variables '{symbol}'", "give the address of one of them: mem:0x...");
}
