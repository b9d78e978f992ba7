using Ktap.Compiler.Btf;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Lowering;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Tests.Evaluation;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Tests.Lowering;

/// <summary>A kernel with other features than the tests' usual one, and without tracepoints.</summary>
internal sealed class OtherKernel(KernelFeatures features, long? freeMemory = null) : Target
{
    private readonly Target _other = new FakeWorld().Target;

    public override Ktap.Compiler.Types.Architecture Architecture => _other.Architecture;

    public override KernelFeatures Features => features;

    public override BtfReader? Btf => null;

    public override IReadOnlyList<string> Tracepoints => [];

    public override IReadOnlyDictionary<int, string> Syscalls => _other.Syscalls;

    public override TracepointFormat? Format(string group, string name) => null;

    public override ulong? SymbolAddress(string name) => null;

    public override long? FreeMemory => freeMemory;

    /// <summary>What compiling a script for such a kernel, on a machine with so much memory, says.</summary>
    public static DiagnosticBag Diagnose(string script, Func<KernelFeatures, KernelFeatures> change, long freeMemory, int maxEntries, int stringLength = 64)
    {
        var (main, diagnostics) = (Scripts.RunMain(script), new DiagnosticBag());
        var target = new OtherKernel(change(new FakeWorld().Target.Features), freeMemory);
        var code = new CodeOptions(maxEntries, 0, [], null, false, 10_000_000, false);
        Compilation.Compile(main, target, new CompileOptions(new ProbeOptions(null, stringLength, main.Types), code, KeepCoreRelocations: false), diagnostics);
        return diagnostics;
    }

    /// <summary>A script compiled for such a kernel; of the compiler's options the number of slots (256 by default) and whether the object is kept can be told.</summary>
    public static LoweredProgram Compile(string script, Func<KernelFeatures, KernelFeatures> change, int maxEntries = 256, bool isPortable = false)
    {
        var (main, diagnostics) = (Scripts.RunMain(script), new DiagnosticBag());
        var target = new OtherKernel(change(new FakeWorld().Target.Features));
        var code = new CodeOptions(maxEntries, 0, [], null, false, 10_000_000, false) { IsPortable = isPortable };
        var compiled = Compilation.Compile(main, target, new CompileOptions(new ProbeOptions(null, 64, main.Types), code, KeepCoreRelocations: false), diagnostics);
        Assert.Empty(diagnostics);
        return compiled!.Program;
    }
}
