using System.Globalization;
using System.Text;
using Ktap.Compiler.Diagnostics;
using Ktap.Runtime.LibBpf;
using Ktap.Runtime.Machine;

namespace Ktap.Runtime.Symbols;

/// <summary>
/// Names for addresses in traced processes. A process's memory map is read when a stack of it is first seen, because the process may have ended, or run
/// another program, when the stack is printed; the symbols of the files in it are read when a name is wanted. Not for several threads at once.
/// </summary>
public sealed class UserSymbols(IMachine machine)
{
    // Frames that lie nowhere are common in programs without frame pointers, so they lead to another look at the map only after so many milliseconds.
    private const long LookAgainAfter = 50;

    private readonly FunctionFiles _files = new(machine);
    private readonly List<AddressSpace> _spaces = [];
    private readonly Dictionary<int, (AddressSpace Space, long ReadAt)> _latest = [];
    private readonly Dictionary<int, (FunctionTable Table, long Size)> _perfMaps = [];

    /// <summary>The number of the address space that a process's stack belongs to, seen now; 0 where the process has gone and was never looked at.</summary>
    public int SpaceOf(int pid, ReadOnlySpan<ulong> frames)
    {
        var known = _latest.TryGetValue(pid, out var latest);
        var program = machine.Identify($"/proc/{pid}/exe");
        // Of a process that has ended, the last that was seen of it.
        if (program is null) return known ? latest.Space.Number : 0;
        if (known && latest.Space.Program == program && (latest.Space.Covers(frames) || Environment.TickCount64 - latest.ReadAt < LookAgainAfter)) return latest.Space.Number;
        return Look(pid, program)?.Number ?? (known ? latest.Space.Number : 0);
    }

    /// <summary>
    /// The name of an address: <c>name+0x1c</c>, with <c>[file]</c> behind it where that is not the process's program; <c>0x7f… [file+0x1c]</c>, with the offset in the file, where that has no symbol
    /// there; a number alone where nothing is known. A return address stands behind the call, which may be the last instruction of its function.
    /// </summary>
    public ReadOnlySpan<byte> Format(int pid, int space, ulong address, bool isReturn)
    {
        if ((space > 0 ? _spaces[space - 1] : _latest.GetValueOrDefault(pid).Space) is not { } seen) return Encoding.UTF8.GetBytes($"0x{address:x}");
        if (seen.Texts.TryGetValue((address, isReturn), out var known)) return known;
        var mapped = seen.IndexOf(address) < 0 && Later(seen, address) is { } later ? later : seen;
        return seen.Texts[(address, isReturn)] = Describe(mapped, address, isReturn);
    }

    // What was mapped after the stack's space was read: that of the same program only.
    private AddressSpace? Later(AddressSpace seen, ulong address)
    {
        SpaceOf(seen.Pid, [address]);
        var latest = _latest[seen.Pid].Space;
        return latest != seen && latest.Program == seen.Program && latest.IndexOf(address) >= 0 ? latest : null;
    }

    private AddressSpace? Look(int pid, FileIdentity? program)
    {
        CodeMapping[] mappings;
        try
        {
            mappings = CodeMapping.Parse(machine.ReadFile($"/proc/{pid}/maps"));
        }
        catch (KtapException)
        {
            return null;
        }
        // A process that is about to end has a map without anything in it.
        if (mappings.Length == 0) return null;
        var space = new AddressSpace(_spaces.Count + 1, pid, program, mappings, [.. mappings.Select(m => m.IsFile ? _files.Of(pid, m) : null)]);
        _spaces.Add(space);
        _latest[pid] = (space, Environment.TickCount64);
        return space;
    }

    private byte[] Describe(AddressSpace space, ulong address, bool isReturn)
    {
        var back = isReturn ? 1UL : 0;
        var index = space.IndexOf(address - back);
        if (index < 0) return Encoding.UTF8.GetBytes($"0x{address:x}");
        var mapping = space.Mappings[index];
        ulong offset;
        var name = space.Files[index] is { } file
            ? file.Find(address - back - mapping.Start + mapping.Offset, out offset)
            : PerfMapOf(space.Pid, address - back).Find(address - back, out offset);
        var text = new StringBuilder();
        if (name.IsEmpty)
        {
            text.Append(CultureInfo.InvariantCulture, $"0x{address:x}");
            // Where a program is loaded changes from run to run; the offset is what its symbols, found elsewhere, are looked up by.
            if (mapping.IsFile) return Encoding.UTF8.GetBytes(text.Append(CultureInfo.InvariantCulture, $" [{mapping.ShortName}+0x{address - mapping.Start + mapping.Offset:x}]").ToString());
        }
        else text.Append(Readable(Encoding.UTF8.GetString(name))).Append(CultureInfo.InvariantCulture, $"+0x{offset + back:x}");
        return Encoding.UTF8.GetBytes(text.Append(Place(space, mapping)).ToString());
    }

    // C++ names as they are written in the source.
    private static string Readable(string symbol) => Demangler.Read(symbol) ?? symbol;

    private static string Place(AddressSpace space, CodeMapping mapping)
    {
        if (mapping.Path.StartsWith('[')) return " " + mapping.Path;
        return mapping.IsFile && !(space.Program is { } program && program.IsSameAs(mapping.File)) ? $" [{mapping.ShortName}]" : "";
    }

    // The compiler adds to its file as long as the process runs, so what isn't found there is looked for again when the file has grown.
    private FunctionTable PerfMapOf(int pid, ulong address)
    {
        var known = _perfMaps.TryGetValue(pid, out var map);
        if (known && !map.Table.Find(address, out _).IsEmpty) return map.Table;
        foreach (var path in new[] { $"/proc/{pid}/root/tmp/perf-{InnerPid(pid)}.map", $"/tmp/perf-{pid}.map" })
        {
            // A link to something else than a file could be read without end.
            if (machine.Identify(path) is not { IsPlain: true } file || (known && file.Size == map.Size)) continue;
            var table = PerfMap.Parse(machine.ReadFile(path));
            _perfMaps[pid] = (table, file.Size);
            return table;
        }
        if (!known) _perfMaps[pid] = (FunctionTable.Empty, 0);
        return _perfMaps[pid].Table;
    }

    // The process's id in its own namespace, by which it named the file: the last number of "NSpid:\t4711\t1".
    private string InnerPid(int pid)
    {
        try
        {
            var line = Encoding.UTF8.GetString(machine.ReadFile($"/proc/{pid}/status")).Split('\n').FirstOrDefault(l => l.StartsWith("NSpid:", StringComparison.Ordinal));
            if (line is not null) return line.Split('\t')[^1];
        }
        catch (KtapException)
        {
            // It has ended.
        }
        return pid.ToString(CultureInfo.InvariantCulture);
    }
}
