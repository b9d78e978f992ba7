namespace Ktap.Compiler.Bpf;

/// <summary>The byte order of the machine that runs the code; the ELF object, its BTF and its instructions all follow it.</summary>
public enum ByteOrder
{
    /// <summary>Least significant byte first (x86, arm, riscv, loongarch; arm64 and mips as usually configured).</summary>
    Little,

    /// <summary>Most significant byte first (s390x, some powerpc and mips).</summary>
    Big,
}
