using System.Text.RegularExpressions;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Btf;
using Ktap.Compiler.Elf;

namespace Ktap.Compiler.Tests.Elf;

public sealed class ElfObjectWriterTests
{
    [Theory]
    [InlineData(ByteOrder.Little)]
    [InlineData(ByteOrder.Big)]
    public void Sections_symbols_and_relocations_are_where_they_belong(ByteOrder order) => Assert.Equal("""
        Sections:
          [Nr] Name                     Type       Off    Size   ES Flg Lk Inf Al
          [ 0]                          NULL       000000 000000 00      0   0  0
          [ 1] raw_tp/sys_enter         PROGBITS   000040 0000a8 00  AX  0   0  8
          [ 2] .text                    PROGBITS   0000e8 000028 00  AX  0   0  8
          [ 3] .maps                    PROGBITS   000110 000040 00  WA  0   0  8
          [ 4] .bss                     NOBITS     000150 000010 00  WA  0   0  8
          [ 5] license                  PROGBITS   000150 000004 00  WA  0   0  1
          [ 6] .BTF                     PROGBITS   000154 0003b0 00      0   0  4
          [ 7] .BTF.ext                 PROGBITS   000504 0000c8 00      0   0  4
          [ 8] .relraw_tp/sys_enter     REL        0005d0 000030 10   I  9   1  8
          [ 9] .symtab                  SYMTAB     000600 0000f0 18     10   4  8
          [10] .strtab                  STRTAB     0006f0 000089 00      0   0  1
        Symbols:
           Num  Value   Size Type    Bind   Section                  Name
             0 000000      0 NOTYPE  LOCAL  UND                      
             1 000000      0 SECTION LOCAL  .text                    .text
             2 000000     16 FUNC    LOCAL  .text                    thrice
             3 000010     24 FUNC    LOCAL  .text                    twice
             4 000000     48 FUNC    GLOBAL raw_tp/sys_enter         add
             5 000030    120 FUNC    GLOBAL raw_tp/sys_enter         store
             6 000000     32 OBJECT  GLOBAL .maps                    other
             7 000020     32 OBJECT  GLOBAL .maps                    last
             8 000000      8 OBJECT  GLOBAL .bss                     pad
             9 000008      8 OBJECT  GLOBAL .bss                     hits
        Relocations of raw_tp/sys_enter:
          000000 R_BPF_64_64    hits
          000048 R_BPF_64_32    .text
          000058 R_BPF_64_64    last

        """, ElfPrinter.Print(ElfObjectWriter.Write(Samples.Counting(order))));

    [Fact]
    public void Static_functions_are_reached_by_their_section_and_slots_of_maps_by_the_maps()
    {
        var text = ElfPrinter.Print(ElfObjectWriter.Write(Samples.Advanced(ByteOrder.Little)));
        Assert.Equal("""
            Relocations of raw_tp/sys_exit:
              000008 R_BPF_64_64    .text
              000018 R_BPF_64_64    start
              000050 R_BPF_64_64    outer
            Relocations of .text:
              000010 R_BPF_64_64    start
            Relocations of .maps:
              000058 R_BPF_64_ABS64 even
              000060 R_BPF_64_ABS64 odd

            """, text[text.IndexOf("Relocations", StringComparison.Ordinal)..]);
    }

    [Fact]
    public void The_same_object_gives_the_same_bytes() =>
        Assert.Equal(ElfObjectWriter.Write(Samples.Counting(ByteOrder.Little)), ElfObjectWriter.Write(Samples.Counting(ByteOrder.Little)));

    [Fact]
    public void Readelf_reads_it_without_a_warning()
    {
        using var file = new TemporaryObject(Samples.Counting(ByteOrder.Little));
        var read = Tool.Run("readelf", "-S", "-s", "-r", "-W", file.Path);
        Assert.Equal("", read.Errors);
        Assert.Matches(@"\[ 1\] raw_tp/sys_enter\s+PROGBITS\s+0+ 000040 0000a8 00  AX", read.Expect());
        Assert.Matches(@"\[ 4\] \.bss\s+NOBITS\s+0+ 000150 000010 00  WA", read.Output);
        Assert.Matches(@"120 FUNC\s+GLOBAL DEFAULT\s+1 store", read.Output);
        Assert.Matches(@"0000000000000058\s+0000000700000001 R_BPF_\S+64\s+0000000000000020 last", read.Output);
    }

    [Theory]
    [InlineData(ByteOrder.Little)]
    [InlineData(ByteOrder.Big)]
    public void Llvm_disassembles_it_with_its_relocations(ByteOrder order)
    {
        using var file = new TemporaryObject(Samples.Counting(order));
        var text = Tool.Run("llvm-objdump", "-d", "-r", file.Path).Expect();
        Assert.Contains("file format elf64-bpf", text);
        Assert.Contains("lock *(u64 *)(r1 + 0) += r2", text);
        Assert.Matches(@"R_BPF_64_64\s+hits", text);
        Assert.Matches(@"R_BPF_64_32\s+\.text", text);
        Assert.Matches(@"call 2\n", text);
        Assert.Matches(@"<twice>:\s+2:.*r0 = r1", text);
        Assert.DoesNotContain("unknown", text);
    }

    [Fact]
    public void Bpftool_reads_its_types()
    {
        var source = Samples.Advanced(ByteOrder.Little);
        using var file = new TemporaryObject(source);
        Assert.Equal(BtfPrinter.Print(new BtfReader(source.Btf)), Tool.Run("bpftool", "btf", "dump", "file", file.Path).Expect());
    }

    [Fact]
    public void What_is_wrong_with_an_object_is_said()
    {
        var code = new Assembler();
        code.LoadSymbol(BpfRegister.R1, "nothing");
        code.Emit(BpfInstruction.Exit());
        var done = code.Finish();
        var program = new ElfProgram("raw_tp/x", "p", done.Instructions, done.Relocations);
        static string Error(ElfObject wrong) => Assert.Throws<InvalidOperationException>(() => ElfObjectWriter.Write(wrong)).Message;

        var empty = new ElfObject(ByteOrder.Little);
        Assert.Equal("no symbol is called 'nothing'", Error(empty with { Programs = [program] }));
        Assert.Equal("two symbols are called 'p'", Error(empty with { Programs = [program, program] }));
        Assert.Equal("'exit' can't refer to 'p'", Error(empty with { Programs = [program with { Relocations = [new(2, "p")] }] }));
        Assert.Equal("'p' has no instruction 3 to refer to 'p'", Error(empty with { Programs = [program with { Relocations = [new(3, "p")] }] }));
        Assert.Equal("section '.data' has 3 bytes of 4", Error(empty with { Data = [new(".data", 4, [1, 2, 3], [])] }));
        Assert.Equal("variable 'v' is outside section '.bss'", Error(empty with { Data = [new(".bss", 4, [], [new("v", 2, 4)])] }));
    }

    [Fact]
    public void Only_elf_files_are_printed()
    {
        Assert.Equal("not a 64-bit ELF file", Assert.Throws<InvalidDataException>(() => ElfPrinter.Print(new byte[100])).Message);
        Assert.DoesNotMatch(new Regex("R_BPF"), ElfPrinter.Print(ElfObjectWriter.Write(new ElfObject(ByteOrder.Little))));
    }
}
