using System.Globalization;
using System.Text.RegularExpressions;

namespace Ktap.Cli.Tests;

/// <summary>Each sample against work of a known amount, done by a command that it traces.</summary>
public partial class SampleTests
{
    private static string Name => Path.GetFileName(SampleRun.Work);

    public static TheoryData<string> All => new(Directory.EnumerateFiles(SampleRun.Folder, "*.kp", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(SampleRun.Folder, path)).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(All))]
    public void SaysWhatItShowsAndHowToRunIt(string sample)
    {
        var comment = File.ReadLines(Path.Combine(SampleRun.Folder, sample)).TakeWhile(line => line.StartsWith('#')).ToArray();
        Assert.True(comment.Length >= 3);
        Assert.Contains(comment, line => line.Contains("ktap samples/" + sample, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void IsTakenByTheKernel(string sample)
    {
        Skip.Unless(Environment.IsPrivilegedProcess, "loading programs into the kernel needs root");
        if (sample == "memory/page-faults.kp") NeedsPageFaults();
        if (sample == "functions/exceptions.kp") Skip.Unless(Directory.EnumerateFiles("/usr/lib", "libstdc++.so.6", SearchOption.AllDirectories).Any(), "there is no C++ library");
        SampleRun.Lines(["-d", Path.Combine(SampleRun.Folder, sample), .. ArgumentsOf(sample)]);
    }

    // What a sample can be given on every machine: those that take a function's name have one of their own.
    private static string[] ArgumentsOf(string sample) => sample switch
    {
        "counters/cycles.kp" => ["cpu-clock"],
        "counters/who-writes.kp" => ["0xffff888000000000"],
        "files/slow.kp" or "functions/typed-lines.kp" => [],
        _ => sample.StartsWith("kernel/", StringComparison.Ordinal) ? [] : ["getppid"],
    };

    [Fact]
    public void TasksMadeByARawTracepoint() =>
        Assert.Equal(7, Count(SampleRun.Trace("kernel/new-tasks.kp", [], SampleRun.Work, "exit", "7", "0"), Name));

    [Fact]
    public void CallsByName() =>
        Assert.Equal(1234, Count(SampleRun.Trace("syscalls/by-name.kp", [], SampleRun.Work, "getppid", "1234"), "sys_enter_getppid"));

    // What starting and ending costs, in calls, is the same each time: the difference is the work alone.
    [Fact]
    public void CallsByProcess() => Assert.Equal(1234, Calls("1734") - Calls("500"));

    private static long Calls(string n) => Number(SampleRun.Trace("syscalls/by-process.kp", [], SampleRun.Work, "getppid", n), Name, 1);

    [Fact]
    public void CallsByCpuAddUp()
    {
        var lines = SampleRun.Trace("syscalls/per-cpu.kp", [], SampleRun.Work, "getppid", "2000");
        var cpus = lines.Where(line => line.StartsWith("cpu ", StringComparison.Ordinal)).Sum(line => Cell(line, 2));
        Assert.Equal(Number(lines, "total", 1), cpus);
        Assert.InRange(cpus, 2000, 2200);
    }

    [Fact]
    public void CallLatency()
    {
        var row = Words(Assert.Single(SampleRun.Trace("syscalls/latency.kp", [], SampleRun.Work, "getppid", "1234"), line => line.StartsWith("getppid ", StringComparison.Ordinal)));
        Assert.Equal("1234", row[1]);
        var (average, least, largest, most) = (Parse(row[2]), Parse(row[3]), Parse(row[4]), Parse(row[5]));
        Assert.InRange(average, least, largest);
        Assert.InRange(most, least, largest);
        Assert.InRange(least, 20, 100_000);
    }

    [Fact]
    public void SizesOfReadsAndWrites()
    {
        var lines = SampleRun.Trace("files/io-sizes.kp", [], SampleRun.Work, "copy", "500", "10");
        var writes = Array.IndexOf(lines, Name + ", writes:");
        Assert.Equal("[8, 16)               500 |" + new string('@', 52) + "|", lines[writes + 1]);
        // The dynamic linker reads the C library's header too.
        var reads = Array.IndexOf(lines, Name + ", reads:");
        Assert.StartsWith("[8, 16)               500 |", lines[reads + 1]);
    }

    [Fact]
    public void WaitsForACpu()
    {
        var run = FirstLight.KtapProcess.Trace(() =>
        {
            for (var i = 0; i < 50; i++) Thread.Sleep(1);
        }, Path.Combine(SampleRun.Folder, "scheduler/run-queue.kp"));
        var lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var numbers = Regex.Matches(lines[^1], "[0-9]+").Select(m => long.Parse(m.Value, CultureInfo.InvariantCulture)).ToArray();
        // The waits, the median, 99 (percent) and their bound, the longest.
        Assert.Equal(numbers[0], lines[..^1].Sum(line => Parse(Words(line[(line.IndexOfAny([')', ']']) + 1)..])[0])));
        Assert.True(numbers[0] >= 50 && numbers[1] <= numbers[3] && numbers[3] <= numbers[4] * 1.02 + 1, lines[^1]);
    }

    [Fact]
    public void FailedCalls()
    {
        var lines = SampleRun.Trace("syscalls/failed.kp", [], SampleRun.Work, "open", "321", "/nowhere/at/all");
        Assert.Contains(lines, line => Words(line) is ["sys_exit_openat", "2", "321"]);
    }

    [Fact]
    public void CallsByProgram()
    {
        var lines = SampleRun.Trace("syscalls/by-program.kp", [Name], SampleRun.Work, "getppid", "1234");
        Assert.Equal(1234, Count(lines, $"{Name} getppid"));
        Assert.All(lines.Skip(1), line => Assert.Contains(Name + " ", line, StringComparison.Ordinal));
    }

    [Fact]
    public void OpensByFolder() =>
        Assert.Equal(321, Count(SampleRun.Trace("files/opens-by-folder.kp", [], SampleRun.Work, "open", "321", "/nowhere/at/all"), $"{Name} in /nowhere"));

    [Fact]
    public void ChosenCalls()
    {
        var lines = SampleRun.Trace("syscalls/chosen.kp", ["getppid", "kill"], SampleRun.Work, "getppid", "1234");
        Assert.Equal(["getppid", "1234"], Words(Assert.Single(lines)));
    }

    [Fact]
    public void ReadLatency()
    {
        // One read more: the dynamic linker's, of the C library.
        var row = Words(Assert.Single(SampleRun.Trace("files/read-latency.kp", [], SampleRun.Work, "copy", "500", "10"),
            line => line.StartsWith(Name, StringComparison.Ordinal)));
        Assert.Equal("501", row[1]);
        Assert.Equal(Parse(row[2]) / 501, Parse(row[3]));
        Assert.InRange(Parse(row[3]), 50, 10_000_000);
    }

    [Fact]
    public void Opens() => Assert.Equal(5, SampleRun.Trace("files/opens.kp", [], SampleRun.Work, "open", "5", "/nowhere/at/all")
        .Count(line => Words(line) is [_, var process, "/nowhere/at/all"] && process == Name));

    [Fact]
    public void OpensByPath() => Assert.Equal(321,
        Count(SampleRun.Trace("files/opens-by-path.kp", [], SampleRun.Work, "open", "321", "/nowhere/at/all"), "/nowhere/at/all"));

    [Fact]
    public void BytesByProcess()
    {
        var lines = SampleRun.Trace("files/io-by-process.kp", [], SampleRun.Work, "copy", "500", "4000");
        Assert.Equal(2_000_000, Number(lines, Name, 2));
        Assert.InRange(Number(lines, Name, 1), 2_000_000, 2_001_000); // and the head of the C library
    }

    [Fact]
    public void Starts()
    {
        var lines = SampleRun.Trace("processes/starts.kp", [], SampleRun.Work, "run", "3", "/bin/true");
        Assert.Equal(3, lines.Count(line => Words(line) is [_, "/bin/true:", "again", "once"]));
        Assert.Single(lines, line => line.EndsWith($"{SampleRun.Work}: {SampleRun.Work} run 3", StringComparison.Ordinal));
    }

    [Fact]
    public void Programs()
    {
        var lines = SampleRun.Trace("processes/programs.kp", [], SampleRun.Work, "run", "12", "/bin/true");
        Assert.Equal(12, Count(lines, "/bin/true"));
    }

    [Fact]
    public void Exits()
    {
        var lines = SampleRun.Trace("processes/exits.kp", [], SampleRun.Work, "exit", "5", "7");
        Assert.Equal(5, lines.Count(line => Words(line) is [_, var process, "status", "7"] && process == Name));
        Assert.Equal(1, lines.Count(line => Words(line) is [_, var process, "status", "0"] && process == Name));
    }

    [Fact]
    public void Forks() => Assert.Equal(12, Count(SampleRun.Trace("processes/forks.kp", [], SampleRun.Work, "exit", "12", "0"), Name));

    [Fact]
    public void Signals()
    {
        var lines = SampleRun.Trace("signals/sent.kp", [], SampleRun.Work, "signal", "77");
        Assert.Contains(lines, line => Words(line) is [var from, var to, "10", "77"] && from == Name && to == Name);
    }

    [Fact]
    public void PageFaults()
    {
        NeedsPageFaults();
        // Beyond the pages touched: those of the program and its libraries, and no more than a few hundred.
        Assert.InRange(Count(SampleRun.Trace("memory/page-faults.kp", [], SampleRun.Work, "touch", "3000"), Name), 3000, 3400);
    }

    // One switch for each sleep, those that others on the machine force, both told by the kernel; and those when it starts and ends.
    [Fact]
    public void ContextSwitches()
    {
        var lines = SampleRun.Trace("scheduler/context-switches.kp", [], SampleRun.Work, "sleep", "100", "tell");
        Assert.True(Parse(lines[0]) >= 100);
        Assert.InRange(Count(lines, Name) - Parse(lines[0]), 1, 30);
    }

    // 97 samples for each second on a CPU; the first line says how many milliseconds it was.
    [Fact]
    public void SamplesByProcess()
    {
        var lines = SampleRun.Trace("scheduler/samples-by-process.kp", [], SampleRun.Work, "spin", "1000", "tell");
        Assert.InRange(Count(lines, Name), 80, (Parse(lines[0]) * 97 / 1000) + 10);
    }

    [Fact]
    public void Drops()
    {
        var lines = SampleRun.Trace("network/drops.kp", [], SampleRun.Work, "udp", "500");
        Assert.Matches(@"^ *__udp4_lib_rcv\+0x[0-9a-f]+ \|@+ +500$", lines[1]);
    }

    [Fact]
    public void Rate()
    {
        var lines = SampleRun.Trace("timers/rate.kp", ["3"], "/bin/sh", "-c", $"{SampleRun.Work} getppid 2000; exec sleep 30");
        Assert.Equal(4, lines.Length);
        Assert.All(lines[..3], line => Assert.EndsWith(" calls/s", line, StringComparison.Ordinal));
        Assert.InRange(Cell(lines[3], 0), 2000, 4000);
        Assert.InRange(lines[..3].Sum(line => Cell(line, 0)), 2000, Cell(lines[3], 0));
    }

    [Fact]
    public void Closures() => Assert.Equal(["fib(20)\t6765", "counters\t2\t20", "sum\t31", "largest\t9"],
        SampleRun.Lines(Path.Combine(SampleRun.Folder, "language/closures.kp")));

    [Fact]
    public void Sort() => Assert.Equal(["  2 ip", "  4 ebpf", "  6 kernel", " 10 tracepoint"],
        SampleRun.Lines(Path.Combine(SampleRun.Folder, "language/sort.kp"), "kernel", "ebpf", "tracepoint", "ip"));

    private static void NeedsPageFaults() => Skip.Unless(
        Directory.Exists("/sys/kernel/tracing/events/exceptions/page_fault_user"), "this kernel has no tracepoint exceptions:page_fault_user");

    // The count in the row of a histogram.
    private static long Count(string[] lines, string key) => lines
        .Select(line => HistogramRow().Match(line)).Where(row => row.Groups["key"].Value == key)
        .Select(row => Parse(row.Groups["count"].Value)).DefaultIfEmpty(0).Single();

    // A cell of the first row that begins with a name.
    private static long Number(string[] lines, string name, int cell) => Cell(lines.First(line => Words(line)[0] == name), cell);

    private static long Cell(string line, int cell) => Parse(Words(line)[cell]);

    private static long Parse(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static string[] Words(string line) => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex(@"^ *(?<key>\S.*?) \|@* *(?<count>\d+)$")]
    private static partial Regex HistogramRow();
}
