using System.Collections.Immutable;

namespace Ktap.Compiler.Probes;

/// <summary>
/// An event that perf counts: type and configuration as in perf_event_open(2), and the period that it has where a script gives none: events, for clocks
/// nanoseconds.
/// </summary>
public sealed record CounterEvent(string Group, string Name, ImmutableArray<string> Aliases, uint Type, ulong Config, ulong Period)
{
    /// <summary>The second and third word of configuration, which events of some processors have.</summary>
    public (ulong, ulong) More { get; init; }

    /// <summary>Whether it is a clock, which counts nanoseconds.</summary>
    public bool IsClock => Type == CounterEvents.SoftwareType && Config <= CounterEvents.TaskClock;

    /// <summary>
    /// Whether the event is about an address in memory: faults (PERF_COUNT_SW_PAGE_FAULTS, and those numbered 5 to 8). Elsewhere the kernel leaves in the
    /// context's address what was on its stack (perf_sample_data_init, since Linux 6.3).
    /// </summary>
    public bool HasAddress => Type == CounterEvents.SoftwareType && Config is 2 or (>= 5 and <= 8);

    /// <summary>All of its names.</summary>
    public IEnumerable<string> Names => Aliases.Prepend(Name);
}

/// <summary>perf's own events, by the names that perf has for them (linux/perf_event.h: perf_hw_id, perf_sw_ids, perf_hw_cache_id).</summary>
public static class CounterEvents
{
    /// <summary>PERF_TYPE_HARDWARE.</summary>
    public const uint HardwareType = 0;

    /// <summary>PERF_TYPE_SOFTWARE.</summary>
    public const uint SoftwareType = 1;

    /// <summary>PERF_TYPE_HW_CACHE.</summary>
    public const uint CacheType = 3;

    /// <summary>PERF_TYPE_RAW.</summary>
    public const uint RawType = 4;

    /// <summary>PERF_COUNT_SW_CPU_CLOCK.</summary>
    public const ulong CpuClock = 0;

    /// <summary>PERF_COUNT_SW_TASK_CLOCK.</summary>
    public const ulong TaskClock = 1;

    // What happens at the pace of the processor is sampled some thousand times a second, what it misses as often as that says something.
    private const ulong ByPace = 1_000_000, ByMiss = 10_000;

    private const ulong Millisecond = 1_000_000;

    /// <summary>Every event that has a name on all processors; not each processor has each.</summary>
    public static ImmutableArray<CounterEvent> All { get; } =
    [
        Hardware(0, ByPace, "cycles", "cpu-cycles"),
        Hardware(1, ByPace, "instructions"),
        Hardware(2, ByMiss, "cache-references"),
        Hardware(3, ByMiss, "cache-misses"),
        Hardware(4, ByPace, "branches", "branch-instructions"),
        Hardware(5, ByMiss, "branch-misses"),
        Hardware(6, ByPace, "bus-cycles"),
        Hardware(7, ByPace, "stalled-cycles-frontend", "idle-cycles-frontend"),
        Hardware(8, ByPace, "stalled-cycles-backend", "idle-cycles-backend"),
        Hardware(9, ByPace, "ref-cycles"),
        Software(CpuClock, Millisecond, "cpu-clock"),
        Software(TaskClock, Millisecond, "task-clock"),
        Software(2, 1, "page-faults", "faults"),
        Software(3, 1, "context-switches", "cs"),
        Software(4, 1, "cpu-migrations", "migrations"),
        Software(5, 1, "minor-faults"),
        Software(6, 1, "major-faults"),
        Software(7, 1, "alignment-faults"),
        Software(8, 1, "emulation-faults"),
        Software(11, 1, "cgroup-switches"),
        .. Caches(),
    ];

    /// <summary>The event of a name in a group (<c>hw</c>, <c>sw</c>, <c>cache</c>; null: any), capitals or not; null where there is none.</summary>
    public static CounterEvent? Find(string? group, string name) =>
        All.FirstOrDefault(e => (group is null || e.Group == group) && e.Names.Contains(name, StringComparer.OrdinalIgnoreCase));

    /// <summary>What a processor has under a number (<c>r01c2</c>), or null where the name isn't of that form.</summary>
    public static CounterEvent? Raw(string name) =>
        name.Length is > 1 and <= 17 && name[0] == 'r' && ulong.TryParse(name.AsSpan(1), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var config)
            ? new CounterEvent("raw", name, [], RawType, config, ByPace)
            : null;

    /// <summary>What a PMU of the target has: its type, and three words of configuration.</summary>
    public static CounterEvent OfPmu(string pmu, string name, uint type, ReadOnlySpan<ulong> config) =>
        new(pmu, name, [], type, config[0], ByPace) { More = (config[1], config[2]) };

    private static CounterEvent Hardware(ulong config, ulong period, params ReadOnlySpan<string> names) =>
        new("hw", names[0], [.. names[1..]], HardwareType, config, period);

    private static CounterEvent Software(ulong config, ulong period, params ReadOnlySpan<string> names) =>
        new("sw", names[0], [.. names[1..]], SoftwareType, config, period);

    // The cache, what is done to it (read, write, prefetch), and whether that misses, a byte each. Not every cache knows every operation.
    private static IEnumerable<CounterEvent> Caches()
    {
        (string Name, string Operations)[] caches = [("L1-dcache", "lsp"), ("L1-icache", "lp"), ("LLC", "lsp"), ("dTLB", "lsp"), ("iTLB", "l"), ("branch", "l"), ("node", "lsp")];
        (char Letter, string One, string Many)[] operations = [('l', "load", "loads"), ('s', "store", "stores"), ('p', "prefetch", "prefetches")];
        for (var cache = 0; cache < caches.Length; cache++)
            for (var operation = 0; operation < operations.Length; operation++)
            {
                if (!caches[cache].Operations.Contains(operations[operation].Letter)) continue;
                var config = (ulong)(cache | operation << 8);
                yield return new CounterEvent("cache", $"{caches[cache].Name}-{operations[operation].Many}", [], CacheType, config, ByPace);
                yield return new CounterEvent("cache", $"{caches[cache].Name}-{operations[operation].One}-misses", [], CacheType, config | 1 << 16, ByMiss);
            }
    }
}
