using System.Diagnostics;
using Ktap.Compiler.Btf;
using Ktap.Compiler.Diagnostics;
using Ktap.Runtime.Tests.Concurrency;
using Ktap.Runtime.Tests.Tables;

namespace Ktap.Runtime.Tests.Counters;

/// <summary>Watchpoints on memory that is accessed a known number of times.</summary>
[Collection("kernel")]
public class WatchTests
{
    [Fact]
    public void EachWriteOfAVariable()
    {
        var run = CountedWork.Do("write", 1000, "trace mem:watched:w { n += 1 sum += value last = value } trace_end { print(n, sum, last) }");
        Assert.Equal("1000\t500500\t1", run.Lines[^1]);
    }

    [Fact]
    public void ReadsAndWrites()
    {
        var run = CountedWork.Do("write", 700, "trace mem:watched:w { w += 1 } trace mem:watched { rw += 1 } trace_end { print(w, rw) }");
        Assert.Equal("700\t1400", run.Lines[^1]);
    }

    [Fact]
    public void AnElementOfAnArrayWithItsSign()
    {
        var run = CountedWork.Do("write", 300, "trace mem:numbers+8/4:w { n += 1 sum += value least = addr[0] } trace mem:numbers/4:w { other += 1 } trace_end { print(n, sum, least, other) }");
        Assert.Equal("300\t-45150\t-300\tnil", run.Lines[^1]);
    }

    [Fact]
    public void AnInstructionOfTheProgram()
    {
        var run = CountedWork.Do("write", 400, "trace mem:write_watched:x { n += 1 same = addr == ip } trace_end { print(n, same) }");
        Assert.Equal("400\ttrue", run.Lines[^1]);
    }

    // The child's variable is at the same address, in memory of its own.
    [Fact]
    public void AVariableIsThatOfTheProcess()
    {
        var run = CountedWork.Do("fork", 250, "trace mem:watched:w { n += 1 } trace_end { print(n) }");
        Assert.Equal("250", run.Lines[^1]);
    }

    [Fact]
    public void WhoWrites()
    {
        var run = CountedWork.Do("write", 200_000, "trace mem:watched:w { s[ustack(1)] += 1 } trace_end { for (k, v in pairs(s)) print(k, v) }");
        Assert.Matches(@"^write_watched\+0x[0-9a-f]+\t200000$", run.Lines[^1]);
    }

    [Fact]
    public void TheTextOfAnEvent()
    {
        var run = CountedWork.Do("write", 1, "trace mem:watched:w { print(argstr, probename, probegroup) }");
        Assert.Matches(@"^addr=0x[0-9a-f]+ value=1 ip=0x[0-9a-f]+\twatched:w\tmem$", run.Lines[0]);
    }

    [Fact]
    public void AProcessThatRuns()
    {
        using var process = new WaitingProcess();
        using (var script = process.Trace("trace mem:watched:w { n += 1 }", 'w', 123)) Assert.Equal(123, script["n"].AsInt);
        // By address, which the process tells; 8 bytes, since the address is a multiple of 8.
        using (var script = process.Trace($"trace mem:{process.Address}:w {{ n += 1 v = value }}", 'w', 77))
            Assert.Equal((77, 7), (script["n"].AsInt, script["v"].AsInt));
    }

    // A field of the process's task in the kernel, which prctl(PR_SET_PDEATHSIG) writes once.
    [Fact]
    public void MemoryOfTheKernel()
    {
        Skip.Unless(File.Exists("/sys/kernel/btf/vmlinux"), "this kernel has no BTF");
        using var process = new WaitingProcess();
        long task;
        using (var script = process.Trace("trace syscalls:sys_enter_getpgrp { t = cast(\"u64\", curtask) }", 'g', 1)) task = script["t"].AsInt;
        var btf = new BtfReader(File.ReadAllBytes("/sys/kernel/btf/vmlinux"));
        var offset = btf.FindMember(btf.Find(BtfKind.Struct, "task_struct"), "pdeath_signal")!.Value.BitOffset / 8;
        using (var script = process.Trace($"trace mem:0x{task + offset:x}/4:w {{ n += 1 s[stack(1)] += 1 v = value }}", 'p', 345))
            Assert.Equal((345, 1, 0), (script["n"].AsInt, script["s"].AsTable.Count, script["v"].AsInt));
    }

    [Fact]
    public void MoreThanTheHardwareHas()
    {
        Skip.Unless(Environment.IsPrivilegedProcess, "tracing needs root");
        var four = string.Join(' ', Enumerable.Range(0, 4).Select(i => $"trace mem:watched+{i}/1:w {{ n{i} += 1 }}"));
        Assert.Equal("10\t10", CountedWork.Do("write", 10, four + " trace_end { print(n0, n3) }").Lines[^1]);
        var refusal = Assert.Throws<KtapException>(() => CountedWork.Do("write", 10, four + " trace mem:watched+4/1:w { m += 1 }"));
        Assert.Equal("attach to perf event mem:watched+4/1:w: no space left on device", refusal.Operation);
        Assert.StartsWith("too many watchpoints: the hardware has 4", refusal.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mem:watch:w", "KT0151", "the nearest in")]
    [InlineData("mem:watched:r", "KT0153", "write rw")]
    [InlineData("mem:watched:wx", "KT0154", "x stands alone")]
    [InlineData("mem:watched/3", "KT0150", "1, 2, 4 or 8 bytes")]
    [InlineData("mem:watched+4/8:w", "KT0152", "a smaller length")]
    public void Mistakes(string spec, string code, string hint)
    {
        var run = CountedWork.Do("write", 1, $"trace {spec} {{ n += 1 }}");
        Assert.Equal(1, run.Status);
        Assert.Contains(code, run.Messages, StringComparison.Ordinal);
        Assert.Contains(hint, run.Messages, StringComparison.Ordinal);
    }

    [Fact]
    public void AProgramIsStillACommandWhereNothingIsFound()
    {
        var run = LiveScript.Run("trace mem:watched:w { n += 1 }", null, "/bin/true");
        Assert.Contains("there is no variable 'watched' to watch", run.Messages, StringComparison.Ordinal);
    }

    // The program, waiting for letters.
    private sealed class WaitingProcess : IDisposable
    {
        private readonly string _pipe = Path.Combine(Path.GetDirectoryName(CountedWork.Program)!, "letters");
        private readonly Process _process;
        private readonly FileStream _letters;

        public WaitingProcess()
        {
            using (var make = Process.Start("mkfifo", _pipe)) make.WaitForExit();
            _process = Process.Start(new ProcessStartInfo(CountedWork.Program, ["wait", _pipe]) { RedirectStandardOutput = true })!;
            _letters = new FileStream(_pipe, FileMode.Open, FileAccess.Write);
            Send('a', 1);
            Address = _process.StandardOutput.ReadLine()!;
        }

        public string Address { get; }

        /// <summary>Traces it while it does so many times what a letter says; tracing has ended then.</summary>
        public AttachedScript Trace(string script, char letter, int times)
        {
            var attached = new AttachedScript(script, process: _process.Id);
            Send(letter, times);
            Send('d', 1);
            Assert.Equal("done", _process.StandardOutput.ReadLine());
            attached.End();
            return attached;
        }

        public void Dispose()
        {
            _letters.Dispose();
            _process.WaitForExit();
            _process.Dispose();
            File.Delete(_pipe);
        }

        private void Send(char letter, int times)
        {
            _letters.Write(Enumerable.Repeat((byte)letter, times).ToArray());
            _letters.Flush();
        }
    }
}
