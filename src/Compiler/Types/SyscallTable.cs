using System.Globalization;

namespace Ktap.Compiler.Types;

/// <summary>
/// The system calls of one architecture, by number and by name: the names programs use (asm/unistd.h), and those of the
/// <c>syscalls:sys_enter_*</c> events, which are the kernel's functions and differ in places.
/// </summary>
public sealed class SyscallTable
{
    // Event name -> the user-space names to try, in order, where it isn't simply the same. The functions behind old calls keep the
    // plain name on some architectures (stat is oldstat on 32-bit x86, newstat is stat everywhere).
    private static readonly Dictionary<string, string[]> EventNames = new()
    {
        ["newstat"] = ["stat"],
        ["newfstat"] = ["fstat"],
        ["newlstat"] = ["lstat"],
        ["stat"] = ["oldstat", "stat"],
        ["fstat"] = ["oldfstat", "fstat"],
        ["lstat"] = ["oldlstat", "lstat"],
        ["newuname"] = ["uname"],
        ["uname"] = ["olduname", "uname"],
        ["olduname"] = ["oldolduname", "olduname"],
        ["umount"] = ["umount2"],
        ["oldumount"] = ["umount"],
        ["sendfile64"] = ["sendfile64", "sendfile"],
        ["fadvise64_64"] = ["fadvise64_64", "arm_fadvise64_64", "fadvise64"],
        ["sync_file_range2"] = ["sync_file_range2", "arm_sync_file_range"],
        ["mmap_pgoff"] = ["mmap2", "mmap"],
        ["old_mmap"] = ["mmap"],
        ["select"] = ["_newselect", "select"],
        ["old_select"] = ["select"],
        ["getrlimit"] = ["ugetrlimit", "getrlimit"],
        ["old_getrlimit"] = ["getrlimit"],
        ["old_readdir"] = ["readdir"],
        ["llseek"] = ["_llseek"],
        ["sysctl"] = ["_sysctl"],
        ["arm64_personality"] = ["personality"],
        ["ppc64_personality"] = ["personality"],
        ["s390_personality"] = ["personality"],
        ["s390_ipc"] = ["ipc"],
    };

    // On 32-bit architectures the plain function is the newer call with a suffix, and the older one's function has a suffix itself:
    // chown is chown32 and chown16 is chown; futex is futex_time64 and futex_time32 is futex; clock_gettime is clock_gettime64.
    private static readonly string[] NewerSuffixes = ["32", "_time64"];
    private static readonly string[] OlderSuffixes = ["16", "_time32", "32"];
    private static readonly HashSet<string> NewerWith64 =
        ["clock_gettime", "clock_settime", "clock_adjtime", "timer_gettime", "timer_settime", "timerfd_gettime", "timerfd_settime"];

    private static readonly Lazy<SyscallTable>
        X64 = Parsed(SyscallTables.X64.Table), X86 = Parsed(SyscallTables.X86.Table), Arm = Parsed(SyscallTables.Arm.Table),
        Generic = Parsed(SyscallTables.Generic.Table), PowerPc64 = Parsed(SyscallTables.PowerPc64.Table), S390x = Parsed(SyscallTables.S390x.Table);

    private readonly Dictionary<string, int> _numbers = [];
    private readonly Dictionary<int, string> _names = [];

    private SyscallTable(string table)
    {
        foreach (var line in table.Split('\n'))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var number = int.Parse(words[0], CultureInfo.InvariantCulture);
            foreach (var name in words.AsSpan(1))
            {
                _numbers.Add(name, number);
                _names.Add(number++, name);
            }
        }
    }

    /// <summary>The table for hardware as <c>uname -m</c> names it, or null where ktap has none.</summary>
    public static SyscallTable? ForMachine(string machine) => machine switch
    {
        "x86_64" => X64.Value,
        "aarch64" or "riscv64" or "loongarch64" => Generic.Value,
        "ppc64" or "ppc64le" => PowerPc64.Value,
        "s390x" => S390x.Value,
        ['i', _, '8', '6'] => X86.Value,
        ['a', 'r', 'm', ..] => Arm.Value,
        _ => null,
    };

    private static Lazy<SyscallTable> Parsed(string table) => new(() => new SyscallTable(table));

    /// <summary>The highest number in use.</summary>
    public int Highest => _names.Keys.Max();

    /// <summary>The names programs use, unsorted.</summary>
    public IEnumerable<string> Names => _numbers.Keys;

    /// <summary>The name programs use for a number, or null.</summary>
    public string? NameOf(int number) => _names.GetValueOrDefault(number);

    /// <summary>The number of the call that programs know by this name, or null.</summary>
    public int? NumberOf(string name) => _numbers.TryGetValue(name, out var number) ? number : null;

    /// <summary>The number behind the events <c>syscalls:sys_enter_NAME</c> and <c>syscalls:sys_exit_NAME</c>, or null.</summary>
    public int? NumberOfEvent(string name)
    {
        if (EventNames.TryGetValue(name, out var others)) return FirstOf(others);
        foreach (var suffix in NewerSuffixes)
            if (NumberOf(name + suffix) is { } newer) return newer;
        if (NewerWith64.Contains(name) && NumberOf(name + "64") is { } wide) return wide;
        if (NumberOf(name) is { } number) return number;
        foreach (var suffix in OlderSuffixes)
            if (name.EndsWith(suffix, StringComparison.Ordinal) && NumberOf(name[..^suffix.Length]) is { } older) return older;
        return null;
    }

    private int? FirstOf(string[] names)
    {
        foreach (var name in names)
            if (NumberOf(name) is { } number) return number;
        return null;
    }

    /// <summary>
    /// Every number with the name of its event among those of a kernel (<c>newfstat</c>, without <c>sys_enter_</c>); calls that have
    /// none there keep the name programs use.
    /// </summary>
    public IReadOnlyDictionary<int, string> WithEventNames(IEnumerable<string> events)
    {
        var names = new Dictionary<int, string>(_names);
        foreach (var name in events)
            if (NumberOfEvent(name) is { } number) names[number] = name;
        return names;
    }
}
