using System.Text;
using Ktap.Compiler.Btf;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Tests.Fuzz;

/// <summary>A kernel of a few events, the same everywhere.</summary>
public class FrozenTarget : Target
{
    private const string Common = """
        format:
        	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
        	field:unsigned char common_flags;	offset:2;	size:1;	signed:0;
        	field:unsigned char common_preempt_count;	offset:3;	size:1;	signed:0;
        	field:int common_pid;	offset:4;	size:4;	signed:1;

        """;

    private static readonly Dictionary<string, TracepointFormat> Formats = new[]
    {
        Event("sched:sched_switch", "char prev_comm[16];8;16;0", "pid_t prev_pid;24;4;1", "int prev_prio;28;4;1", "long prev_state;32;8;1", "char next_comm[16];40;16;0", "pid_t next_pid;56;4;1", "int next_prio;60;4;1"),
        Event("sched:sched_process_exec", "__data_loc char[] filename;8;4;0", "pid_t pid;12;4;1", "pid_t old_pid;16;4;1"),
        Event("skb:kfree_skb", "void * skbaddr;8;8;0", "void * location;16;8;0", "unsigned short protocol;24;2;0"),
        Event("syscalls:sys_enter_openat", "int __syscall_nr;8;4;1", "int dfd;16;8;0", "const char * filename;24;8;0", "int flags;32;8;0", "umode_t mode;40;8;0"),
        Event("syscalls:sys_exit_openat", "int __syscall_nr;8;4;1", "long ret;16;8;1"),
        Event("syscalls:sys_enter_getppid", "int __syscall_nr;8;4;1"),
        Event("syscalls:sys_exit_getppid", "int __syscall_nr;8;4;1", "long ret;16;8;1"),
    }.ToDictionary(e => e.Name, e => e.Format);

    public override Ktap.Compiler.Types.Architecture Architecture { get; } = Ktap.Compiler.Types.Architecture.ForMachine("x86_64")!;

    public override KernelFeatures Features { get; } = new()
    {
        Version = new Version(6, 12, 7), Release = "6.12.7", Machine = "x86_64", PossibleCpus = 2, Btf = false, Cgroup2 = null,
        CurrentTaskBtf = true, AtomicFetch = true, PerfCookies = true, BpfLoop = true, KprobeMulti = true, NumberIterators = true,
        UprobeMulti = true, MayGoto = true, RawTracepointCookies = true,
    };

    public override BtfReader? Btf => null;

    public override IReadOnlyList<string> Tracepoints { get; } = [.. Formats.Keys];

    public override IReadOnlyDictionary<int, string> Syscalls { get; } = new Dictionary<int, string> { [110] = "getppid", [257] = "openat" };

    public override TracepointFormat? Format(string group, string name) => Formats.GetValueOrDefault($"{group}:{name}");

    public override ulong? SymbolAddress(string name) => name is "schedule" or "vfs_read" ? 0xffffffff81000000 : null;

    private static (string Name, TracepointFormat Format) Event(string name, params string[] fields)
    {
        var parts = name.Split(':');
        var text = new StringBuilder($"name: {parts[1]}\nID: {name.Length}\n{Common}");
        foreach (var field in fields.Select(f => f.Split(';')))
            text.Append($"\tfield:{field[0]};\toffset:{field[^3]};\tsize:{field[^2]};\tsigned:{field[^1]};\n");
        return (name, TracepointFormat.Parse(parts[0], Encoding.UTF8.GetBytes(text.Append("\nprint fmt: \"\"\n").ToString())));
    }
}
