using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Lowering;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Tests.Evaluation;

namespace Ktap.Compiler.Tests.Types;

/// <summary>What is said on a kernel that was built without BTF, and what works there all the same.</summary>
public class NoBtfTests
{
    [Theory]
    [InlineData("curtask.pid", "KT0273: what is in 'struct task_struct' is not known: this kernel has no BTF")]
    [InlineData("cast(\"struct sk_buff\", 1).len", "KT0273: what is in 'struct sk_buff' is not known: this kernel has no BTF")]
    [InlineData("sizeof(\"struct page\")", "KT0273: what is in 'struct page' is not known: this kernel has no BTF")]
    [InlineData("ppid", "KT0258: this kernel has no BTF, which would tell where it is")]
    [InlineData("ffi.C.bpf_strlen(1)", "KT0277: the kernel has no function 'bpf_strlen'")]
    public void TypesOfTheKernelAreNotKnown(string expression, string message) =>
        Assert.Contains(message, Assert.Single(Compile($"profile-97hz {{ print({expression}) }}")).ToString());

    [Fact]
    public void DeclaredTypesAre() => Assert.Empty(Compile(
        "ffi.cdef(\"struct sk_buff { unsigned long next[3]; unsigned len:3; };\") profile-97hz { print(cast(\"struct sk_buff\", 1).len, cast(\"u32 *\", 1)[2], hex(1, 4)) }"));

    private static DiagnosticBag Compile(string script)
    {
        var (main, diagnostics) = (Scripts.RunMain(script), new DiagnosticBag());
        var code = new CodeOptions(256, 0, [], null, false, 1000, false);
        Compilation.Compile(main, new FakeWorld().Target, new CompileOptions(new ProbeOptions(null, 64, main.Types), code, KeepCoreRelocations: false), diagnostics);
        return diagnostics;
    }
}
