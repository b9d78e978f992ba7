using System.Collections.Concurrent;
using System.Text;
using Ktap.Compiler.Types;

namespace Ktap.Runtime.Machine;

/// <summary>
/// The tracepoints of a machine, from its tracefs: names from <c>available_events</c> in one read at first use, formats one by one on
/// demand. Events of modules that are loaded later are seen by a new catalog.
/// </summary>
public sealed class TracepointCatalog(IMachine machine)
{
    private readonly Lazy<TracepointName[]> _names = new(() => ReadNames(machine));
    private readonly ConcurrentDictionary<TracepointName, TracepointFormat> _formats = [];

    /// <summary>Every event, by group and name in byte order.</summary>
    public IReadOnlyList<TracepointName> Names => _names.Value;

    /// <summary>The events that match a group and a name, either of them a pattern or plain; in the order of <see cref="Names"/>.</summary>
    public IEnumerable<TracepointName> Matching(string groupPattern, string namePattern)
    {
        var (plainGroup, plainName) = (!Glob.IsPattern(groupPattern), !Glob.IsPattern(namePattern));
        foreach (var name in Names)
        {
            var group = plainGroup ? name.Group == groupPattern : Glob.Matches(groupPattern, name.Group);
            if (group && (plainName ? name.Name == namePattern : Glob.Matches(namePattern, name.Name))) yield return name;
        }
    }

    /// <summary>An event's format; throws when the event is not there.</summary>
    public TracepointFormat Format(TracepointName name) => _formats.GetOrAdd(
        name, static (n, m) => TracepointFormat.Parse(n.Group, m.ReadFile($"{m.TraceFs}/events/{n.Group}/{n.Name}/format")), machine);

    private static TracepointName[] ReadNames(IMachine machine)
    {
        var names = new List<TracepointName>(4096);
        var groups = new Dictionary<string, string>();
        foreach (var line in Encoding.UTF8.GetString(machine.ReadFile(machine.TraceFs + "/available_events")).Split('\n'))
        {
            var colon = line.IndexOf(':');
            if (colon <= 0) continue;
            // One string a group: comparing and grouping go faster.
            var group = line[..colon];
            if (!groups.TryAdd(group, group)) group = groups[group];
            names.Add(new TracepointName(group, line[(colon + 1)..]));
        }
        names.Sort(static (a, b) => string.CompareOrdinal(a.Group, b.Group) is not 0 and var byGroup ? byGroup : string.CompareOrdinal(a.Name, b.Name));
        return [.. names];
    }
}

/// <summary>A tracepoint's two names: <c>sched:sched_switch</c>.</summary>
public readonly record struct TracepointName(string Group, string Name)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Group}:{Name}";
}
