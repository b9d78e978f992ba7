namespace Ktap.Runtime.Machine;

public sealed partial class LocalMachine
{
    /// <inheritdoc/>
    public Command Prepare(IReadOnlyList<string> arguments)
    {
        var handle = NewHandle();
        var child = ChildProcess.Start(arguments, Features.Cgroup2 is null ? null : $"ktap-{Environment.ProcessId}-{handle}");
        _children[handle] = child;
        var group = child.Cgroup is { } cgroup ? new CommandCgroup(cgroup.Descriptor.Number, cgroup.Id, cgroup.Path) : null;
        return new Command(handle, child.Pid, child.File, group);
    }

    /// <inheritdoc/>
    public void Release(Command command) => ChildOf(command).Release();

    /// <inheritdoc/>
    public void ReleaseToStart(Command command) => ChildOf(command).ReleaseToStart();

    /// <inheritdoc/>
    public void Continue(Command command) => ChildOf(command).Continue();

    /// <inheritdoc/>
    public CommandExit? WaitExit(Command command, int milliseconds) => ChildOf(command).Wait(milliseconds);

    /// <inheritdoc/>
    public void NotifyExit(Command command, Action exited) => ChildOf(command).NotifyExit(exited);

    /// <inheritdoc/>
    public void Forget(Command command) => ForgetHandle(command.Handle);

    private ChildProcess ChildOf(Command command) =>
        _children.TryGetValue(command.Handle, out var child) ? child : throw new InvalidOperationException("the command was forgotten");

    private void ForgetHandle(int handle)
    {
        if (_children.TryRemove(handle, out var child)) child.Dispose();
    }
}
