using System.Diagnostics;
using System.Globalization;
using Ktap.Cli.Tests.FirstLight;

namespace Ktap.Cli.Tests.Functions;

/// <summary>Events that somebody made in tracefs, of a function of a program of the test's own.</summary>
public sealed class MadeEventTests : IDisposable
{
    private const string Events = "/sys/kernel/tracing/uprobe_events";

    private const string Program = """
        #include <stdlib.h>
        __attribute__((noinline)) long hit(int n, const char *text) { __asm__ volatile("" : : "r"(text)); return n * 2L; }
        int main(int argc, char **argv)
        {
            long sum = 0;
            for (int i = 1; i <= atoi(argv[1]); i++) sum += hit(i, argc > 2 ? argv[2] : "none");
            return sum < 0;
        }
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ktap-made-");
    private readonly string _group = $"ktap_test_{Environment.ProcessId}";

    private string Binary => Path.Combine(_folder.FullName, "hits");

    public void Dispose()
    {
        if (File.Exists(Events))
            foreach (var line in File.ReadAllLines(Events).Where(l => l.Contains($":{_group}/", StringComparison.Ordinal)))
                Write("-" + line[line.IndexOf(':')..line.IndexOf(' ')]);
        _folder.Delete(recursive: true);
    }

    [Fact]
    public void HaveTheirFields()
    {
        Make();
        Write($"p:{_group}/hit {Binary}:0x{Offset():x} n=%di:s32 text=+0(%si):string low=%di:b2@0/8 comm=$comm");
        Write($"r:{_group}/done {Binary}:0x{Offset():x} result=$retval:x32");
        var script = $$"""
            trace {{_group}}:hit { hits += 1 sum += n t[text] += 1 args1 += arg1 if (args.low == 3) threes += 1 c[args.comm] += 1 g[probegroup] += 1 }
            trace {{_group}}:done { results += result p[probename] += 1 last = result }
            trace_end { print(hits, sum, t.text, args1, threes, c.hits, g["{{_group}}"], results, p.done, last) }
            """;
        Assert.Equal("100\t5050\t100\t5050\t25\t100\t100\t10100\t100\t0xc8\n", KtapProcess.Run("-q", "-e", script, "--", Binary, "100", "text").Output);
    }

    [Fact]
    public void HaveNamesAndText()
    {
        Make();
        Write($"p:{_group}/hit {Binary}:0x{Offset():x} n=%di:u8 %si text=+0(%si):string");
        Assert.Equal("n = 7\n", KtapProcess.Run("-q", "-e", $"trace {_group}:* {{ n += 1 }}", "--", Binary, "7").Output);
        var run = KtapProcess.Run("-q", "-e", $"trace {_group}:hit {{ print(argstr) }}", "--", Binary, "2", "\"x\"");
        Assert.Matches("""^\(hit\) n=1 arg2=0x[0-9a-f]+ text=""x""\n\(hit\) n=2 arg2=0x[0-9a-f]+ text=""x""\n$""", run.Output);
    }

    private void Make()
    {
        Skip.Unless(Environment.IsPrivilegedProcess, "tracing needs root");
        Skip.Unless(File.Exists(Events), "this kernel has no uprobe_events in tracefs");
        var source = Path.Combine(_folder.FullName, "hits.c");
        File.WriteAllText(source, Program);
        // A program that isn't moved: an address is 0x400000 before its place in the file.
        Assert.Equal(0, Start("cc", "-O1", "-no-pie", "-o", Binary, source).Status);
    }

    private long Offset()
    {
        var line = Start("nm", Binary).Output.Split('\n').Single(l => l.EndsWith(" T hit", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) - 0x400000;
    }

    private static void Write(string line)
    {
        using var file = new FileStream(Events, FileMode.Append, FileAccess.Write);
        file.Write(System.Text.Encoding.ASCII.GetBytes(line + "\n"));
    }

    private static (int Status, string Output) Start(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
