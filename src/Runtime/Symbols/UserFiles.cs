using System.Globalization;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Types;
using Ktap.Runtime.Machine;

namespace Ktap.Runtime.Symbols;

/// <summary>Finds the programs and libraries that probes name: by path, or by a short name as the dynamic loader and $PATH would; of one process, where one is given.</summary>
/// <param name="machine">The machine.</param>
/// <param name="machineNumber">The processor that files have to be for, as ELF numbers it (<c>e_machine</c>).</param>
/// <param name="architecture">The same as messages call it.</param>
public sealed class UserFiles(IMachine machine, ushort machineNumber, string architecture)
{
    private const string Cache = "/etc/ld.so.cache";

    // Where the loader looks without a cache, and where Debian has the libraries of an architecture.
    private static readonly string[] Folders = ["/lib/{0}-linux-gnu", "/usr/lib/{0}-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib"];

    private readonly Dictionary<(string Name, int Pid), UserFileSearch> _known = [];
    private readonly FunctionFiles _functions = new(machine);

    /// <summary>Looks for a file; of process <paramref name="pid"/> where that isn't 0.</summary>
    public UserFileSearch Find(string name, int pid)
    {
        if (_known.TryGetValue((name, pid), out var known)) return known;
        return _known[(name, pid)] = name.Contains('/') ? ByPath(name, pid) : ByName(name, pid);
    }

    private UserFileSearch ByPath(string name, int pid)
    {
        var root = RootOf(pid);
        var path = root.Length == 0 ? Path.GetFullPath(name) : name;
        var place = MappedBy(pid, root).FirstOrDefault(m => m.Path == path).Place ?? root + path;
        return Open(path, place, root) switch
        {
            UserFileSearch.Failed { Why: "" } => new UserFileSearch.Failed(root.Length == 0 ? $"there is no file {name}" : $"process {pid} has no file {name}", Similar(name)),
            var search => search,
        };
    }

    private UserFileSearch ByName(string name, int pid)
    {
        var (root, looked) = (RootOf(pid), new List<string>());
        UserFileSearch? other = null;
        foreach (var (place, paths) in Places(name, pid, root))
        {
            looked.Add(place);
            foreach (var (path, at) in paths)
            {
                var search = Open(path, at, root);
                if (search is UserFileSearch.Found) return search;
                if (search is UserFileSearch.Failed { Why.Length: > 0 }) other ??= search;
            }
        }
        return other ?? new UserFileSearch.Failed($"there is no library or program '{name}'", $"looked in {string.Join(", ", looked)}; a file elsewhere is named by its path");
    }

    // Where to look, in order, and what is there under the name.
    private IEnumerable<(string Place, IEnumerable<(string Path, string Place)> Paths)> Places(string name, int pid, string root)
    {
        IEnumerable<(string, string)> Here(IEnumerable<string> paths) => paths.Select(p => (p, root + p));
        if (pid != 0) yield return ($"what process {pid} has mapped", MappedBy(pid, root).Where(m => IsCalled(m.Path, name)));
        var cache = machine.Exists(root + Cache) ? LoaderCache.Parse(machine.ReadFile(root + Cache)) : [];
        yield return (Cache, Here(cache.Where(l => IsLibrary(l.Name, name)).Select(l => l.Path)));
        var folders = Folders.Select(f => string.Format(CultureInfo.InvariantCulture, f, architecture)).Where(f => machine.Exists(root + f)).ToArray();
        yield return (string.Join(", ", folders), Here(folders.SelectMany(f => In(f, root).Where(n => IsLibrary(n, name)).Order(StringComparer.Ordinal).Select(n => $"{f}/{n}"))));
        var programs = (Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin").Split(':', StringSplitOptions.RemoveEmptyEntries);
        yield return ("$PATH", Here(programs.Select(folder => $"{folder}/{name}")));
        yield return ("the same for lib" + name, Here(cache.Where(l => IsLibrary(l.Name, "lib" + name)).Select(l => l.Path)));
    }

    // "libc" is libc.so.6.
    private static bool IsLibrary(string file, string name) => file == name || file.StartsWith(name + ".so", StringComparison.Ordinal);

    // Among what a process has mapped are the names that links lead to: libc-2.31.so.
    private static bool IsCalled(string path, string name)
    {
        var file = path[(path.LastIndexOf('/') + 1)..];
        return IsLibrary(file, name) || IsLibrary(file, "lib" + name) || (file.StartsWith(name + "-", StringComparison.Ordinal) && file.Contains(".so", StringComparison.Ordinal));
    }

    // A file that was replaced since the process mapped it is reached through the mapping.
    private IEnumerable<(string Path, string Place)> MappedBy(int pid, string root)
    {
        if (pid == 0) return [];
        try
        {
            return CodeMapping.Parse(machine.ReadFile($"/proc/{pid}/maps")).Where(m => m.IsFile).Select(m => (m.PathWithoutMark,
                machine.Identify(root + m.PathWithoutMark) is { } there && there.IsSameAs(m.File) ? root + m.PathWithoutMark : $"/proc/{pid}/map_files/{m.Start:x}-{m.End:x}"));
        }
        catch (KtapException)
        {
            // It has ended; what traces it will say so.
            return [];
        }
    }

    // The folder that a process sees as its root: "" where it is ours.
    private string RootOf(int pid)
    {
        if (pid == 0) return "";
        var root = $"/proc/{pid}/root";
        bool Same(string what) => machine.Identify($"/proc/{pid}/{what}") is not { } theirs || machine.Identify($"/proc/self/{what}") is not { } ours || theirs.IsSameAs(ours);
        return Same("ns/mnt") && Same("root") ? "" : root;
    }

    private IReadOnlyList<string> In(string folder, string root) => machine.Exists(root + folder) ? machine.ListDirectory(root + folder) : [];

    // A failure without a reason: there is nothing at that path.
    private UserFileSearch Open(string path, string place, string root)
    {
        if (machine.Identify(place) is not { } file) return new UserFileSearch.Failed("", null);
        if (!file.IsPlain) return new UserFileSearch.Failed($"{path} is no file", null);
        var content = _functions.Read(place, root, path);
        if (content.Code.Machine == 0) return new UserFileSearch.Failed($"{path} is no program or library (ELF file)", "probe the program that runs it");
        if (content.Code.Machine != machineNumber) return new UserFileSearch.Failed($"{path} is not for {architecture}", "functions of programs for other processors can't be probed");
        return new UserFileSearch.Found(new ElfUserFile(machine, path, place, content));
    }

    private string? Similar(string path)
    {
        var (folder, name) = (path[..(path.LastIndexOf('/') + 1)], path[(path.LastIndexOf('/') + 1)..]);
        if (!machine.Exists(folder)) return $"there is no folder {folder} either";
        var near = Compiler.Diagnostics.Errors.Nearest(name, In(folder, ""), 3);
        return near.Count > 0 ? $"the nearest there: {string.Join(", ", near)}" : null;
    }
}
