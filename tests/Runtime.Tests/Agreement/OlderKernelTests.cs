using Ktap.Compiler;
using Ktap.Compiler.Btf;
using Ktap.Compiler.Types;

namespace Ktap.Runtime.Tests.Agreement;

/// <summary>What the compiler makes for kernels that lack something, run on this one: a newer kernel takes all that an older one does.</summary>
public sealed class OlderKernelTests
{
    private const string Loops = """
        r = {} t = { 1, 2, 3 } n = 0 s = ""
        function fact(k, acc) { if (k <= 1) { return acc } return fact(k - 1, acc * k) }
        function first(limit) { for (i = 1, limit) { for (j = 1, limit) { if (i * j == 42) { return i, j } } } return 0, 0 }
        trace sched:sched_switch {
            for (i = 1, 9) { if (i == 3) { continue } if (i == 8) { break } r["range"] += i }
            for (i = 9, -9, -4) { r["down"] += i }
            for (i = 0x7ffffffffffffffd, 0x7fffffffffffffff) { r["edge"] += 1 }
            var w = 0 while (w * w < 200) { w += 1 n += 1 } r["while"] = w
            var d = 0 do { d += 3 } while (d < 10) r["do"] = d
            var u = 1 repeat { var v = u u = u * 2 } until (v > 15) r["repeat"] = u
            var b = 10 for (var a = 0; a < b; a += 1) { b -= 1 r["meet"] = a * 100 + b }
            r["fact"] = fact(6, 1)
            r["i"], r["j"] = first(8)
            var text = "x" var unset for (i = 1, 3) { if (i == 2) { unset = i text = "two" } r[text] += unset or 100 }
            s = text
            for (k, v in pairs(t)) { for (i = 1, v) { r["slots"] += k * 10 + i } }
            for (k in pairs(t)) { r["once"] += 1 if (r["once"] > 0) { break } }
            for (i = 1, 3) { for (k, v in pairs(t)) { if (v == i) { r["found"] += k continue } r["others"] += 1 } }
            if (r["slots"] > 0) { for (k, v in pairs(t)) { if (v == 2) { n += 1000 return } } }
            n = -1
        }
        """;

    /// <summary>What is taken away from this kernel.</summary>
    public static TheoryData<string> Kernels => ["loops by may_goto", "bpf_loop", "callbacks", "atomic fetch"];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void LoopsMeanTheSame(string missing)
    {
        Skip.Unless(Environment.IsPrivilegedProcess, "needs root");
        using var comparison = new Comparison();
        var script = missing == "callbacks" ? string.Join('\n', Loops.Split('\n').Where(l => !l.Contains("pairs(", StringComparison.Ordinal))) : Loops;
        var result = comparison.Compare(Batch.Of(script), OnKernelWithout(missing));
        Assert.True(result is { Refused: [], Difference: null }, string.Join('\n', result.Refused.Select(r => r.Diagnostic)) + result.Difference);
    }

    [Fact]
    public void APairsLoopSaysWhichKernelItNeeds()
    {
        Skip.Unless(Environment.IsPrivilegedProcess, "needs root");
        using var comparison = new Comparison();
        var result = comparison.Compare(Batch.Of(Loops), OnKernelWithout("callbacks"));
        Assert.Contains("needs Linux 5.13", Assert.Single(result.Refused).Diagnostic);
    }

    private static Pipeline OnKernelWithout(string missing) => (main, target, options, diagnostics) =>
        Compilation.Compile(main, new OlderTarget(target, Without(target.Features, missing)), options, diagnostics);

    private static KernelFeatures Without(KernelFeatures features, string missing) => missing switch
    {
        "loops by may_goto" => features with { MayGoto = false },
        "bpf_loop" => features with { MayGoto = false, BpfLoop = false },
        "callbacks" => features with { MayGoto = false, BpfLoop = false, Version = new Version(5, 10) },
        _ => features with { MayGoto = false, BpfLoop = false, AtomicFetch = false },
    };

    private sealed class OlderTarget(Target now, KernelFeatures features) : Target
    {
        public override Architecture Architecture => now.Architecture;
        public override IReadOnlyDictionary<int, string> Syscalls => now.Syscalls;
        public override KernelFeatures Features => features;
        public override BtfReader? Btf => now.Btf;
        public override IReadOnlyList<string> Tracepoints => now.Tracepoints;
        public override TracepointFormat? Format(string group, string name) => now.Format(group, name);
        public override ulong? SymbolAddress(string name) => now.SymbolAddress(name);
    }
}
