using System.Text.RegularExpressions;
using Ktap.Compiler.Btf;
using Ktap.Compiler.Tests.Elf;
using Ktap.Tests;

namespace Ktap.Compiler.Tests.Btf;

/// <summary>The reader against the running kernel's own types, judged by bpftool.</summary>
public sealed class KernelBtfTests
{
    private const string Path = "/sys/kernel/btf/vmlinux";

    private static readonly Lazy<BtfReader?> Kernel = new(() => File.Exists(Path) ? new BtfReader(File.ReadAllBytes(Path)) : null);

    private static BtfReader Open()
    {
        Skip.Unless(Kernel.Value is not null, $"no {Path}");
        return Kernel.Value!;
    }

    [Fact]
    public void Every_type_reads_as_bpftool_reads_it()
    {
        var types = Open();
        var expected = Tool.Run("bpftool", "btf", "dump", "file", Path, "format", "raw");
        Assert.Equal(0, expected.Status);
        using var theirs = new StringReader(expected.Output);
        using var ours = new StringReader(BtfPrinter.Print(types));
        while (theirs.ReadLine() is { } line) Assert.Equal(line, ours.ReadLine());
        Assert.Null(ours.ReadLine());
    }

    [Fact]
    public void The_pid_of_a_task_is_where_bpftool_says()
    {
        var types = Open();
        var dump = Tool.Run("bpftool", "btf", "dump", "file", Path, "format", "raw").Output;
        var task = dump[dump.IndexOf("STRUCT 'task_struct' size=", StringComparison.Ordinal)..];
        var expected = int.Parse(Regex.Match(task, @"'pid' type_id=\d+ bits_offset=(\d+)").Groups[1].Value);

        var pid = types.FindMember(types.Find(BtfKind.Struct, "task_struct"), "pid");
        Assert.Equal(expected, pid!.Value.BitOffset);
        Assert.Equal("pid_t", BtfPrinter.TypeName(types, pid.Value.TypeId));
        Assert.Equal(4, types.SizeOf(pid.Value.TypeId));
    }

    [Fact]
    public void Raw_tracepoints_have_their_prototypes()
    {
        var types = Open();
        var enter = types.Parameters(types.FindRawTracepoint("sys_enter"));
        Assert.Equal(["void *", "struct pt_regs *", "long"], enter.Select(p => BtfPrinter.TypeName(types, p.TypeId).Replace("long int", "long")));
        Assert.Equal(8, types.PointerSize);
        Assert.True(types.FindAll(BtfKind.Typedef, BtfReader.RawTracepointPrefix).Count > 100);
    }

    [Fact]
    public void Functions_are_found_by_prefix_and_by_name()
    {
        var types = Open();
        var ids = types.FindAll(BtfKind.Function, "vfs_");
        foreach (var id in ids) Assert.Equal(types.Name(id), types.Name(types.Find(BtfKind.Function, types.Name(id))));
        Assert.Contains("vfs_read", ids.Select(types.Name));
    }
}
