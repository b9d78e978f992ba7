using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Ktap.Compiler.Probes;
using Ktap.Runtime.LibBpf;

namespace Ktap.Runtime.Machine;

public sealed unsafe partial class LocalMachine
{
    private const int TracingProgram = 26;

    /// <inheritdoc/>
    public Link Attach(LoadedProgram program, AttachPoint point)
    {
        var native = ObjectOf(program.ObjectHandle).Programs[program.Handle];
        SafeHandle[] links = point switch
        {
            AttachPoint.RawTracepoint raw => [AttachRaw(native, program, raw)],
            AttachPoint.Tracepoint traced => [AttachTracepoint(native, traced)],
            AttachPoint.PerfEvent counted => AttachPerfEvent(native, counted),
            AttachPoint.Kprobe function => [AttachKprobe(native, function)],
            AttachPoint.KprobeMulti functions => [AttachMulti(program, functions)],
            AttachPoint.Trampoline function => [AttachTrampoline(native, function)],
            AttachPoint.User user => [AttachUser(native, program, user)],
            _ => throw new InvalidOperationException($"unknown attach point {point}"),
        };
        var handle = NewHandle();
        _links[handle] = links;
        return new Link(handle, point.Description);
    }

    /// <inheritdoc/>
    public void Detach(Link link) => DetachHandle(link.Handle);

    private void DetachHandle(int handle)
    {
        if (!_links.TryRemove(handle, out var links)) return;
        foreach (var link in links) link.Dispose();
    }

    private static SafeHandle AttachRaw(nint native, LoadedProgram program, AttachPoint.RawTracepoint point)
    {
        var typed = BpfApi.ProgramType(native) == TracingProgram;
        if (point.Cookie != 0)
        {
            var fd = BpfCalls.OpenRawTracepoint(typed ? null : point.Name, program.Handle, point.Cookie);
            return fd >= 0 ? new Descriptor(fd) : throw KernelErrors.Attach(point, -fd);
        }
        return Checked(typed ? BpfApi.AttachTrace(native) : BpfApi.AttachRawTracepoint(native, point.Name), point);
    }

    private SafeHandle AttachTracepoint(nint native, AttachPoint.Tracepoint point)
    {
        const uint tracepoint = 2;
        var path = $"{TraceFs}/events/{point.Group}/{point.Name}/id";
        if (!Exists(path)) throw KernelErrors.Attach(point, Libc.ENOENT);
        var id = ulong.Parse(Encoding.ASCII.GetString(ReadFile(path)), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
        var attributes = new PerfEventAttributes
        {
            Type = tracepoint,
            Size = PerfEventAttributes.Version5,
            Config = id,
            Sample = 1,
            Flags = PerfEventAttributes.Bit(PerfEventAttributes.Disabled),
        };
        // A program on a tracepoint runs on every CPU, whichever the event was opened for.
        return Open(native, attributes, -1, 0, point.Cookie, point);
    }

    private SafeHandle[] AttachPerfEvent(nint native, AttachPoint.PerfEvent point)
    {
        var flags = PerfEventAttributes.Bit(PerfEventAttributes.Disabled);
        if (point.ExcludeUser) flags |= PerfEventAttributes.Bit(PerfEventAttributes.ExcludeUser);
        if (point.ExcludeKernel)
            flags |= PerfEventAttributes.Bit(PerfEventAttributes.ExcludeKernel) | PerfEventAttributes.Bit(PerfEventAttributes.ExcludeHypervisor);
        if (point.ExcludeIdle) flags |= PerfEventAttributes.Bit(PerfEventAttributes.ExcludeIdle);
        flags |= (ulong)point.Precision << PerfEventAttributes.PrecisionShift;
        if (point.Sampling.IsFrequency) flags |= PerfEventAttributes.Bit(PerfEventAttributes.Frequency);
        var attributes = new PerfEventAttributes
        {
            Type = point.Type,
            Size = PerfEventAttributes.Version5,
            Config = point.Config,
            Sample = point.Sampling.Value,
            // What the hardware took itself the kernel keeps only where it is asked for: a stack and the address.
            SampleType = point.Precision > 0 ? PerfEventAttributes.SampleCallChain | PerfEventAttributes.SampleAddress : 0,
            Flags = flags,
            BreakpointType = point.BreakpointType,
            Config1 = point.Place is { } place ? ProgramMemory.AddressOf(this, place) : point.Config1,
            Config2 = point.Config2,
        };
        IReadOnlyList<int> cpus = point.Cpu is { } one ? [one] : CpuList.Parse(File.ReadAllText("/sys/devices/system/cpu/online"));
        var links = new List<SafeHandle>();
        try
        {
            foreach (var cpu in cpus) links.Add(Open(native, attributes, -1, cpu, point.Cookie, point, point.Cgroup));
            return [.. links];
        }
        catch
        {
            foreach (var link in links) link.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public bool CanCount(uint type, ulong config, ulong period)
    {
        var attributes = new PerfEventAttributes
        {
            Type = type,
            Size = PerfEventAttributes.Version5,
            Config = config,
            Sample = period,
            Flags = PerfEventAttributes.Bit(PerfEventAttributes.Disabled),
        };
        var fd = BpfCalls.OpenPerfEvent(attributes, -1, CpuList.Parse(File.ReadAllText("/sys/devices/system/cpu/online"))[0]);
        if (fd >= 0) _ = Libc.Close(fd);
        // Without the right to open any, one can't tell.
        return fd >= 0 || fd is -Libc.EACCES or -Libc.EPERM;
    }

    private static BpfLinkHandle Open(nint native, PerfEventAttributes attributes, int pid, int cpu, ulong cookie, AttachPoint point, int? cgroup = null)
    {
        var fd = cgroup is { } group ? BpfCalls.OpenPerfEvent(attributes, group, cpu, ofCgroup: true) : -1;
        // A kernel without CONFIG_CGROUP_PERF, or with the controller elsewhere, counts all tasks; the handler asks for the cgroup anyway.
        if (fd < 0) fd = BpfCalls.OpenPerfEvent(attributes, pid, cpu);
        if (fd < 0) throw KernelErrors.Attach(point, -fd);
        var options = new BpfApi.PerfEventOptions { Size = (nuint)sizeof(BpfApi.PerfEventOptions), Cookie = cookie };
        var link = BpfApi.AttachPerfEvent(native, fd, &options);
        var errno = Marshal.GetLastPInvokeError();
        if (!link.IsInvalid) return link;
        _ = Libc.Close(fd);
        throw KernelErrors.Attach(point, errno);
    }

    private static BpfLinkHandle Checked(BpfLinkHandle link, AttachPoint point) =>
        link.IsInvalid ? throw KernelErrors.Attach(point, Marshal.GetLastPInvokeError()) : link;
}
