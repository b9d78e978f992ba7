using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Probes;
using Ktap.Runtime.Machine;
using Xunit.Abstractions;

namespace Ktap.Runtime.Tests.Machine;

public sealed class LoadingTests(ITestOutputHelper output) : KernelTest(output)
{
    [Fact]
    public void ALoadedObjectHasItsProgramsAndMaps()
    {
        NeedKernel();
        var loaded = LoadProbes("count_enter", "sample");
        Assert.Equal(["count_enter", "sample"], loaded.Programs.Select(p => p.Name).Order());
        var table = loaded.Map("table");
        Assert.Equal((1, 8, 8, 200000), (table.Type, table.KeySize, table.ValueSize, table.MaxEntries));
        Assert.Equal(8 * Machine.Features.PossibleCpus, loaded.Map("percpu").EntrySize);
        Assert.NotNull(loaded.FindMap(".data"));
        Assert.NotNull(loaded.FindMap(".rodata"));
        Assert.Null(loaded.FindMap("nothing"));
        Machine.Unload(loaded);
        Machine.Unload(loaded);
        Assert.Throws<InvalidOperationException>(() => Machine.Attach(loaded.Programs[0], new AttachPoint.RawTracepoint("sys_enter")));
    }

    [Fact]
    public void TheDataSectionHoldsWhatTheObjectSays()
    {
        NeedKernel();
        var loaded = LoadProbes("count_enter");
        var bytes = new byte[8];
        Machine.ReadMemory(loaded.Map(".data"), 0, bytes);
        Assert.Equal(42, BitConverter.ToInt64(bytes));
        Machine.ReadMemory(loaded.Map(".rodata"), 0, bytes.AsSpan(0, 4));
        Assert.Equal(0, BitConverter.ToInt32(bytes));
    }

    [Fact]
    public void ARefusedProgramIsNamedWithTheVerifiersLog()
    {
        NeedKernel();
        var error = Assert.Throws<LoadException>(() => Machine.Load(Compile("refused.bpf.c"), new LoadOptions()));
        Assert.Equal("reads_null", error.ProgramName);
        Assert.Equal(13, error.Errno);
        Assert.Equal("load program reads_null: permission denied", error.Operation);
        Assert.Equal("the kernel's verifier refused the program", error.Hint);
        Assert.Contains("invalid mem access 'map_value_or_null'", error.VerifierLog);
        Assert.Contains("; return *value;", error.VerifierLog);
        Assert.DoesNotContain("libbpf:", error.VerifierLog);
    }

    [Fact]
    public void WhatIsNoObjectIsRefusedWithoutAProgram()
    {
        var error = Assert.Throws<LoadException>(() => Machine.Load("no ELF at all"u8, new LoadOptions()));
        Assert.Null(error.ProgramName);
        Assert.Equal("", error.VerifierLog);
        Assert.Equal("load the programs: BPF object format invalid", error.Operation);
    }

    [Fact]
    public void TheVerifiersLogOfAGoodProgramCanBeHad()
    {
        NeedKernel();
        var loaded = Machine.Load(Compile("probes.bpf.c"), new LoadOptions { VerifierLogLevel = 4 });
        Assert.Equal(10, loaded.VerifierLog.Split("processed ").Length - 1);
        Assert.Equal("", LoadProbes("sample").VerifierLog);
    }

    [Fact]
    public void AFullMapIsAnErrorWithAHint()
    {
        NeedKernel();
        var table = Machine.Load(Compile("probes.bpf.c"), new LoadOptions()).Map("small");
        for (long i = 0; i < 3; i++) Assert.True(Machine.Update(table, BitConverter.GetBytes(i), BitConverter.GetBytes(i)));
        var error = Assert.Throws<KtapException>(() => Machine.Update(table, BitConverter.GetBytes(9L), BitConverter.GetBytes(9L)));
        Assert.Equal((7, "the map is full: use --max-entries with a larger number"), (error.Errno, error.Hint));
    }

    [Fact]
    public void AProgramCanRunByItselfAndIsCounted()
    {
        NeedKernel();
        var loaded = LoadProbes("count_enter");
        Want(loaded, GetPpid);
        var program = loaded.Program("count_enter");
        using var counting = Machine.CountRuns();
        var context = new byte[16];
        BitConverter.TryWriteBytes(context.AsSpan(8), (long)GetPpid);
        for (var i = 0; i < 5; i++) Assert.Equal(0u, Machine.RunOnce(program, context).Result);
        Assert.Equal(5, Read(loaded, Counter.Enters));
        Assert.Equal(0ul, Machine.RunsOf(program).Missed);
    }

    [Theory]
    [InlineData("BPF program is too large. Processed 1000001 insn\nprocessed 1000001 insns", true)]
    [InlineData("The sequence of 8193 jumps is too complex.\nprocessed 16386 insns", true)]
    [InlineData("R1 invalid mem access 'scalar'\nprocessed 12 insns", false)]
    public void AVerifierThatGaveUpIsToldFromOneThatRefused(string log, bool gaveUp) =>
        Assert.Equal(gaveUp, new LoadException("load program h0", 7, null, "h0", log, "").IsTooComplex);
}
