namespace Ktap.Runtime.Symbols;

/// <summary>
/// The functions that the kernel makes for each tracepoint, which stand in a stack between the event and the program: <c>__bpf_trace_EVENT</c>, where it
/// calls the program, and <c>__traceiter_EVENT</c>, as soon as two are attached to the event. They are no part of what a stack shows.
/// </summary>
internal static class TracingFrames
{
    /// <summary>Whether a symbol is one of them, or the room before one that the kernel's build leaves for patches.</summary>
    public static bool IsOne(ReadOnlySpan<byte> name)
    {
        var function = name.StartsWith("__pfx_"u8) ? name[6..] : name;
        return function.StartsWith("__bpf_trace_"u8) || function.StartsWith("__traceiter_"u8);
    }
}
