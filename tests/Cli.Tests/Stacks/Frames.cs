using System.Diagnostics;

namespace Ktap.Cli.Tests.Stacks;

/// <summary>The program with stacks of a known shape (<c>frames.c</c>), whole and without its symbols.</summary>
internal sealed class Frames : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ktap-stacks-").FullName;
    private string? _elsewhere;

    /// <summary>Compiles it, with a build id that no other file on the machine has.</summary>
    public Frames(string buildId = "none")
    {
        Program = Path.Combine(_folder, "ktap-frames");
        Run("cc", "-O1", "-fno-omit-frame-pointer", "-Wall", "-Wextra", "-Werror", $"-Wl,--build-id={buildId}", "-o", Program,
            Path.Combine(Repository.Root, "tests", "Cli.Tests", "Stacks", "frames.c"));
    }

    /// <summary>The program.</summary>
    public string Program { get; }

    /// <summary>Moves the symbols into a file of their own and leaves a link to it in the program.</summary>
    public Frames StripWithLink()
    {
        var link = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, ".debug")).FullName, "ktap-frames.debug");
        Run("objcopy", "--only-keep-debug", Program, link);
        Run("strip", "--strip-all", Program);
        Run("objcopy", $"--add-gnu-debuglink={link}", Program);
        return this;
    }

    /// <summary>Moves the symbols to where the program's build id leads.</summary>
    public Frames StripToDebugFolder(string id)
    {
        _elsewhere = $"/usr/lib/debug/.build-id/{id[..2]}/{id[2..]}.debug";
        Directory.CreateDirectory(Path.GetDirectoryName(_elsewhere)!);
        Run("objcopy", "--only-keep-debug", Program, _elsewhere);
        return Strip();
    }

    /// <summary>Throws the symbols away.</summary>
    public Frames Strip()
    {
        Run("strip", "--strip-all", Program);
        return this;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        if (_elsewhere is not null) File.Delete(_elsewhere);
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors);
    }
}
