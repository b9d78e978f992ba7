using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Btf;
using Ktap.Compiler.Tests.Fuzz;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Tests.Probes;

/// <summary>A kernel of a few functions, whose types its BTF has but for one, and of events that were made of them.</summary>
public sealed class FunctionTarget(Func<KernelFeatures, KernelFeatures>? change = null, bool hasBtf = true) : Target
{
    private static readonly FrozenTarget Other = new();

    private static readonly ImmutableArray<KernelFunction> All =
    [
        new("vfs_read", 0x1000, "") { IsTraceable = true },
        new("vfs_readv", 0x2000, "") { IsTraceable = true },
        new("vfs_write", 0x3000, "") { IsTraceable = true },
        new("vfs_inline", 0x3800, "") { Refusal = "it is built in" },
        new("untyped", 0x4000, "module") { IsTraceable = true },
        new("handler", 0x5000, "") { Refusal = "it handles probes" },
        new("twice", 0x6000, "") { IsTraceable = true },
        new("twice", 0x7000, "") { IsTraceable = true },
        new("quiet", 0x8000, ""),
    ];

    public override Ktap.Compiler.Types.Architecture Architecture => Other.Architecture;

    public override KernelFeatures Features { get; } = (change ?? (f => f))(Other.Features with { OverrideReturn = true });

    public override BtfReader? Btf { get; } = hasBtf ? new BtfReader(Types()) : null;

    public override IReadOnlyList<string> Tracepoints => [.. Other.Tracepoints, .. MadeEvents.Keys];

    public override IReadOnlyDictionary<int, string> Syscalls => Other.Syscalls;

    public override IReadOnlyDictionary<string, MadeEvent> MadeEvents { get; } = new[]
    {
        "p:probe/myread vfs_read count=%dx:u64 comm=$comm", "r16:probe/mydone vfs_read $retval", "p:probe_libc/malloc /lib/libc.so.6:0x9f000 size=%di", "e:mine/sum sched.sched_switch", "not an event",
    }.Select(MadeEvent.Parse).OfType<MadeEvent>().ToDictionary(e => $"{e.Group}:{e.Name}");

    public override TracepointFormat? Format(string group, string name) => Other.Format(group, name);

    public override ulong? SymbolAddress(string name) => name == "jiffies" ? 0x9000 : All.FirstOrDefault(f => f.Name == name)?.Address;

    public override ImmutableArray<KernelFunction> Functions(string name) => [.. All.Where(f => f.Name == name)];

    public override IReadOnlyList<KernelFunction> FunctionsMatching(string glob) => [.. All.Where(f => Glob.Matches(glob, f.Name))];

    public override bool AllowsErrors(string function) => function == "vfs_write";

    // long vfs_read(struct file *file, char *buf, unsigned long size, long *pos); the same for vfs_write, with an int for size;
    // int vfs_readv(struct pair by_value, struct file *file); void quiet(void); int twice(int).
    private static byte[] Types()
    {
        var to = new BtfWriter(ByteOrder.Little);
        var (number, word, signed, letter) = (to.Int("int", 4, BtfEncoding.Signed), to.Int("long unsigned int", 8), to.Int("long int", 8, BtfEncoding.Signed), to.Int("char", 1, BtfEncoding.Signed));
        var file = to.Pointer(to.Struct("file", 16, new BtfMember("f_flags", number, 0), new BtfMember("f_pos", signed, 64)));
        var pair = to.Struct("pair", 16, new BtfMember("a", signed, 0), new BtfMember("b", signed, 64));
        var (buffer, place) = (to.Pointer(letter), to.Pointer(signed));
        to.Function("vfs_read", to.FunctionPrototype(signed, new("file", file), new("buf", buffer), new("size", word), new("pos", place)), BtfLinkage.Static);
        to.Function("vfs_write", to.FunctionPrototype(signed, new("file", file), new("buf", buffer), new("size", number), new("pos", place)), BtfLinkage.Static);
        to.Function("vfs_readv", to.FunctionPrototype(number, new("by_value", pair), new("file", file)), BtfLinkage.Static);
        to.Function("quiet", to.FunctionPrototype(0), BtfLinkage.Static);
        to.Function("twice", to.FunctionPrototype(number, new BtfParameter("n", number)), BtfLinkage.Static);
        to.Typedef("btf_trace_switch", to.Pointer(to.FunctionPrototype(0, new("", to.Pointer(0)), new("", file), new("", number))));
        to.Typedef("btf_trace_switched", to.Pointer(to.FunctionPrototype(0, new("", to.Pointer(0)), new BtfParameter("", number))));
        return to.ToArray();
    }
}
