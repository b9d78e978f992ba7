using Ktap.Runtime.LibBpf;

namespace Ktap.Runtime.Machine;

/// <summary>Finds a command as execvp(3) does, but before the fork, so that a wrong name is an error of ours and not a dead child.</summary>
internal static class ProgramPath
{
    private const int Executable = 1;

    /// <summary>The path of a command; throws when no folder of $PATH has it.</summary>
    internal static string Find(string command)
    {
        if (command.Contains('/')) return File.Exists(command) ? command : throw KernelErrors.Command(command, Libc.ENOENT);
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin").Split(':');
        foreach (var folder in folders)
        {
            // An empty folder means the current one.
            var path = (folder.Length == 0 ? "." : folder) + "/" + command;
            if (File.Exists(path) && Libc.Access(path, Executable) == 0) return path;
        }
        throw KernelErrors.Command(command, Libc.ENOENT);
    }
}
