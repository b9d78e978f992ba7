namespace Ktap.Compiler.Builtins;

/// <summary>What a handler can see of the task and the processor that it interrupted (language §8).</summary>
internal static class TaskFacts
{
    public static readonly BuiltinFamily Family = new("The task and the processor",
    [
        new("pid", [], "The process id.") { IsValue = true },
        new("tid", [], "The thread id.") { IsValue = true },
        new("ppid", [], "The process id of the parent.") { IsValue = true },
        new("uid", [], "The user id.") { IsValue = true },
        new("gid", [], "The group id.") { IsValue = true },
        new("cpu", [], "The number of the processor, from 0.") { IsValue = true },
        new("numa_node", [], "The number of the processor's memory node.") { IsValue = true },
        new("execname", [], "The thread's name, at most 15 bytes.") { IsValue = true },
        new("comm", [], "The same as `execname`.") { IsValue = true },
        new("cgroup", [], "The id of the task's control group.") { IsValue = true },
        new("in_interrupt", [], "Whether an interrupt is being handled."),
        new("in_iowait", [], "1 where the task waits for input or output, else 0."),
    ]);
}
