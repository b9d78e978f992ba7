using System.Text.RegularExpressions;
using Ktap.Compiler.Elf;
using Ktap.Tests;

namespace Ktap.Compiler.Tests.Elf;

/// <summary>
/// An object loaded into the kernel by bpftool (so by libbpf) and pinned in a BPF file system of its own, which vanishes with it.
/// Skips where the machine doesn't let this test mount one.
/// </summary>
public sealed class LoadedObject : IDisposable
{
    private readonly string _root = Path.Combine(Path.GetTempPath(), $"ktap-test-{Guid.NewGuid():N}");

    public LoadedObject(ElfObject source)
    {
        Directory.CreateDirectory(_root);
        var mount = Tool.Run("mount", "-t", "bpf", "ktap-test", _root);
        if (mount.Status != 0) Directory.Delete(_root);
        Skip.Unless(mount.Status == 0, $"can't mount a BPF file system: {mount.Errors.Trim()}");
        try
        {
            using var file = new TemporaryObject(source);
            Tool.Run("bpftool", "prog", "loadall", file.Path, $"{_root}/programs", "pinmaps", $"{_root}/maps").Expect();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>A program as the kernel rewrote it, with the source lines it was told; ids are N, and tags of functions H.</summary>
    public string Dump(string program)
    {
        var text = Tool.Run("bpftool", "prog", "dump", "xlated", "pinned", $"{_root}/programs/{program}", "linum").Expect();
        return Regex.Replace(Regex.Replace(text, @"\[id:\d+\]", "[id:N]"), "bpf_prog_[0-9a-f]{16}_", "bpf_prog_H_");
    }

    /// <summary>A map's kind, sizes and flags.</summary>
    public string Show(string map) => Tool.Run("bpftool", "map", "show", "pinned", $"{_root}/maps/{map}").Expect();

    /// <summary>A map's entries, by its types.</summary>
    public string Entries(string map) => Tool.Run("bpftool", "map", "dump", "pinned", $"{_root}/maps/{map}").Expect();

    public string[] Programs => [.. Directory.GetFiles($"{_root}/programs").Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal)];

    public string[] Maps => [.. Directory.GetFiles($"{_root}/maps").Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal)];

    public void Dispose()
    {
        Tool.Run("umount", _root).Expect();
        Directory.Delete(_root);
    }
}
