using System.Text.RegularExpressions;

namespace Ktap.Cli.Tests.FirstLight;

/// <summary>The scripts of 2013 and 2014 as they were printed.</summary>
public class SeedTests
{
    private const string PrintEvents = """
            function eventfun (e) {
        	printf("%d %d\t%s\t%s", cpu(), pid(), execname(), e.tostring())
            }

            kdebug.probe("tp:syscalls", eventfun)
        """;

    private const string CountByName = """
            hist = {}

            function eventfun (e) {
        	if (e.sc_is_enter) {
        	    inplace_inc(hist, e.name)
        	}
            }

            kdebug.probe("tp:syscalls", eventfun)

            kdebug.probe_end(function () {
        	histogram(hist)
            })
        """;

    [Fact]
    public void EventsPrintAsIn2013()
    {
        var run = KtapProcess.WithScript(PrintEvents, file => KtapProcess.Run("run", "-q", file, "--", "perl", "-e", "getppid(); close STDIN"));
        var lines = run.Output.Split('\n');
        Assert.Single(lines, l => Regex.IsMatch(l, @"^\d+ \d+\tperl\tsys_getppid\(\)$"));
        Assert.Single(lines, l => Regex.IsMatch(l, @"^\d+ \d+\tperl\tsys_close\(fd: 0\)$"));
        Assert.All(lines, l => Assert.Matches(@"^(\d+ \d+\t[^\t]+\tsys_\w+(\((\w+: [0-9a-f]+(, \w+: [0-9a-f]+)*)?\)| -> 0x[0-9a-f]+))?$", l));
    }

    [Fact]
    public void TheHistogramOf2013CountsExactly()
    {
        var run = KtapProcess.WithScript(CountByName, file => KtapProcess.Run("run", "-q", file, "--", "perl", "-e", "getppid() for 1..1234"));
        var lines = run.Output.Split('\n');
        Assert.Equal("                         value ------------- Distribution ------------- count", lines[0]);
        Assert.Single(lines, l => Regex.IsMatch(l, @"^ {14}sys_enter_getppid \|@+ +1234$"));
    }
}
