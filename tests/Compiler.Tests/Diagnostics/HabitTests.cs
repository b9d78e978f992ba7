using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Tests.Diagnostics;

/// <summary>What people know from other tracers is answered by what to write here.</summary>
public class HabitTests
{
    private static readonly SourceText Source = SourceText.From("x");

    [Theory]
    [InlineData("tracepoint:syscalls:sys_enter_openat", "write trace syscalls:sys_enter_openat { … }")]
    [InlineData("tracepoint:sched", "write trace SUBSYSTEM:EVENT { … }")]
    [InlineData("interval:s:1", "write tick-1s { … }")]
    [InlineData("interval:hz:4", "write tick-250ms { … }")]
    [InlineData("profile:hz:99", "write profile-99hz { … }")]
    [InlineData("p:ms:10", "write profile-10ms { … }")]
    [InlineData("tick-1s", "a timer has no 'trace' before it: write tick-1s { … }")]
    [InlineData("BEGIN", "what runs first stands at the top of the script, outside of any block")]
    [InlineData("END", "write trace_end { … }")]
    [InlineData("software:page-faults:1", "write trace sw:page-faults:1 { … }")]
    [InlineData("hardware:cache-misses:1000", "write trace hw:cache-misses:1000 { … }")]
    [InlineData("raw_tracepoint:sched:sched_switch", "write trace rawtp:sched_switch { … }")]
    [InlineData("fentry:vmlinux:vfs_read", "write trace fentry:vfs_read { … }")]
    [InlineData("kretfunc:vfs_read", "write trace fexit:vfs_read { … }")]
    [InlineData("fbt::vfs_read:entry", "write trace fentry:vfs_read { … }")]
    [InlineData("syscall::open:return", "write trace syscalls:sys_exit_open { … }")]
    [InlineData("syscall:::entry", "write trace syscalls:sys_enter_* { … }")]
    [InlineData("syscall.open", "write trace syscalls:sys_enter_open { … }")]
    [InlineData("syscall.open.return", "write trace syscalls:sys_exit_open { … }")]
    [InlineData("kr:vfs_read", "write trace kretprobe:vfs_read { … }")]
    [InlineData("w:0x1000:8:rw", "write trace mem:0x1000/8:rw { … }")]
    [InlineData("sched:sched_swich", "the nearest that exist: sched:sched_switch")]
    public void Events(string spec, string hint) => Assert.Equal(hint, Errors.NoSuchEvent(Source, default, spec, ["sched:sched_switch"]).Hint);

    [Theory]
    [InlineData("str", "user_string(p) and kernel_string(p) read strings; a field that is a string already needs neither")]
    [InlineData("kstack", "write stack(), or stack(5) for five frames")]
    [InlineData("ntop", "write net.ntop(address)")]
    [InlineData("clear", "write delete(t), which empties a table, or delete(t[k])")]
    [InlineData("AF_INET", "C's enumerators have their names here, its macros (#define) don't: write the number")]
    [InlineData("args", "one field is args.NAME, the whole event as text argstr")]
    [InlineData("foo", "a:b has: x, y")]
    public void Names(string name, string hint) => Assert.Equal(hint, Errors.UnknownField(Source, default, name, "a:b", ["x", "y"]).Hint);

    [Fact]
    public void AMisspeltFunctionIsNotAHabit()
    {
        var wrong = Errors.UnknownFunction(Source, default, "usr_string", ["user_string", "kernel_string"]);
        Assert.Equal("unknown function 'usr_string'; did you mean 'user_string'?", wrong.Message);
        Assert.Null(wrong.Hint);
    }

    [Theory]
    [InlineData("&", "integer", "boolean", "'==' and its kin bind more tightly than '&': write (a & b) == c")]
    [InlineData("+", "string", "integer", "'..' joins strings")]
    [InlineData("&", "string", "integer", null)]
    public void Operands(string op, string left, string right, string? hint) => Assert.Equal(hint, Errors.BadOperands(Source, default, op, left, right).Hint);
}
