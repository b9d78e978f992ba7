using Ktap.Compiler.Btf;
using Ktap.Compiler.Types;

namespace Ktap.Runtime.Tests.Codegen;

/// <summary>As much of a target as the object builder asks: a little-endian machine, and types.</summary>
internal sealed class TestTarget(BtfReader? btf = null) : Target
{
    public override Architecture Architecture { get; } = Architecture.ForMachine("x86_64")!;

    public override BtfReader? Btf => btf;

    public override KernelFeatures Features => throw new NotSupportedException();

    public override IReadOnlyList<string> Tracepoints => throw new NotSupportedException();

    public override TracepointFormat? Format(string group, string name) => throw new NotSupportedException();

    public override ulong? SymbolAddress(string name) => throw new NotSupportedException();

    public override IReadOnlyDictionary<int, string> Syscalls => throw new NotSupportedException();
}
