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

    // The file has the events of one group mostly in a row. Sorting the names of each group takes half the comparisons that sorting all would.
    private static TracepointName[] ReadNames(IMachine machine)
    {
        var groups = new Dictionary<string, List<string>>();
        var (group, names) = ("", new List<string>());
        var text = Encoding.UTF8.GetString(machine.ReadFile(machine.TraceFs + "/available_events")).AsSpan();
        foreach (var range in text.Split('\n'))
        {
            var line = text[range];
            var colon = line.IndexOf(':');
            if (colon <= 0) continue;
            if (!line[..colon].SequenceEqual(group))
            {
                group = line[..colon].ToString();
                if (!groups.TryGetValue(group, out names!)) groups.Add(group, names = []);
            }
            names.Add(line[(colon + 1)..].ToString());
        }
        var all = new List<TracepointName>();
        foreach (var (name, events) in groups.OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            events.Sort(StringComparer.Ordinal);
            foreach (var e in events) all.Add(new TracepointName(name, e));
        }
        return [.. all];
    }
}

/// <summary>A tracepoint's two names: <c>sched:sched_switch</c>.</summary>
public readonly record struct TracepointName(string Group, string Name)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Group}:{Name}";
}
