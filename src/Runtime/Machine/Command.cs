namespace Ktap.Runtime.Machine;

/// <summary>
/// A command started for tracing: its process id, and its cgroup where the machine has cgroup2 (else null: filter by a hash of
/// process ids kept by fork and exit). <paramref name="File"/> is the path of its program. <paramref name="Handle"/> means something to its machine only.
/// </summary>
public sealed record Command(int Handle, int Pid, string File, CommandCgroup? Cgroup);

/// <summary>A command's cgroup: a handle for <see cref="IMachine.UpdateReference"/> into a CGROUP_ARRAY map, the id that bpf_get_current_cgroup_id returns, its folder.</summary>
public sealed record CommandCgroup(int Handle, ulong Id, string Path);

/// <summary>How a command ended: its exit code, or the signal that killed it (the other is 0).</summary>
public readonly record struct CommandExit(int Code, int Signal)
{
    /// <summary>The status a shell would show: the code, or 128 + signal.</summary>
    public int Status => Signal != 0 ? 128 + Signal : Code;
}
