using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Ktap.Runtime.LibBpf;

namespace Ktap.Runtime.Machine;

public sealed unsafe partial class LocalMachine
{
    private static readonly TimeSpan LongestProgram = TimeSpan.FromMilliseconds(100);

    /// <inheritdoc/>
    public LoadedObject Load(ReadOnlySpan<byte> image, LoadOptions options)
    {
        RaiseFileLimit();
        var possible = BpfApi.PossibleCpus();
        fixed (byte* at = image)
        {
            var (address, length) = ((nint)at, (nuint)image.Length);
            var verbose = options.VerifierLogLevel > 0;
            var ((handle, error), log) = LibBpfLog.Capture(() => OpenAndLoad((byte*)address, length, options), verbose);
            if (error != 0)
            {
                handle.Dispose();
                throw KernelErrors.Load(-error, log);
            }
            return Register(handle, possible) with { VerifierLog = verbose ? VerifierLogs.In(log) : "" };
        }
    }

    /// <inheritdoc/>
    public void Unload(LoadedObject loaded) => UnloadHandle(loaded.Handle);

    /// <inheritdoc/>
    public TestRun RunOnce(LoadedProgram program, ReadOnlySpan<byte> context)
    {
        fixed (byte* at = context)
        {
            var options = new BpfApi.TestRunOptions
            {
                Size = (nuint)sizeof(BpfApi.TestRunOptions),
                ContextIn = at,
                ContextSizeIn = (uint)context.Length,
            };
            var error = BpfApi.TestRun(program.Handle, &options);
            return error == 0 ? new TestRun(options.Result, options.Duration) : throw KernelErrors.Program("run once", program.Name, -error);
        }
    }

    // MEMBARRIER_CMD_GLOBAL waits for a grace period of RCU (kernel/sched/membarrier.c), and programs run in read-side sections. It is refused with
    // full dynticks; there a program has all the time that it can need.
    /// <inheritdoc/>
    public void WaitForPrograms()
    {
        const int global = 1;
        if (Libc.SystemCall(SystemCalls.Membarrier, global) != 0) Thread.Sleep(LongestProgram);
    }

    /// <inheritdoc/>
    public IDisposable CountRuns()
    {
        var fd = BpfApi.EnableStatistics(0);
        return fd >= 0 ? new Descriptor(fd) : throw KernelErrors.Statistics(-fd);
    }

    /// <inheritdoc/>
    public ProgramRuns RunsOf(LoadedProgram program)
    {
        BpfApi.ProgramInfo info = default;
        var size = (uint)sizeof(BpfApi.ProgramInfo);
        var error = BpfApi.GetInfo(program.Handle, &info, &size);
        return error == 0
            ? new ProgramRuns(info.RunCount, info.RunNanoseconds, info.RecursionMisses)
            : throw KernelErrors.Program("read the statistics of", program.Name, -error);
    }

    private static (BpfObjectHandle Handle, int Error) OpenAndLoad(byte* image, nuint length, LoadOptions options)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(options.Name + "\0"))
        {
            var open = new BpfApi.OpenOptions { Size = (nuint)sizeof(BpfApi.OpenOptions), ObjectName = name };
            var handle = BpfApi.ObjectOpen(image, length, &open);
            if (handle.IsInvalid) return (handle, -Marshal.GetLastPInvokeError());
            for (var p = BpfApi.NextProgram(handle, 0); p != 0; p = BpfApi.NextProgram(handle, p))
            {
                Prepare(p);
                if (options.Skip.Contains(Text(BpfApi.ProgramName(p)))) BpfApi.SetAutoload(p, false);
                if (options.VerifierLogLevel > 0) BpfApi.SetLogLevel(p, (uint)options.VerifierLogLevel);
            }
            return (handle, BpfApi.ObjectLoad(handle));
        }
    }

    // libbpf before 1.3 doesn't know the section: the program's type says how it is called, and the attach type that it is called for many places.
    private static void Prepare(nint program)
    {
        const int kprobe = 2;
        if (Text(BpfApi.ProgramSection(program)) != "uprobe.multi") return;
        _ = BpfApi.SetProgramType(program, kprobe);
        _ = BpfApi.SetExpectedAttachType(program, (int)UprobeMulti);
    }

    private LoadedObject Register(BpfObjectHandle handle, int possibleCpus)
    {
        var id = NewHandle();
        var local = new LocalObject(handle);
        var programs = ImmutableArray.CreateBuilder<LoadedProgram>();
        for (var p = BpfApi.NextProgram(handle, 0); p != 0; p = BpfApi.NextProgram(handle, p))
        {
            if (!BpfApi.Autoload(p)) continue;
            var fd = BpfApi.ProgramFd(p);
            local.Programs.Add(fd, p);
            programs.Add(new LoadedProgram(id, fd, Text(BpfApi.ProgramName(p))));
        }
        var maps = ImmutableArray.CreateBuilder<LoadedMap>();
        for (var m = BpfApi.NextMap(handle, 0); m != 0; m = BpfApi.NextMap(handle, m))
            maps.Add(Describe(id, m, possibleCpus));
        _objects[id] = local;
        return new LoadedObject(id, programs.ToImmutable(), maps.ToImmutable());
    }

    private static LoadedMap Describe(int id, nint map, int possibleCpus)
    {
        // libbpf puts the object's name before the dot of a section's map ("ktap.bss").
        var name = Text(BpfApi.MapName(map));
        if (name.IndexOf('.') is > 0 and var dot) name = name[dot..];
        return new LoadedMap(
            id, BpfApi.MapFd(map), name, BpfApi.MapType(map), BpfApi.MapFlags(map), (int)BpfApi.MapKeySize(map),
            (int)BpfApi.MapValueSize(map), (int)BpfApi.MapMaxEntries(map), possibleCpus);
    }

    private LocalObject ObjectOf(int handle) =>
        _objects.TryGetValue(handle, out var local) ? local : throw new InvalidOperationException("the object is not loaded any more");

    private void UnloadHandle(int handle)
    {
        if (_objects.TryRemove(handle, out var local)) local.Dispose();
    }

    private static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";
}
