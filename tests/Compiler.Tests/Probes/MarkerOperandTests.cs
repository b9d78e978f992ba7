using Ktap.Compiler.Probes;

namespace Ktap.Compiler.Tests.Probes;

/// <summary>The operands of static markers as each architecture's assembler writes them.</summary>
public sealed class MarkerOperandTests
{
    [Theory]
    [InlineData("-4@%eax", "-4 ax:4")]
    [InlineData("8@%rdi 4@%r10d", "8 di:8", "4 r10:4")]
    [InlineData("1@%al -1@%ah 2@%bp 1@%sil -1@%r9b", "1 ax:1", "-1 ax:1>>8", "2 bp:2", "1 si:1", "-1 r9:1")]
    [InlineData("4@$5 -8@$-6 1@$0xff", "4 =5", "-8 =-6", "1 =255")]
    [InlineData("8@-16(%rbp) 4@(%rsp) 4@0x10(%rsp)", "8 [bp:8-16]", "4 [sp:8+0]", "4 [sp:8+16]")]
    [InlineData("8@8(%rax,%rdx,4) 8@(%rax,%rdx) 8@-8(,%rcx,8)", "8 [ax:8+dx:8*4+8]", "8 [ax:8+dx:8*1+0]", "8 [cx:8*8-8]")]
    [InlineData("8@sym(%rip) -4@sym+8(%rip) 4@8+sym(%rip) 4@sym-4(%rip)", "8 [ip:8 sym+0]", "-4 [ip:8 sym+8]", "4 [ip:8 sym+8]", "4 [ip:8 sym-4]")]
    [InlineData("4@global 8@_ZN1a1bE.lto(%rip)", "4 [ global+0]", "8 [ip:8 _ZN1a1bE.lto+0]")]
    [InlineData("%rax $7", "-8 ax:8", "-8 =7")]
    [InlineData("8@%fs:-8(%rax) 8f@%xmm0 8@%xmm1 8@$symbol 3@%eax 8@(%rax,%rdx,3)", "8 ?", "8 ?", "8 ?", "8 ?", "8 ?", "8 ?")]
    public void OnX64(string arguments, params string[] expected) => Check("x86_64", arguments, expected);

    [Theory]
    [InlineData("8@x0 -4@w19 8@sp 4@wzr", "8 x0:8", "-4 x19:4", "8 sp:8", "4 =0")]
    [InlineData("-4@[sp, 60] 8@[x29,-24] 8@[x1]", "-4 [sp:8+60]", "8 [x29:8-24]", "8 [x1:8+0]")]
    [InlineData("8@[x0, x1] 8@[x0, x1, lsl 3] 4@[x0, w2, sxtw 2] 4@[x0, w2, uxtw #2]", "8 [x0:8+x1:8*1+0]", "8 [x0:8+x1:8*8+0]", "4 [x0:8+x2:4s*4+0]", "4 [x0:8+x2:4*4+0]")]
    [InlineData("4@5 -4@-1 4@#16", "4 =5", "-4 =-1", "4 =16")]
    [InlineData("8@d0 4@[x0, :lo12:global]", "8 ?", "4 ?")]
    public void OnArm64(string arguments, params string[] expected) => Check("aarch64", arguments, expected);

    [Theory]
    [InlineData("4@r0 -2@fp 4@lr", "4 r0:4", "-2 fp:4", "4 lr:4")]
    [InlineData("4@[r11, #-12] 4@[sp] 1@[r3, r2, lsl #2]", "4 [fp:4-12]", "4 [sp:4+0]", "1 [r3:4+r2:4*4+0]")]
    [InlineData("4@#5 -4@#-7 4@s0", "4 =5", "-4 =-7", "4 ?")]
    public void OnArm(string arguments, params string[] expected) => Check("armv7l", arguments, expected);

    [Theory]
    [InlineData("8@3 -4@%r31 8@r9", "8 gpr3:8", "-4 gpr31:8", "8 gpr9:8")]
    [InlineData("8@32(31) -4@-8(%r1) 8@(9) 8@9,10 8@%r9,%r10", "8 [gpr31:8+32]", "-4 [gpr1:8-8]", "8 [gpr9:8+0]", "8 [gpr9:8+gpr10:8*1+0]", "8 [gpr9:8+gpr10:8*1+0]")]
    [InlineData("4@i5 -8@i-1 8@%f1", "4 =5", "-8 =-1", "8 ?")]
    public void OnPowerPc(string arguments, params string[] expected) => Check("ppc64le", arguments, expected);

    [Fact]
    public void AnArchitectureWithoutMarkersHasNoSyntax() => Assert.Null(MarkerSyntax.For("s390x"));

    private static void Check(string architecture, string arguments, string[] expected) =>
        Assert.Equal(expected, MarkerOperands.Parse(arguments, MarkerSyntax.For(architecture)!).Select(o => Text(o.Operand)));

    private static string Text(MarkerOperand operand) => $"{(operand.IsSigned ? -operand.Size : operand.Size)} {operand.Place switch
    {
        MarkerPlace.Constant c => $"={c.Value}",
        MarkerPlace.Register r => Text(r),
        MarkerPlace.Memory m => $"[{string.Join('+', new[] { m.Base is null ? null : Text(m.Base), m.Index is null ? null : $"{Text(m.Index)}{(m.IndexHasSign ? "s" : "")}*{m.Scale}" }.OfType<string>())}"
            + $"{(m.Symbol is null ? "" : " " + m.Symbol)}{m.Offset:+0;-0;+0}]",
        _ => "?",
    }}";

    private static string Text(MarkerPlace.Register register) => $"{register.Name}:{register.Size}{(register.Shift > 0 ? $">>{register.Shift}" : "")}";
}
