using System.Globalization;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;

namespace Ktap.Compiler.Probes;

/// <summary>One counter of a spec: <c>hw:cycles:u:100000</c>, its name as the script has it, and where to attach.</summary>
public sealed record CounterSpec(string Name, CounterEvent Event, AttachPoint.PerfEvent Point)
{
    /// <summary>Whether its hits are about an address: of faults, and of what the hardware tells exactly (<c>:p</c>).</summary>
    public bool HasAddress => Event.HasAddress || Point.Precision > 0;

    /// <summary>
    /// A counter with the parts that follow its name: modifiers as perf has them (<c>u k h I p</c>), a period or a frequency, in any order; null after an error.
    /// </summary>
    public static CounterSpec? Make(LiteralEventSpec spec, string name, CounterEvent counter, IEnumerable<string> parts, ProbeRequest request)
    {
        var point = new AttachPoint.PerfEvent(counter.Type, counter.Config, Sampling.Every(counter.Period)) { Config1 = counter.More.Item1, Config2 = counter.More.Item2, Name = spec.Text };
        foreach (var part in parts)
        {
            if (SamplingOf(part, counter) is { } sampling) point = point with { Sampling = sampling };
            else if (Modified(point, part) is { } modified) point = modified;
            else
            {
                request.Diagnostics.Add(Errors.BadCounterPart(request.Source, spec.Span, part, spec.Text));
                return null;
            }
        }
        if (SamplingLimits.Wrong(point, request.Target, request.Source, spec.Span) is not { } wrong) return new CounterSpec(name, counter, point);
        request.Diagnostics.Add(wrong);
        return null;
    }

    private static Sampling? SamplingOf(string part, CounterEvent counter)
    {
        if (ulong.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var period)) return period is > 0 and <= long.MaxValue ? Sampling.Every(period) : null;
        if (Lexer.IntervalOf(part, default, profile: true) is not { Count: IntegerExpression count } interval) return null;
        if (interval.Unit == TimerUnit.Hertz) return Sampling.Hertz((ulong)count.Value);
        return counter.IsClock ? Sampling.Every((ulong)interval.Unit.Period(count.Value)) : null;
    }

    // tools/perf/util/parse-events.c, get_event_modifier: where one of u, k, h is said, the others are left out.
    private static AttachPoint.PerfEvent? Modified(AttachPoint.PerfEvent point, string modifiers)
    {
        if (modifiers.Length == 0 || modifiers.AsSpan().IndexOfAnyExcept("ukhIp") >= 0) return null;
        var precision = modifiers.Count(c => c == 'p');
        if (precision > 3) return null;
        var chosen = modifiers.AsSpan().IndexOfAny("ukh") >= 0;
        return point with
        {
            ExcludeUser = point.ExcludeUser || (chosen && !modifiers.Contains('u')),
            ExcludeKernel = point.ExcludeKernel || (chosen && !modifiers.Contains('k')),
            ExcludeIdle = point.ExcludeIdle || modifiers.Contains('I'),
            Precision = Math.Max(point.Precision, precision),
        };
    }
}
