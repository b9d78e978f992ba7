using System.Globalization;

namespace Ktap.Runtime.Machine;

/// <summary>Lists of CPUs as sysfs writes them: <c>0-3,8,10-11</c>.</summary>
internal static class CpuList
{
    /// <summary>The numbers, in the list's order.</summary>
    internal static IReadOnlyList<int> Parse(string text)
    {
        var cpus = new List<int>();
        foreach (var part in text.Trim().Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var dash = part.IndexOf('-');
            var first = int.Parse(dash < 0 ? part : part[..dash], CultureInfo.InvariantCulture);
            var last = dash < 0 ? first : int.Parse(part[(dash + 1)..], CultureInfo.InvariantCulture);
            cpus.AddRange(Sequence.Range(first, last - first + 1));
        }
        return cpus;
    }
}
