using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Ktap.Runtime.Machine;
using Xunit.Abstractions;

namespace Ktap.Runtime.Tests.Machine;

/// <summary>What tests on the real kernel share: objects compiled from C by clang, system calls of this process that a program can count.</summary>
[Collection("kernel")]
public abstract partial class KernelTest(ITestOutputHelper output) : IDisposable
{
    protected const int GetPpid = 110;

    protected LocalMachine Machine { get; } = new();

    public void Dispose()
    {
        Machine.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Ends a test that needs the real kernel where there is none, saying what is missing.</summary>
    protected static void NeedKernel()
    {
        Skip.Unless(RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64, "needs x86-64");
        Skip.Unless(Environment.IsPrivilegedProcess, "needs root");
        Skip.Unless(File.Exists("/usr/bin/clang"), "needs clang");
    }

    protected void Note(string text) => output.WriteLine(text);

    /// <summary>Compiles a C file beside this one.</summary>
    protected static byte[] Compile(string name, [CallerFilePath] string here = "")
    {
        var folder = Directory.CreateTempSubdirectory("ktap-test");
        try
        {
            var target = Path.Combine(folder.FullName, "o.bpf.o");
            var source = Path.Combine(Path.GetDirectoryName(here)!, name);
            using var clang = Process.Start(new ProcessStartInfo("clang", ["-target", "bpf", "-g", "-O2", "-Wall", "-Wno-unused", "-c", source, "-o", target]))!;
            clang.WaitForExit();
            Assert.Equal(0, clang.ExitCode);
            return File.ReadAllBytes(target);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Loads probes.bpf.c, with only these of its programs.</summary>
    protected LoadedObject LoadProbes(params string[] programs) => Machine.Load(
        Probes.Value, new LoadOptions { Skip = [.. AllPrograms.Except(programs)] });

    /// <summary>Makes the programs count a system call of this process.</summary>
    protected void Want(LoadedObject loaded, long number)
    {
        Machine.WriteMemory(loaded.Map(".bss"), Counter.WantedTgid, BitConverter.GetBytes((long)Environment.ProcessId));
        Machine.WriteMemory(loaded.Map(".bss"), Counter.WantedNumber, BitConverter.GetBytes(number));
    }

    protected long Read(LoadedObject loaded, int offset)
    {
        var bytes = new byte[8];
        Machine.ReadMemory(loaded.Map(".bss"), offset, bytes);
        return BitConverter.ToInt64(bytes);
    }

    protected static void CallGetPpid(int times)
    {
        for (var i = 0; i < times; i++) GetParentProcessId();
    }

    /// <summary>Offsets in the counters struct of probes.bpf.c.</summary>
    protected static class Counter
    {
        public const int WantedTgid = 0, WantedNumber = 8, Enters = 16, Perf = 24, Cookies = 32, Lost = 40, Execs = 48, ExecCgroup = 56, Discarded = 64, Samples = 72;
    }

    private static readonly Lazy<byte[]> Probes = new(() => Compile("probes.bpf.c"));
    private static readonly string[] AllPrograms =
        ["count_enter", "count_cookie", "too_many", "count_perf", "sample", "ring_enter", "wake_enter", "copy_record", "count_exec", "fill"];

    [LibraryImport("libc", EntryPoint = "getppid")]
    private static partial int GetParentProcessId();
}

/// <summary>Tests that load programs run one after the other: counts are exact for one process.</summary>
[CollectionDefinition("kernel", DisableParallelization = true)]
public sealed class KernelCollection;
