namespace Ktap.Compiler.Types;

/// <summary>One function of the kernel, as /proc/kallsyms has it; static functions of different files can share a name.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">Its address; 0 where the kernel hides it.</param>
/// <param name="Module">The module that it is in; empty for the kernel itself.</param>
public sealed record KernelFunction(string Name, ulong Address, string Module)
{
    /// <summary>Whether the function tracer can stop at its entry (it is in <c>available_filter_functions</c>), which kprobe.multi needs.</summary>
    public bool IsTraceable { get; init; }

    /// <summary>Why it can't be probed at all, or null.</summary>
    public string? Refusal { get; init; }
}
