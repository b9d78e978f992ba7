using System.Collections.Immutable;
using Ktap.Compiler.Evaluation;

namespace Ktap.Runtime;

/// <summary>The timers of <c>tick</c> handlers: each keeps to the times it started with, and rounds that it came too late for are left out.</summary>
internal sealed class Ticks(ImmutableArray<Registration.Tick> ticks, long start)
{
    private readonly long[] _next = ticks.Select(t => start + t.PeriodNanoseconds).ToArray();

    /// <summary>When the next one is due, in nanoseconds of the monotonic clock; <see cref="long.MaxValue"/> where there is none.</summary>
    public long NextDue => _next.Length == 0 ? long.MaxValue : _next.Min();

    /// <summary>The one that is due longest, or null; it is due again a period later.</summary>
    public Registration.Tick? TakeDue(long now)
    {
        if (NextDue > now) return null;
        var index = Array.IndexOf(_next, NextDue);
        var period = ticks[index].PeriodNanoseconds;
        _next[index] += period * (1 + (now - _next[index]) / period);
        return ticks[index];
    }
}
