using Ktap.Compiler.Bpf;
using Ktap.Compiler.Btf;
using Ktap.Tests;

namespace Ktap.Compiler.Tests.Elf;

/// <summary>The proof: libbpf opens what we write and the kernel's verifier takes it, with types and source lines.</summary>
public sealed class LoadTests
{
    [Fact]
    public void The_kernel_takes_a_counter_a_map_and_a_function_call()
    {
        using var loaded = new LoadedObject(Samples.Counting(ByteOrder.Little));
        Assert.Equal(["add", "store"], loaded.Programs);
        Assert.Equal("""
            int add(void * ctx):
            ; line 1 of the script [file:count.kp line_num:1 line_col:5]
               0: (18) r1 = map[id:N][0]+8
               2: (b7) r2 = 1
               3: (db) lock *(u64 *)(r1 +0) += r2
            ; line 2 of the script [file:count.kp line_num:2 line_col:5]
               4: (b7) r0 = 0
               5: (95) exit

            """, loaded.Dump("add"));

        // The function that nobody calls is gone, and the call has moved with it.
        var store = loaded.Dump("store").Split('\n');
        Assert.Contains("   3: (85) call pc+11#bpf_prog_H_twice", store);
        Assert.Contains("   5: (18) r1 = map[id:N]", store);
        Assert.Equal(
        [
            "unsigned long twice(unsigned long x):",
            "; line 5 of the script [file:count.kp line_num:5 line_col:5]",
            "  15: (bf) r0 = r1",
            "  16: (0f) r0 += r1",
            "  17: (95) exit",
            "",
        ], store[^6..]);
        Assert.Matches(@"hash\s+name last\s+flags 0x0\n\s+key 4B\s+value 8B\s+max_entries 64\s", loaded.Show("last"));
        Assert.Matches(@"array\s+name other\s+flags 0x0\n\s+key 4B\s+value 16B\s+max_entries 2\s", loaded.Show("other"));
        Assert.Contains("\"hits\": 0", loaded.Entries(loaded.Maps.Single(m => m.EndsWith("bss", StringComparison.Ordinal))));
    }

    [Fact]
    public void The_kernel_takes_a_callback_a_map_of_maps_and_constants()
    {
        Skip.Unless(KernelHas(BtfKind.Function, "bpf_loop"), "this kernel has no bpf_loop");
        using var loaded = new LoadedObject(Samples.Advanced(ByteOrder.Little));
        Assert.Equal(["main"], loaded.Programs);
        Assert.Contains("unsigned long round(unsigned long i, void * ctx):\n; line 3 of the script", loaded.Dump("main"));
        Assert.Matches(@"array_of_maps\s+name outer\s.*\n\s+key 4B\s+value 4B\s+max_entries 2\s", loaded.Show("outer"));
        Assert.Contains("Found 2 elements", loaded.Entries("outer"));
        Assert.Matches(@"""start"": \[1,2\s*\]", loaded.Entries(loaded.Maps.Single(m => m.EndsWith("rodata", StringComparison.Ordinal))));
    }

    [Fact]
    public void Libbpf_resolves_field_offsets_and_kernel_functions()
    {
        Skip.Unless(KernelHas(BtfKind.Function, "bpf_iter_num_new"), "this kernel has no bpf_iter_num_new");
        var pid = KernelBtf()!.FindMember(KernelBtf()!.Find(BtfKind.Struct, "task_struct"), "pid")!.Value.Offset;
        using var loaded = new LoadedObject(Samples.Relocated(ByteOrder.Little));
        var text = loaded.Dump("main");
        Assert.Contains($"r6 = *(u32 *)(r0 +{pid})", text);
        Assert.Contains("; print(pid) [file:count.kp line_num:1 line_col:1]", text);
        Assert.Matches(@"call bpf_iter_num_new#\d+", text);
        Assert.Matches(@"call bpf_iter_num_destroy#\d+", text);
    }

    private static BtfReader? KernelBtf() =>
        File.Exists("/sys/kernel/btf/vmlinux") ? new BtfReader(File.ReadAllBytes("/sys/kernel/btf/vmlinux")) : null;

    private static bool KernelHas(BtfKind kind, string name) => KernelBtf()?.Find(kind, name) is > 0;
}
