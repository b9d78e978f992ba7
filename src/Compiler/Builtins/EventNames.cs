namespace Ktap.Compiler.Builtins;

/// <summary>What a handler can see of its event (language §8). All are values that only handlers have.</summary>
internal static class EventNames
{
    public static readonly BuiltinFamily Family = new("The event",
    [
        new("arg0", [], "A system call's number, or the probed address of a function probe.") { IsValue = true },
        new("arg1", [], "The event's first argument: a tracepoint's first field, a system call's or function's first argument; on a system call's exit its result.") { IsValue = true },
        new("arg2", [], "The event's second argument.") { IsValue = true },
        new("arg3", [], "The event's third argument.") { IsValue = true },
        new("arg4", [], "The event's fourth argument.") { IsValue = true },
        new("arg5", [], "The event's fifth argument.") { IsValue = true },
        new("arg6", [], "The event's sixth argument.") { IsValue = true },
        new("arg7", [], "The event's seventh argument.") { IsValue = true },
        new("arg8", [], "The event's eighth argument.") { IsValue = true },
        new("arg9", [], "The event's ninth argument.") { IsValue = true },
        new("retval", [], "The value that a function returned, in a return probe.") { IsValue = true },
        new("argstr", [], "The whole event as text, as the kernel's trace file has it.") { IsValue = true },
        new("argevent", [], "The same as `argstr`.") { IsValue = true },
        new("probename", [], "The event's name.") { IsValue = true },
        new("argname", [], "The same as `probename`.") { IsValue = true },
        new("probegroup", [], "The event's group.") { IsValue = true },
    ]);
}
