using Ktap.Compiler.Bpf;
using static Ktap.Compiler.Bpf.BpfInstruction;
using static Ktap.Compiler.Bpf.BpfRegister;

namespace Ktap.Compiler.Tests.Bpf;

public sealed class AssemblerTests
{
    [Fact]
    public void Jumps_forward_and_back_become_distances_in_slots()
    {
        var code = new Assembler();
        Label again = code.NewLabel(), end = code.NewLabel();
        code.Emit(Mov(R1, 10));
        code.Mark(again);
        code.JumpIf(BpfJumpOp.Equal, R1, 0, end);
        code.LoadConstant(R2, 0x1_0000_0000); // two slots
        code.Emit(Alu(BpfAluOp.Sub, R1, 1));
        code.Jump(again);
        code.Mark(end);
        code.Emit(Exit());
        Assert.Equal("""
               0: (b7) r1 = 10
               1: (15) if r1 == 0x0 goto pc+4
               2: (18) r2 = 0x100000000
               4: (17) r1 -= 1
               5: (05) goto pc-5
               6: (95) exit

            """, Disassembler.Print(code.Finish().Instructions.AsSpan()));
    }

    [Fact]
    public void Constants_take_the_shortest_form()
    {
        var code = new Assembler();
        code.LoadConstant(R1, -1);
        code.LoadConstant(R1, int.MaxValue);
        code.LoadConstant(R1, uint.MaxValue);
        code.LoadConstant(R1, long.MinValue);
        Assert.Equal("""
               0: (b7) r1 = -1
               1: (b7) r1 = 2147483647
               2: (b4) w1 = -1
               3: (18) r1 = 0x8000000000000000

            """, Disassembler.Print(code.Finish().Instructions.AsSpan()));
    }

    [Fact]
    public void Every_slot_keeps_the_tag_it_was_emitted_under()
    {
        var code = new Assembler { Tag = 3 };
        code.LoadSymbol(R1, "m");
        code.Tag = 8;
        code.Emit(Exit());
        var done = code.Finish();
        Assert.Equal([3, 3, 8], done.Tags.ToArray());
        Assert.Equal([new BpfRelocation(0, "m")], done.Relocations.ToArray());
    }

    [Theory]
    [InlineData(32767, true)]
    [InlineData(32768, false)]
    public void A_jump_that_is_too_far_is_reported(int distance, bool fits)
    {
        var code = new Assembler();
        var end = code.NewLabel();
        code.Jump(end);
        for (var i = 0; i < distance; i++) code.Emit(Mov(R0, 0));
        code.Mark(end);
        code.Emit(Exit());
        var done = code.Finish();
        Assert.Equal(fits ? [] : [0], done.TooFar.ToArray());
        if (fits) Assert.Equal(distance, done.Instructions[0].Offset);
    }

    [Fact]
    public void Misused_labels_are_our_bugs()
    {
        var code = new Assembler();
        var label = code.NewLabel();
        code.Jump(label);
        Assert.Equal("label 0 is used at 0 and never marked", Assert.Throws<InvalidOperationException>(() => code.Finish()).Message);
        code.Mark(label);
        Assert.Equal("label 0 is marked twice", Assert.Throws<InvalidOperationException>(() => code.Mark(label)).Message);
        Assert.Throws<ArgumentException>(() => code.Jump(Exit(), label));
        Assert.Throws<ArgumentException>(() => code.Jump(CallFunction(), label));
    }
}
