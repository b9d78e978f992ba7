using System.Globalization;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Diagnostics;

// KT04: what the kernel's limits don't allow.
public static partial class Errors
{
    /// <summary>KT0401: a handler's values don't fit on the stack that a BPF program has; sizes in bytes, largest first, and how many numbers of 8 bytes are kept there.</summary>
    public static Diagnostic StackFrameTooLarge(SourceText source, TextSpan at, int size, int limit, IReadOnlyList<(string Purpose, int Size)> largest, int numbers) =>
        Error("KT0401", source, at, $"this handler needs {size} bytes of stack; the kernel allows {limit}", numbers * 16 > size
            ? $"{numbers} numbers are kept at a time: use each soon after it is computed, or keep them in a table"
            : $"make strings shorter (--strlen) or keys smaller; the largest values: {string.Join(", ", largest.Select(l => $"{l.Purpose} ({l.Size} bytes)"))}");

    /// <summary>KT0402: a handler's code is longer than the kernel takes.</summary>
    public static Diagnostic TooManyInstructions(SourceText source, TextSpan at, int count, int limit) =>
        Error("KT0402", source, at, $"this handler compiles to {count} instructions; the kernel allows {limit}", "split it into several handlers");

    /// <summary>KT0403: a jump would go farther than an instruction can say (32,767 instructions).</summary>
    public static Diagnostic JumpTooFar(SourceText source, TextSpan at, int count) =>
        Error("KT0403", source, at, $"this handler is too long: at {count} instructions a branch here is farther than the 32767 that one reaches", "split it into several handlers");

    /// <summary>KT0404: something that the kernel is too old for.</summary>
    public static Diagnostic NeedsKernel(SourceText source, TextSpan span, string what, string version) =>
        Error("KT0404", source, span, $"{what} needs Linux {version}", "do it in a tick or in trace_end");

    /// <summary>KT0405: the verifier gave up on a handler: it follows a million instructions, over all ways through it.</summary>
    public static Diagnostic TooManyWays(SourceText source, TextSpan at, string handler) =>
        Error("KT0405", source, at, $"there are too many ways through {handler} for the kernel's verifier, which follows each", "split it into several handlers, or do part of it in a tick: loops in each other and many conditions one after the other cost most");

    /// <summary>KT0406: more branches one after the other than the verifier keeps for later.</summary>
    public static Diagnostic TooManyBranches(SourceText source, TextSpan at, int limit) =>
        Error("KT0406", source, at, $"this handler has more than {limit} branches one after the other, the most that the kernel's verifier follows; this is the first that is too many", "split it into several handlers");

    /// <summary>KT0407: the maps, all of which are made beforehand, would take more memory than the machine has; sizes in bytes.</summary>
    public static Diagnostic TooMuchMapMemory(SourceText source, TextSpan at, string? table, long ofTable, long all, long free, int entries) =>
        Error("KT0407", source, at, $"{(table is null ? "" : $"table '{table}' would take {Memory(ofTable)} of the kernel's memory, ")}{(table is null ? "the maps of this script" : "all maps of this script")} {Memory(all)}; the machine has {Memory(free)} to give",
            $"use a smaller --max-entries (it is {entries}): each slot's memory is taken when tracing starts; or make strings in keys and values shorter (--strlen)");

    /// <summary>KT0408: the memory beside the stack, for long strings, is larger than a value of a per-CPU map; sizes in bytes.</summary>
    public static Diagnostic TooMuchScratch(SourceText source, TextSpan at, int size, int limit) =>
        Error("KT0408", source, at, $"the strings and keys of this handler need {size} bytes of memory; the kernel gives a handler {limit} on each processor", "make strings shorter (--strlen), or keep fewer of them at a time");

    /// <summary>KT0409: before Linux 5.11 keys were as large as a program's stack at most; sizes in bytes.</summary>
    public static Diagnostic KeyTooLarge(SourceText source, TextSpan at, string table, int size, int limit) =>
        Error("KT0409", source, at, $"the keys of table '{table}' have {size} bytes; before Linux 5.11 the kernel takes {limit}", "make strings shorter (--strlen)");

    private static string Memory(long bytes) => bytes >= 1_000_000_000
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.0} GB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0} MB");
}
