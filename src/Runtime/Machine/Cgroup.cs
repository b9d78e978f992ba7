using System.Globalization;
using Ktap.Runtime.LibBpf;

namespace Ktap.Runtime.Machine;

/// <summary>A cgroup of ktap's own in cgroup2, removed with it.</summary>
internal sealed unsafe class Cgroup : IDisposable
{
    private Cgroup(string path, Descriptor descriptor, ulong id) => (Path, Descriptor, Id) = (path, descriptor, id);

    /// <summary>Its folder.</summary>
    internal string Path { get; }

    /// <summary>The folder, open.</summary>
    internal Descriptor Descriptor { get; }

    /// <summary>The id that bpf_get_current_cgroup_id returns for tasks in it: the folder's inode number.</summary>
    internal ulong Id { get; }

    /// <summary>Where cgroup2 is mounted (the first place), or null. A mount of a part of it counts: that part is our world.</summary>
    internal static string? FindMount()
    {
        foreach (var line in File.ReadLines("/proc/self/mountinfo"))
        {
            // 41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw
            var dash = line.IndexOf(" - ", StringComparison.Ordinal);
            if (dash > 0 && line.AsSpan(dash + 3).StartsWith("cgroup2 ")) return Unescape(line.Split(' ')[4]);
        }
        return null;
    }

    /// <summary>Makes one: inside ktap's own cgroup, so that its limits hold, else at the top; null where neither can be.</summary>
    internal static Cgroup? Create(string name)
    {
        if (FindMount() is not { } mount) return null;
        foreach (var parent in new[] { mount + OwnPath(), mount })
        {
            var path = $"{parent.TrimEnd('/')}/{name}";
            try
            {
                Directory.CreateDirectory(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                continue;
            }
            // A parent with controllers switched on for threads makes a group that can't hold processes.
            if (File.ReadAllText(path + "/cgroup.type").Trim() == "domain" && Open(path) is { } cgroup) return cgroup;
            Directory.Delete(path);
        }
        return null;
    }

    /// <summary>Moves a process in; false when the kernel refuses.</summary>
    internal bool Add(int pid) => Move(pid, Path);

    /// <inheritdoc/>
    public void Dispose()
    {
        Descriptor.Dispose();
        // Processes that outlive the command go up a level; one that forks meanwhile is caught in the next round.
        for (var round = 0; round < 10; round++)
        {
            try
            {
                foreach (var pid in File.ReadAllLines(Path + "/cgroup.procs"))
                    Move(int.Parse(pid, CultureInfo.InvariantCulture), System.IO.Path.GetDirectoryName(Path)!);
                Directory.Delete(Path);
                return;
            }
            catch (DirectoryNotFoundException)
            {
                return;
            }
            catch (IOException)
            {
                // A dying process keeps the group busy until it is reaped.
                Thread.Sleep(5);
            }
        }
    }

    private static bool Move(int pid, string group)
    {
        try
        {
            File.WriteAllText(group + "/cgroup.procs", pid.ToString(CultureInfo.InvariantCulture));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static Cgroup? Open(string path)
    {
        var descriptor = new Descriptor(Libc.Open(path, Libc.ReadOnly | Libc.Directory | Libc.CloseOnExec));
        return descriptor.IsInvalid ? null : new Cgroup(path, descriptor, InodeOf(path));
    }

    private static ulong InodeOf(string path)
    {
        const int currentFolder = -100, inodeOffset = 32;
        const uint inode = 0x100;
        var result = stackalloc byte[256];
        return Libc.StatX(currentFolder, path, 0, inode, result) == 0 ? *(ulong*)(result + inodeOffset) : throw new IOException("statx " + path);
    }

    // "0::/user.slice/…" of /proc/self/cgroup; "/../…" means outside of what this namespace shows.
    private static string OwnPath()
    {
        var line = File.ReadLines("/proc/self/cgroup").FirstOrDefault(l => l.StartsWith("0::", StringComparison.Ordinal));
        var path = line?[3..] ?? "/";
        return path.StartsWith("/..", StringComparison.Ordinal) || path == "/" ? "" : path;
    }

    // mountinfo writes blanks and backslashes as \040 and such.
    private static string Unescape(string text)
    {
        for (var at = 0; (at = text.IndexOf('\\', at)) >= 0 && at + 4 <= text.Length; at++)
            text = text[..at] + (char)Convert.ToInt32(text.Substring(at + 1, 3), 8) + text[(at + 4)..];
        return text;
    }
}
