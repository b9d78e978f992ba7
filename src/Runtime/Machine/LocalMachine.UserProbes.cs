using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Ktap.Compiler.Probes;
using Ktap.Runtime.LibBpf;

namespace Ktap.Runtime.Machine;

// Probes in programs and libraries: uprobe.multi links, and the uprobe events of perf.
public sealed unsafe partial class LocalMachine
{
    private const uint UprobeMulti = 48, UprobeMultiReturn = 1;
    private const string UprobeEvents = "/sys/bus/event_source/devices/uprobe";

    // So many places are tried at once; each costs a page of memory for a moment, and more time.
    private const int MostTried = 32;

    private SafeHandle AttachUser(nint native, LoadedProgram program, AttachPoint.User point)
    {
        using var tried = Try(point);
        return point.IsMulti ? AttachMulti(program, point) : AttachUprobe(native, point);
    }

    // The kernel looks at an instruction when it first puts a probe on it, in a process that has the file mapped: where none has, it takes any place now, and says
    // nothing when it finds later that it can't. So the file is mapped here meanwhile. (A marker is a nop, and its semaphore would need memory that can be written.)
    private static Mapping? Try(AttachPoint.User point)
    {
        if (point.Pid != 0 || point.Places.Length > MostTried || point.Places.Any(p => p.Semaphore != 0)) return null;
        using var fd = new Descriptor(Libc.Open(point.File, Libc.ReadOnly | Libc.CloseOnExec));
        return fd.IsInvalid ? null : Mapping.Create(fd.Number, (nuint)new FileInfo(point.File).Length, MapAccess.PrivateRead);
    }

    private static Descriptor AttachMulti(LoadedProgram program, AttachPoint.User point)
    {
        var offsets = point.Places.Select(p => p.Offset).ToArray();
        var semaphores = point.Places.Select(p => p.Semaphore).ToArray();
        var cookies = point.Places.Select(p => p.Cookie).ToArray();
        fixed (byte* path = Encoding.UTF8.GetBytes(point.File + "\0"))
        fixed (ulong* offset = offsets, semaphore = semaphores, cookie = cookies)
        {
            // path, offsets, reference counters, cookies, count and flags, pid
            var counters = semaphores.AsSpan().ContainsAnyExcept(0UL) ? (ulong)semaphore : 0;
            Span<uint> halves = [(uint)offsets.Length, point.IsReturn ? UprobeMultiReturn : 0, (uint)point.Pid, 0];
            var words = MemoryMarshal.Cast<uint, ulong>(halves);
            var fd = BpfCalls.CreateLink(new BpfCalls.LinkAttributes
            {
                Program = (uint)program.Handle,
                AttachType = UprobeMulti,
                Word0 = (ulong)path,
                Word1 = (ulong)offset,
                Word2 = counters,
                Word3 = (ulong)cookie,
                Word4 = words[0],
                Word5 = words[1],
            });
            return fd >= 0 ? new Descriptor(fd) : throw KernelErrors.Attach(point, -fd);
        }
    }

    // perf's event of type "uprobe" takes the path and the offset; which bits say "return" and where the reference counter is, sysfs tells.
    private BpfLinkHandle AttachUprobe(nint native, AttachPoint.User point)
    {
        if (!Exists(UprobeEvents)) throw KernelErrors.Attach(point, Libc.EOPNOTSUPP);
        var place = point.Places[0];
        var config = point.IsReturn ? 1UL << FirstBit("retprobe") : 0;
        if (place.Semaphore != 0) config |= place.Semaphore << FirstBit("ref_ctr_offset");
        fixed (byte* path = Encoding.UTF8.GetBytes(point.File + "\0"))
        {
            var attributes = new PerfEventAttributes
            {
                Type = (uint)ulong.Parse(Encoding.ASCII.GetString(ReadFile(UprobeEvents + "/type")), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture),
                Size = PerfEventAttributes.Version5,
                Config = config,
                Config1 = (ulong)path,
                Config2 = place.Offset,
                Flags = PerfEventAttributes.Bit(PerfEventAttributes.Disabled),
            };
            return Open(native, attributes, point.Pid == 0 ? -1 : point.Pid, point.Pid == 0 ? 0 : -1, place.Cookie, point);
        }
    }

    // "config:0", "config:32-63"
    private int FirstBit(string field)
    {
        var text = Encoding.ASCII.GetString(ReadFile($"{UprobeEvents}/format/{field}"));
        return int.Parse(text.AsSpan(text.IndexOf(':') + 1).TrimEnd().ToString().Split('-')[0], CultureInfo.InvariantCulture);
    }
}
