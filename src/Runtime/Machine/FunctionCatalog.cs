using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Types;
using Ktap.Runtime.Symbols;

namespace Ktap.Runtime.Machine;

/// <summary>
/// The kernel's functions, and which can be probed: names and addresses from /proc/kallsyms; <c>available_filter_functions</c> in tracefs lists those that the function
/// tracer can stop at, and kprobes/blacklist in debugfs those that no probe may be in. A file that isn't there, or can't be read, says nothing.
/// </summary>
public sealed class FunctionCatalog(IMachine machine, KernelSymbols symbols)
{
    private const string Debug = "/sys/kernel/debug";

    private readonly Lazy<Traceable?> _traceable = new(() => ReadTraceable(machine));
    private readonly Lazy<(ulong Start, ulong End)[]> _forbidden = new(() => ReadForbidden(machine));
    private readonly Lazy<ImmutableHashSet<string>> _failing = new(() => ReadFailing(machine));

    /// <summary>The functions of a name. Those that only the function tracer can't stop at can be tried.</summary>
    public ImmutableArray<KernelFunction> Named(string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        return [.. symbols.Functions(n => n.SequenceEqual(bytes)).Select(f => f with
        {
            IsTraceable = _traceable.Value?.Has(f) ?? true,
            Refusal = IsForbidden(f) ? Forbidden : null,
        })];
    }

    /// <summary>The functions that match a glob, in the order of their addresses.</summary>
    public IReadOnlyList<KernelFunction> Matching(string glob)
    {
        var elements = glob;
        var traceable = _traceable.Value;
        return [.. symbols.Functions(n => !IsPart(n) && Glob.Matches(elements, Encoding.UTF8.GetString(n))).Select(f => f with
        {
            IsTraceable = traceable?.Has(f) ?? true,
            Refusal = IsForbidden(f) ? Forbidden : traceable?.Has(f) == false ? "the kernel was built so that it can't be traced (notrace), or it is gone since the kernel started" : null,
        })];
    }

    /// <summary>Whether the kernel lets a function be replaced by an error.</summary>
    public bool AllowsErrors(string function) => _failing.Value.Contains(function);

    private const string Forbidden = "the kernel allows no probe in it, because it needs it to handle probes";

    private bool IsForbidden(KernelFunction function) => function.Address != 0 && _forbidden.Value.Any(r => function.Address >= r.Start && function.Address < r.End);

    // Pieces that the compiler moved away from their functions, and room before functions: no functions by themselves.
    private static bool IsPart(ReadOnlySpan<byte> name) => name.StartsWith("__pfx_"u8) || name.StartsWith("__cfi_"u8) || name.IndexOf(".cold"u8) >= 0;

    // Lines are "vfs_read" or "ext4_sync_file [ext4]", with their address before since Linux 6.5.
    private static Traceable? ReadTraceable(IMachine machine)
    {
        if (Read(machine, machine.TraceFs + "/available_filter_functions_addrs") is { Length: > 0 } withAddresses)
            return new Traceable(null, Lines(withAddresses).Select(l => ulong.TryParse(l.AsSpan(0, Math.Max(l.IndexOf(' '), 0)), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var at) ? at : 0).Where(a => a != 0).Order().ToArray());
        return Read(machine, machine.TraceFs + "/available_filter_functions") is { Length: > 0 } names
            ? new Traceable(Lines(names).Select(l => l.IndexOf(' ') is > 0 and var end ? l[..end] : l).ToHashSet(), null)
            : null;
    }

    // Lines are "0xffffffff81000000-0xffffffff81000010\tname".
    private static (ulong, ulong)[] ReadForbidden(IMachine machine)
    {
        var ranges = new List<(ulong, ulong)>();
        foreach (var line in Lines(Read(machine, Debug + "/kprobes/blacklist") ?? ""))
        {
            var range = line.Split('\t')[0].Split('-');
            if (range.Length == 2 && Hex(range[0]) is { } start && Hex(range[1]) is { } end) ranges.Add((start, end));
        }
        return [.. ranges];
    }

    private static ulong? Hex(string text) => ulong.TryParse(text.AsSpan(text.StartsWith("0x", StringComparison.Ordinal) ? 2 : 0), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) ? value : null;

    // Lines are "should_failslab ERRNO".
    private static ImmutableHashSet<string> ReadFailing(IMachine machine) =>
        [.. Lines(Read(machine, Debug + "/error_injection/list") ?? "").Select(l => l.Split([' ', '\t'])[0])];

    private static IEnumerable<string> Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string? Read(IMachine machine, string path)
    {
        try
        {
            return machine.Exists(path) ? Encoding.UTF8.GetString(machine.ReadFile(path)) : null;
        }
        catch (KtapException)
        {
            // A kernel that is locked down has the files and lets nobody read them.
            return null;
        }
    }

    // The address that the tracer lists is that of its call, up to 8 bytes behind the function's start.
    private sealed class Traceable(HashSet<string>? names, ulong[]? addresses)
    {
        private const int MostBehind = 8;

        public bool Has(KernelFunction function)
        {
            if (addresses is null) return names!.Contains(function.Name);
            var at = Array.BinarySearch(addresses, function.Address);
            if (at < 0) at = ~at;
            return at < addresses.Length && addresses[at] - function.Address <= MostBehind;
        }
    }
}
