namespace Ktap.Cli.Tests.FirstLight;

/// <summary>Wrong command lines: each says what to do, and ends with status 2.</summary>
public class UsageTests
{
    [Theory]
    [InlineData("there is no option '-l': 'ktap list EVENTS' lists events", "-l", "syscalls:*")]
    [InlineData("there is no option '-lv': 'ktap list -v EVENTS' lists events with their arguments", "-lv", "sched:*")]
    [InlineData("there is no option '-c': the command to trace stands at the end, behind '--'", "-e", "print(1)", "-c", "true")]
    [InlineData("there is no option '-k'", "-k", "-e", "print(1)")]
    [InlineData("there is no option '--strln'", "--strln=5", "-e", "print(1)")]
    [InlineData("there is no file no/such.kp", "no/such.kp")]
    [InlineData("there is no file kprobe:vfs_read; a script itself stands behind -e", "kprobe:vfs_read")]
    public void SaysWhatIsWrong(string expected, params string[] arguments)
    {
        var run = KtapProcess.Run(arguments);
        Assert.Equal(2, run.Status);
        Assert.Equal($"ktap: {expected}\nktap: 'ktap --help' lists the options\n", run.Messages);
    }
}
