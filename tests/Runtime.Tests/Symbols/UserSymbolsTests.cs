using System.Runtime.InteropServices;
using System.Text;
using Ktap.Compiler.Diagnostics;
using Ktap.Runtime.Machine;
using Ktap.Runtime.Symbols;

namespace Ktap.Runtime.Tests.Symbols;

/// <summary>Where user symbols come from: memory maps, tables of functions, ELF files, the files of compilers.</summary>
public class UserSymbolsTests
{
    private const string Maps = """
        55d0c2a5e000-55d0c2a60000 r--p 00000000 fe:01 1234                       /usr/bin/a b
        55d0c2a60000-55d0c2a64000 r-xp 00002000 fe:01 1234                       /usr/bin/a b
        7f3c1d600000-7f3c1d601000 rwxp 00000000 00:00 0 
        7f3c1d628000-7f3c1d77d000 r-xp 00028000 fe:01 99                         /tmp/new\012line.so (deleted)
        7f3c1d780000-7f3c1d781000 r-xs 00000000 00:01 7                          /memfd:doublemapper (deleted)
        7ffd8b5f2000-7ffd8b5f4000 r-xp 00000000 00:00 0                          [vdso]
        ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
        """;

    [Fact]
    public void OnlyCodeOfAMapIsKept()
    {
        var mappings = CodeMapping.Parse(Encoding.UTF8.GetBytes(Maps + "\n"));
        Assert.Equal(["/usr/bin/a b", "", "/tmp/new\nline.so (deleted)", "/memfd:doublemapper (deleted)", "[vdso]", "[vsyscall]"], mappings.Select(m => m.Path));
        Assert.Equal([true, false, true, false, false, false], mappings.Select(m => m.IsFile));
        Assert.Equal((0x55d0c2a60000UL, 0x55d0c2a64000UL, 0x2000UL), (mappings[0].Start, mappings[0].End, mappings[0].Offset));
        Assert.Equal((0xfeU, 1U, 1234UL), (mappings[0].File.Major, mappings[0].File.Minor, mappings[0].File.Inode));
        Assert.Equal("new\nline.so", mappings[2].ShortName);
    }

    [Theory]
    [InlineData(0x0fff, "", 0)]
    [InlineData(0x1000, "outer", 0)]
    [InlineData(0x1010, "inner", 0)]
    [InlineData(0x1018, "inner", 8)]
    [InlineData(0x1020, "outer", 0x20)]
    [InlineData(0x1100, "", 0)]
    [InlineData(0x2000, "plain", 0)]
    [InlineData(0x2fff, "plain", 0xfff)]
    [InlineData(0x3000, "last", 0)]
    [InlineData(0x9000, "last", 0x6000)]
    public void AFunctionCoversItsSize(ulong address, string name, ulong offset)
    {
        var text = "outer\0inner\0plain\0__plain\0last\0"u8.ToArray();
        var table = new FunctionTable([new(0x3000, 0, 26, 0), new(0x1000, 0x100, 0, 0), new(0x2000, 0, 18, 1), new(0x1010, 0x10, 6, 0), new(0x2000, 0, 12, 2)], text);
        Assert.Equal(4, table.Count);
        Assert.Equal((name, offset), (Encoding.ASCII.GetString(table.Find(address, out var found)), found));
    }

    [Fact]
    public void ACompilersFileIsReadLineByLine()
    {
        var table = PerfMap.Parse("7f00 10 old\n7f10 20 int Program::Main(string[])\n\nnonsense\n7f 10\n0x8000 0x10 with prefix\nzz 10 x\n7f00 8 new\n7f40 4 at the end"u8);
        Assert.Equal("new", Encoding.ASCII.GetString(table.Find(0x7f07, out _)));
        Assert.Equal("", Encoding.ASCII.GetString(table.Find(0x7f08, out _)));
        Assert.Equal("int Program::Main(string[])", Encoding.ASCII.GetString(table.Find(0x7f11, out var offset)));
        Assert.Equal(1UL, offset);
        Assert.Equal("with prefix", Encoding.ASCII.GetString(table.Find(0x800f, out _)));
        Assert.Equal("at the end", Encoding.ASCII.GetString(table.Find(0x7f43, out _)));
    }

    [Fact]
    public void AFunctionOfALibraryInThisProcessHasItsName()
    {
        using var machine = new LocalMachine();
        var symbols = new UserSymbols(machine);
        var library = NativeLibrary.Load("libc.so.6");
        var address = (ulong)NativeLibrary.GetExport(library, "getppid");
        var space = symbols.SpaceOf(Environment.ProcessId, [address]);
        Assert.Equal(1, space);
        Assert.Equal("getppid+0x0 [libc.so.6]", Text(symbols.Format(Environment.ProcessId, space, address, isReturn: false)));
        Assert.Equal("getppid+0x5 [libc.so.6]", Text(symbols.Format(Environment.ProcessId, space, address + 5, isReturn: true)));
        Assert.Equal("0x10", Text(symbols.Format(Environment.ProcessId, space, 0x10, isReturn: true)));
    }

    [Fact]
    public void AProcessThatWasNeverSeenHasNumbers()
    {
        using var machine = new LocalMachine();
        var symbols = new UserSymbols(machine);
        Assert.Equal(0, symbols.SpaceOf(int.MaxValue, [0x1000]));
        Assert.Equal("0x1000", Text(symbols.Format(int.MaxValue, 0, 0x1000, isReturn: false)));
    }

    [Fact]
    public void WhatIsNoElfFileHasNoFunctions()
    {
        using var machine = new LocalMachine();
        var functions = machine.ReadFunctions("/proc/self/maps");
        Assert.Equal((0, 0, true), (functions.Segments.Length, functions.Functions.Count, functions.IsStripped));
        Assert.Throws<KtapException>(() => machine.ReadFunctions("/nowhere/at/all"));
    }

    [Fact]
    public void AFileIsTheSameUnderEveryPath()
    {
        using var machine = new LocalMachine();
        var plain = machine.Identify("/proc/self/exe")!.Value;
        Assert.True(plain.IsPlain);
        Assert.True(plain.IsSameAs(machine.Identify(Environment.ProcessPath!)!.Value));
        Assert.Equal(new FileInfo(Environment.ProcessPath!).Length, plain.Size);
        Assert.False(machine.Identify("/dev/zero")!.Value.IsPlain);
        Assert.Null(machine.Identify("/nowhere/at/all"));
    }

    private static string Text(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text);
}
