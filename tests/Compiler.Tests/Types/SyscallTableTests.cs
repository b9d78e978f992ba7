using Ktap.Compiler.Types;

namespace Ktap.Compiler.Tests.Types;

public class SyscallTableTests
{
    [Theory]
    [InlineData("x86_64", "newfstat", 5)]
    [InlineData("x86_64", "umount", 166)]
    [InlineData("x86_64", "sendfile64", 40)]
    [InlineData("x86_64", "file_setattr", 469)]
    [InlineData("aarch64", "newuname", 160)]
    [InlineData("aarch64", "newfstat", 80)]
    [InlineData("aarch64", "arm64_personality", 92)]
    [InlineData("riscv64", "riscv_hwprobe", 258)]
    [InlineData("i686", "chown", 212)]
    [InlineData("i686", "chown16", 182)]
    [InlineData("i686", "futex", 422)]
    [InlineData("i686", "futex_time32", 240)]
    [InlineData("i686", "clock_gettime", 403)]
    [InlineData("i686", "clock_gettime32", 265)]
    [InlineData("i686", "stat", 18)]
    [InlineData("i686", "newstat", 106)]
    [InlineData("i686", "sendfile64", 239)]
    [InlineData("i686", "umount", 52)]
    [InlineData("i686", "oldumount", 22)]
    [InlineData("armv7l", "getuid", 199)]
    [InlineData("armv7l", "mmap_pgoff", 192)]
    [InlineData("ppc64le", "getrlimit", 190)]
    [InlineData("s390x", "s390_ipc", 117)]
    public void EventsHaveNumbers(string machine, string name, int number) => Assert.Equal(number, SyscallTable.ForMachine(machine)!.NumberOfEvent(name));

    [Theory]
    [InlineData("x86_64", "read", 0, 469)]
    [InlineData("aarch64", "read", 63, 469)]
    [InlineData("armv7l", "read", 3, 469)]
    [InlineData("i686", "read", 3, 469)]
    [InlineData("ppc64", "read", 3, 469)]
    [InlineData("s390x", "read", 3, 469)]
    public void EveryTableIsWhole(string machine, string name, int number, int highest)
    {
        var table = SyscallTable.ForMachine(machine)!;
        Assert.Equal(number, table.NumberOf(name));
        Assert.Equal(name, table.NameOf(number));
        Assert.Equal(highest, table.Highest);
        Assert.All(table.Names, n => Assert.Equal(n, table.NameOf(table.NumberOf(n)!.Value)));
        Assert.Equal((434, 435), (table.NumberOf("pidfd_open"), table.NumberOf("clone3")));
        Assert.Null(table.NameOf(100_000));
        Assert.Null(table.NumberOfEvent("no_such_call"));
    }

    [Fact]
    public void UnknownHardwareHasNoTable() => Assert.Null(SyscallTable.ForMachine("vax"));

    [Fact]
    public void NumbersGetTheNamesOfAKernelsEvents()
    {
        var names = SyscallTable.ForMachine("x86_64")!.WithEventNames(["newstat", "umount", "unheard_of"]);
        Assert.Equal(("newstat", "umount", "fstat"), (names[4], names[166], names[5]));
    }
}
