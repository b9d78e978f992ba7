using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Ktap.Compiler.Probes;
using Ktap.Runtime.LibBpf;

namespace Ktap.Runtime.Machine;

// Functions of the kernel: kprobes through perf, many in one link, trampolines.
public sealed unsafe partial class LocalMachine
{
    private const uint TraceKprobeMulti = 42, KprobeMultiReturn = 1;
    private const string KprobeSource = "/sys/bus/event_source/devices/kprobe";

    private static BpfLinkHandle AttachTrampoline(nint native, AttachPoint.Trampoline point) => Checked(BpfApi.AttachTrace(native), point);

    private BpfLinkHandle AttachKprobe(nint native, AttachPoint.Kprobe point)
    {
        if (!Exists(KprobeSource + "/type")) throw KernelErrors.NoKprobes(point);
        fixed (byte* name = Encoding.UTF8.GetBytes(point.Function + "\0"))
        {
            // An address says better which function it is: static ones can share a name.
            var attributes = new PerfEventAttributes
            {
                Type = (uint)Number(KprobeSource + "/type"),
                Size = PerfEventAttributes.Version5,
                Config = point.IsReturn ? 1UL << ReturnBit : 0,
                Sample = 1,
                Flags = PerfEventAttributes.Bit(PerfEventAttributes.Disabled),
                Config1 = point.Address == 0 ? (ulong)name : 0,
                Config2 = point.Address + point.Offset,
            };
            // As for a tracepoint, the program runs on every CPU.
            return Open(native, attributes, -1, 0, point.Cookie, point);
        }
    }

    // The bit of the configuration that says "return", which its file in sysfs gives as "config:0".
    private int ReturnBit => _returnBit ??= int.Parse(Encoding.ASCII.GetString(ReadFile(KprobeSource + "/format/retprobe")).Trim()["config:".Length..], CultureInfo.InvariantCulture);

    private int? _returnBit;

    private ulong Number(string path) => ulong.Parse(Encoding.ASCII.GetString(ReadFile(path)), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);

    private static Descriptor AttachMulti(LoadedProgram program, AttachPoint.KprobeMulti point)
    {
        var fd = LinkMulti(program.Handle, point.Functions.AsSpan(), point.IsReturn);
        return fd >= 0 ? new Descriptor(fd) : throw KernelErrors.Attach(point, -fd);
    }

    private static int LinkMulti(int program, ReadOnlySpan<KprobeTarget> functions, bool isReturn)
    {
        var (addresses, cookies) = (new ulong[functions.Length], new ulong[functions.Length]);
        var names = new List<nint>();
        try
        {
            var byName = functions[0].Address == 0;
            for (var i = 0; i < functions.Length; i++)
            {
                if (byName) names.Add(Marshal.StringToCoTaskMemUTF8(functions[i].Function));
                addresses[i] = byName ? (ulong)names[i] : functions[i].Address;
                cookies[i] = functions[i].Cookie;
            }
            fixed (ulong* places = addresses, values = cookies)
            {
                Span<uint> head = [isReturn ? KprobeMultiReturn : 0, (uint)functions.Length];
                // flags and count, symbols, addresses, cookies
                return BpfCalls.CreateLink(new BpfCalls.LinkAttributes
                {
                    Program = (uint)program,
                    AttachType = TraceKprobeMulti,
                    Word0 = MemoryMarshal.Cast<uint, ulong>(head)[0],
                    Word1 = byName ? (ulong)places : 0,
                    Word2 = byName ? 0 : (ulong)places,
                    Word3 = (ulong)values,
                });
            }
        }
        finally
        {
            foreach (var name in names) Marshal.FreeCoTaskMem(name);
        }
    }

    /// <inheritdoc/>
    public ulong MissesOf(Link link) => _links.TryGetValue(link.Handle, out var handles) ? (ulong)handles.Sum(h => (long)Misses(h)) : 0;

    // struct bpf_link_info (linux/bpf.h): the counts of kprobe.multi and of perf's kprobes are there since Linux 6.7; an older kernel leaves zeros.
    private static ulong Misses(SafeHandle link)
    {
        const int size = 96, perfEvent = 7, kprobeMulti = 8, kprobe = 3, kretprobe = 4;
        var info = stackalloc ulong[size / 8];
        new Span<byte>(info, size).Clear();
        var length = (uint)size;
        var fd = link switch { Descriptor d => d.Number, BpfLinkHandle l => BpfApi.LinkFd(l), _ => -1 };
        if (fd < 0 || BpfApi.GetInfo(fd, info, &length) != 0) return 0;
        return (*(uint*)info, *(uint*)(info + 2)) switch
        {
            (kprobeMulti, _) => info[4],
            (perfEvent, kprobe or kretprobe) => info[6],
            _ => 0,
        };
    }
}
