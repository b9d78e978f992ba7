using System.Globalization;
using System.Text.RegularExpressions;
using Ktap.Cli.Tests.FirstLight;

namespace Ktap.Cli.Tests.Stacks;

/// <summary>Stacks of programs in user space against a program whose stacks are known. It has ended when they are printed.</summary>
public partial class UserStackTests
{
    private const string ByStack = "trace syscalls:sys_enter_getppid { s[ustack()] += 1 } trace_end { for (k, v in pairs(s)) print(v, k) }";

    [Fact]
    public void FunctionsStandInOrderUnderTheirCount()
    {
        using var frames = new Frames();
        var run = KtapProcess.Run("-q", "-e", ByStack, "--", frames.Program, "chain", "1234");
        Assert.Equal(["1234", "h", "g", "f", "main"], Words(run.Output)[..5]);
        Assert.Matches(@"\n__libc_start_call_main\+0x[0-9a-f]+ \[libc\.so\.6\]\n", run.Output);
    }

    [Fact]
    public void DepthAndSkipTakePartsOfTheWhole()
    {
        using var frames = new Frames();
        var run = KtapProcess.Run("-q", "-e", "trace syscalls:sys_enter_getppid { s[ustack(2, 1)] += 1 } trace_end { for (k, v in pairs(s)) print(v, k) }", "--", frames.Program, "chain", "5");
        Assert.Equal(["5", "g", "f"], Words(run.Output));
    }

    [Fact]
    public void TwentyThousandDifferentStacksAreAllKept()
    {
        using var frames = new Frames();
        var run = KtapProcess.Run("-q", "--max-entries", "30000", "-e",
            "trace syscalls:sys_enter_getppid { s[ustack()] += 1 } trace_end { var twice = 0 for (k, v in pairs(s)) if (v == 2) twice += 1 print(len(s), twice) }",
            "--", frames.Program, "ways", "20000");
        Assert.Equal("20000\t20000\n", run.Output);
        Assert.Equal("ktap: command exited with status 0\n", run.Messages);
    }

    [Fact]
    public void StacksThatCouldNotBeKeptAreCountedAndSaid()
    {
        using var frames = new Frames();
        var run = KtapProcess.Run("-q", "--max-entries", "65536", "-e",
            "trace syscalls:sys_enter_getppid { var k = ustack() if (k == nil) lost += 1 else s[k] += 1 } " +
            "trace_end { var sum = 0 for (k, v in pairs(s)) sum += v print(len(s), sum, lost) }",
            "--", frames.Program, "ways", "70000");
        // Each of the 70,000 twice; there is room for as many as a table has slots, and for 65,536 at least.
        Assert.Equal("65536\t131072\t8928\n", run.Output);
        Assert.Contains("ktap: -e:1: 8928 stacks were lost and gave nil: there is room for 65536 different ones (--max-entries)\n", run.Messages, StringComparison.Ordinal);
    }

    [Fact]
    public void CompiledCodeHasTheNamesThatItsCompilerWroteDown()
    {
        using var frames = new Frames();
        var run = KtapProcess.Run("-q", "-e", "trace syscalls:sys_enter_getppid { s[ustack()] += 1 p = pid } trace_end { print(p) for (k, v in pairs(s)) print(v, k) }", "--", frames.Program, "compiled", "12");
        var lines = run.Output.Split('\n', 2);
        File.Delete($"/tmp/perf-{int.Parse(lines[0], CultureInfo.InvariantCulture)}.map");
        Assert.Equal(["12", "h", "jitted::method(int)", "compiled", "main"], Words(lines[1])[..5]);
        Assert.Contains("\njitted::method(int)+0x6\n", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void AStrippedProgramHasItsSymbolsByItsBuildId()
    {
        const string id = "f00dfeed00112233445566778899aabbccddeeff";
        using var frames = new Frames("0x" + id).StripToDebugFolder(id);
        Assert.Equal(["3", "h", "g", "f", "main"], Words(KtapProcess.Run("-q", "-e", ByStack, "--", frames.Program, "chain", "3").Output)[..5]);
    }

    [Fact]
    public void AStrippedProgramHasItsSymbolsByItsDebugLink()
    {
        using var frames = new Frames().StripWithLink();
        Assert.Equal(["3", "h", "g", "f", "main"], Words(KtapProcess.Run("-q", "-e", ByStack, "--", frames.Program, "chain", "3").Output)[..5]);
    }

    [Fact]
    public void WithoutSymbolsAddressesAreNumbers()
    {
        using var frames = new Frames().Strip();
        var lines = KtapProcess.Run("-q", "-e", ByStack, "--", frames.Program, "chain", "3").Output.Split('\n');
        // The address, and the place in the file, which is where tools look it up.
        Assert.All(lines[1..4], line => Assert.Matches($@"^0x[0-9a-f]{{12}} \[{Regex.Escape(Path.GetFileName(frames.Program))}\+0x[0-9a-f]+\]$", line));
    }

    // What a process's stack looked like belongs to the program that it ran then.
    [Fact]
    public void AProcessThatGoesOnAsAnotherProgramKeepsTheNamesOfTheFirst()
    {
        using var frames = new Frames();
        var script = ByStack.Replace("getppid {", "getppid /execname == \"ktap-frames\"/ {", StringComparison.Ordinal);
        var run = KtapProcess.Run("-q", "-e", script, "--", "/bin/sh", "-c", $"{frames.Program} chain 7; exec {frames.Program} chain 9");
        var counts = Words(run.Output).Where(w => char.IsAsciiDigit(w[0])).Order(StringComparer.Ordinal);
        Assert.Equal(["7", "9"], counts);
        Assert.Equal(2, Regex.Count(run.Output, @"\ng\+0x[0-9a-f]+\nf\+0x[0-9a-f]+\nmain\+0x"));
    }

    [Fact]
    public void KernelAndUserStackAreOneKey()
    {
        using var frames = new Frames();
        var run = KtapProcess.Run("-q", "-e", "trace syscalls:sys_enter_getppid { s[execname, ustack(2), stack()] += 1 } trace_end { print_hist(s) }", "--", frames.Program, "chain", "11");
        var lines = run.Output.Split('\n');
        Assert.Equal("ktap-frames", lines[1]);
        Assert.Matches(@"^h\+0x[0-9a-f]+$", lines[2]);
        Assert.Matches(@"^g\+0x[0-9a-f]+$", lines[3]);
        Assert.Matches(@"^entry_SYSCALL_64_after_hwframe\+0x[0-9a-f]+$", lines[^3]);
        Assert.Matches(@"^ {31} \|@{38} 11$", lines[^2]);
    }

    // Counts and names, without offsets and files.
    private static string[] Words(string output) => [.. output.Split(['\n', '\t'], StringSplitOptions.RemoveEmptyEntries).Select(w => Offset().Replace(w, ""))];

    [GeneratedRegex(@"\+0x[0-9a-f]+( \[.*\])?$")]
    private static partial Regex Offset();
}
