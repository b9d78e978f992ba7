using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Types;
using Ktap.Runtime.LibBpf;

namespace Ktap.Runtime.Machine;

/// <summary>The machine ktap runs on, by system calls and libbpf. Disposing it detaches, unloads and removes everything it made.</summary>
public sealed partial class LocalMachine : IMachine
{
    private static readonly string[] TraceFsPlaces = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];
    private readonly Lazy<KernelFeatures> _features;
    private readonly Lazy<string> _traceFs = new(FindTraceFs);
    private readonly ConcurrentDictionary<int, SafeHandle[]> _links = [];
    private readonly ConcurrentDictionary<int, LocalObject> _objects = [];
    private readonly ConcurrentDictionary<int, ChildProcess> _children = [];
    private readonly ConcurrentBag<MappedFile> _files = [];
    private readonly ConcurrentBag<Descriptor> _folders = [];
    private int _lastHandle;

    /// <summary>Opens the machine; asks for nothing yet. Of the kernel's features those are used that <paramref name="without"/> leaves, for instance to do as on an older one.</summary>
    public LocalMachine(Func<KernelFeatures, KernelFeatures>? without = null)
    {
        _features = new(() => without is null ? FeatureProbes.Run() : without(FeatureProbes.Run()));
        LibBpfLog.Install();
        RaiseMemoryLimit();
    }

    /// <inheritdoc/>
    public KernelFeatures Features => _features.Value;

    /// <inheritdoc/>
    public string TraceFs => _traceFs.Value;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var handle in _links.Keys) DetachHandle(handle);
        foreach (var handle in _objects.Keys) UnloadHandle(handle);
        foreach (var handle in _children.Keys) ForgetHandle(handle);
        foreach (IDisposable file in _files) file.Dispose();
        _files.Clear();
        foreach (var folder in _folders) folder.Dispose();
    }

    private int NewHandle() => Interlocked.Increment(ref _lastHandle);

    // Before 5.11 maps count against RLIMIT_MEMLOCK. Without CAP_SYS_RESOURCE this fails, which later kernels don't mind.
    private static unsafe void RaiseMemoryLimit()
    {
        const int memoryLock = 8;
        var unlimited = new Libc.ResourceLimit(nuint.MaxValue, nuint.MaxValue);
        _ = Libc.SetResourceLimit(memoryLock, &unlimited);
    }

    // Every program and every link is a descriptor, thousands for "*:*", where a shell gives 1,024. Before an object is loaded, and not at the start: a command
    // that is traced was forked then, with the limits that it would have anyhow.
    private static unsafe void RaiseFileLimit()
    {
        const int files = 7;
        const uint most = 1 << 20;
        Libc.ResourceLimit limit = default;
        if (Libc.GetResourceLimit(files, &limit) != 0 || limit.Current >= most) return;
        var raised = new Libc.ResourceLimit(most, nuint.Max(most, limit.Maximum));
        if (Libc.SetResourceLimit(files, &raised) == 0) return;
        limit.Current = limit.Maximum;
        _ = Libc.SetResourceLimit(files, &limit);
    }

    private static string FindTraceFs()
    {
        if (Array.Find(TraceFsPlaces, IsTraceFs) is { } place) return place;
        var errno = Libc.Mount("nodev", TraceFsPlaces[0], "tracefs", 0, 0) == 0 ? 0 : Marshal.GetLastPInvokeError();
        if (errno == 0 && IsTraceFs(TraceFsPlaces[0])) return TraceFsPlaces[0];
        throw KernelErrors.NoTraceFs(errno);
    }

    // The folder of an unmounted tracefs is there, and empty; without the right to search it, access says so.
    private static bool IsTraceFs(string path) => Libc.Access(path + "/events", 0) == 0;
}
