using Ktap.Compiler.Diagnostics;
using Ktap.Runtime.Machine;

namespace Ktap.Runtime.Symbols;

/// <summary>
/// The functions of the files that processes map: each file is read once, with the file that its symbols were moved to where it is stripped
/// (by its build id in /usr/lib/debug/.build-id, or by its debug link).
/// </summary>
public sealed class FunctionFiles(IMachine machine)
{
    private const string DebugFolder = "/usr/lib/debug";

    private readonly Dictionary<(uint, uint, ulong), FileFunctions> _files = [];

    /// <summary>
    /// The functions of the file behind a mapping of a process. A file that the path still leads to from here is read when the first of its
    /// functions is looked up; one that can be reached through the process only (another mount namespace, deleted) now, before the process ends.
    /// </summary>
    public FileFunctions Of(int pid, CodeMapping mapping)
    {
        var key = (mapping.File.Major, mapping.File.Minor, mapping.File.Inode);
        if (_files.TryGetValue(key, out var known)) return known;
        var path = mapping.PathWithoutMark;
        if (machine.Identify(path) is { } here && here.IsSameAs(mapping.File))
            return _files[key] = new FileFunctions(() => Read(path, "", path));
        var root = $"/proc/{pid}/root";
        // The link of a mapping leads to its very file, wherever that is; it needs rights that the path doesn't.
        var link = $"/proc/{pid}/map_files/{mapping.Start:x}-{mapping.End:x}";
        var read = Read(machine.Identify(link) is not null ? link : root + path, root, path);
        return _files[key] = new FileFunctions(() => read);
    }

    /// <summary>
    /// What a file says of its functions, and where they were moved out of it, the file that they were moved to: looked for by the <paramref name="path"/> that
    /// processes know it by, from here and behind <paramref name="root"/>.
    /// </summary>
    public (ElfFunctions Code, ElfFunctions? Debug) Read(string file, string root, string path)
    {
        var code = TryRead(file) ?? ElfFunctions.None;
        return (code, code.IsStripped ? DebugOf(code, root, path) : null);
    }

    private ElfFunctions? DebugOf(ElfFunctions code, string root, string path)
    {
        foreach (var candidate in DebugFiles(code, path))
            foreach (var at in root.Length == 0 ? new[] { candidate } : [candidate, root + candidate])
                if (machine.Identify(at) is { IsPlain: true } && TryRead(at) is { IsStripped: false } debug
                    && (code.BuildId.IsEmpty || debug.BuildId.AsSpan().SequenceEqual(code.BuildId.AsSpan()))) return debug;
        return null;
    }

    private static IEnumerable<string> DebugFiles(ElfFunctions code, string path)
    {
        if (code.BuildId.Length > 1)
        {
            var id = Convert.ToHexStringLower(code.BuildId.AsSpan());
            yield return $"{DebugFolder}/.build-id/{id[..2]}/{id[2..]}.debug";
        }
        if (code.DebugLink is not { Length: > 0 } link || link.Contains('/')) yield break;
        var folder = path[..(path.LastIndexOf('/') + 1)];
        if (folder + link != path) yield return folder + link;
        yield return $"{folder}.debug/{link}";
        yield return DebugFolder + folder + link;
    }

    private ElfFunctions? TryRead(string path)
    {
        try
        {
            return machine.ReadFunctions(path);
        }
        catch (KtapException)
        {
            // It is gone, or not ours to read: its addresses have no names.
            return null;
        }
    }
}

/// <summary>The functions of one file.</summary>
public sealed class FileFunctions(Func<(ElfFunctions Code, ElfFunctions? Debug)> read)
{
    private readonly Lazy<(ElfFunctions Code, ElfFunctions? Debug)> _content = new(read);

    /// <summary>The name of the function at an offset in the file, and how far behind its start that is; empty where none covers it.</summary>
    public ReadOnlySpan<byte> Find(ulong fileOffset, out ulong offset)
    {
        var (code, debug) = _content.Value;
        offset = 0;
        foreach (var segment in code.Segments)
        {
            if (fileOffset < segment.Offset || fileOffset - segment.Offset >= segment.Size) continue;
            var address = fileOffset - segment.Offset + segment.Address;
            var name = debug is null ? default : debug.Functions.Find(address, out offset);
            return name.IsEmpty ? code.Functions.Find(address, out offset) : name;
        }
        return default;
    }
}
