using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>How often the kernel lets a perf event run a program. What it would change or skip silently is an error here.</summary>
public static class SamplingLimits
{
    // kernel/events/core.c, perf_swevent_start_hrtimer: a clock's shorter period is made this one, in nanoseconds.
    private const ulong ShortestClock = 10_000;

    private const ulong Second = 1_000_000_000;

    /// <summary>What is wrong with a point's period or frequency, or null.</summary>
    public static Diagnostic? Wrong(AttachPoint.PerfEvent point, Target target, SourceText source, TextSpan span)
    {
        var (value, most) = (point.Sampling.Value, (ulong?)target.MaxSampleRate);
        if (point.Sampling.IsFrequency) return value > most ? Errors.TooOften(source, span, $"{value} times a second", Rate(most)) : null;
        if (point is not { Type: CounterEvents.SoftwareType, Config: <= CounterEvents.TaskClock }) return null;
        if (value < ShortestClock) return Errors.TooOften(source, span, $"every {value} ns", $"{Second / ShortestClock}, which is every {ShortestClock} ns");
        return Second / value > most ? Errors.TooOften(source, span, $"every {value} ns", Rate(most)) : null;
    }

    private static string Rate(ulong? most) => $"{most} (kernel.perf_event_max_sample_rate)";
}
