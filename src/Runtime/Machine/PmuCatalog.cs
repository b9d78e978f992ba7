using System.Globalization;
using System.Text;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Types;

namespace Ktap.Runtime.Machine;

/// <summary>The performance monitoring units of a machine, from its sysfs.</summary>
public sealed class PmuCatalog(IMachine machine)
{
    private const string Folder = "/sys/bus/event_source/devices";

    // What belongs to an event besides its terms: tsc, tsc.scale, tsc.unit, tsc.snapshot.
    private const char SideFile = '.';

    private readonly Lazy<string[]> _names = new(() => machine.Exists(Folder) ? [.. machine.ListDirectory(Folder).Order(StringComparer.Ordinal)] : []);

    /// <summary>Their names, sorted.</summary>
    public IReadOnlyList<string> Names => _names.Value;

    /// <summary>One of them, or null.</summary>
    public Pmu? Find(string name)
    {
        if (!Names.Contains(name)) return null;
        var folder = $"{Folder}/{name}";
        return new Pmu(name, uint.Parse(Read($"{folder}/type"), CultureInfo.InvariantCulture), Files(folder + "/format"), Files(folder + "/events"));
    }

    private Dictionary<string, string> Files(string folder) => !machine.Exists(folder) ? [] : machine.ListDirectory(folder)
        .Where(f => !f.Contains(SideFile)).ToDictionary(f => f, f => Read($"{folder}/{f}"));

    private string Read(string path)
    {
        try
        {
            return Encoding.UTF8.GetString(machine.ReadFile(path)).Trim();
        }
        catch (KtapException)
        {
            // Some drivers make files that can't be read.
            return "";
        }
    }
}
