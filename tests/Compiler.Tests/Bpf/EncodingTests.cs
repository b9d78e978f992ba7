using System.Text.RegularExpressions;
using Ktap.Compiler.Bpf;
using Ktap.Tests;
using static Ktap.Compiler.Bpf.BpfInstruction;
using static Ktap.Compiler.Bpf.BpfRegister;

namespace Ktap.Compiler.Tests.Bpf;

public sealed class EncodingTests
{
    [Fact]
    public void Little_endian_machines_have_dst_in_the_low_half()
    {
        Assert.Equal("DB12080000000000", Convert.ToHexString(Encode([Atomic(BpfAtomicOp.Add, BpfSize.Double, R2, 8, R1)], ByteOrder.Little)));
        Assert.Equal("3F82010000000000", Convert.ToHexString(Encode([Alu(BpfAluOp.SignedDiv, R2, R8)], ByteOrder.Little)));
    }

    [Fact]
    public void Big_endian_machines_have_dst_in_the_high_half()
    {
        Assert.Equal("DB21000800000000", Convert.ToHexString(Encode([Atomic(BpfAtomicOp.Add, BpfSize.Double, R2, 8, R1)], ByteOrder.Big)));
        Assert.Equal("B7100000FFFFFFFE", Convert.ToHexString(Encode([Mov(R1, -2)], ByteOrder.Big)));
    }

    [Fact]
    public void A_wide_load_is_two_slots()
    {
        var (first, second) = LoadImmediate64(R3, 0x1122334455667788);
        Assert.Equal("18030000887766550000000044332211", Convert.ToHexString(Encode([first, second], ByteOrder.Little)));
        Assert.True(first.IsWide);
        Assert.False(second.IsWide);
    }

    [Fact]
    public void Code_of_half_a_slot_is_refused()
    {
        var error = Assert.Throws<InvalidDataException>(() => DecodeAll(new byte[12], ByteOrder.Little));
        Assert.Equal("BPF code of 12 bytes is not a whole number of 8-byte slots", error.Message);
    }

    [Fact]
    public void An_offset_past_16_bits_is_our_bug() =>
        Assert.Throws<OverflowException>(() => Load(BpfSize.Word, R1, R2, 40000));

    [Theory]
    [InlineData(BpfHelper.MapLookupElem, 1)]
    [InlineData(BpfHelper.KtimeGetNs, 5)]
    [InlineData(BpfHelper.GetCurrentPidTgid, 14)]
    [InlineData(BpfHelper.PerfEventOutput, 25)]
    [InlineData(BpfHelper.GetCurrentTask, 35)]
    [InlineData(BpfHelper.OverrideReturn, 58)]
    [InlineData(BpfHelper.GetStack, 67)]
    [InlineData(BpfHelper.ProbeReadKernelStr, 115)]
    [InlineData(BpfHelper.RingbufOutput, 130)]
    [InlineData(BpfHelper.GetCurrentTaskBtf, 158)]
    [InlineData(BpfHelper.Loop, 181)]
    [InlineData(BpfHelper.GetFuncArgCnt, 185)]
    [InlineData(BpfHelper.KtimeGetTaiNs, 208)]
    [InlineData(BpfHelper.CgrpStorageDelete, 211)]
    public void Helpers_have_the_kernels_numbers(BpfHelper helper, int number) => Assert.Equal(number, (int)helper);

    [Fact]
    public void Every_helper_has_the_name_that_the_header_gives_its_number()
    {
        const string header = "/usr/include/linux/bpf.h";
        Skip.Unless(File.Exists(header), $"no {header}");
        var names = Regex.Matches(File.ReadAllText(header), @"^\s*FN\((\w+)\s*[,)]", RegexOptions.Multiline).Select(m => m.Groups[1].Value).ToArray();
        Assert.InRange(names.Length, 150, 212);
        for (var i = 1; i < names.Length; i++) Assert.Equal("bpf_" + names[i], BpfHelperNames.NameOf(i));
        foreach (var helper in Enum.GetValues<BpfHelper>())
            Assert.Equal("bpf" + Regex.Replace(helper.ToString(), "[A-Z]", m => "_" + m.Value.ToLowerInvariant()), BpfHelperNames.NameOf((int)helper));
        Assert.Null(BpfHelperNames.NameOf(0));
        Assert.Null(BpfHelperNames.NameOf(212));
    }

    [Fact]
    public void Map_and_program_types_have_the_headers_numbers()
    {
        const string header = "/usr/include/linux/bpf.h";
        Skip.Unless(File.Exists(header), $"no {header}");
        var text = File.ReadAllText(header);
        Assert.Equal(ValuesOf(text, "bpf_map_type", "BPF_MAP_TYPE_"), Names<BpfMapType>(ValuesOf(text, "bpf_map_type", "BPF_MAP_TYPE_").Length));
        Assert.Equal(ValuesOf(text, "bpf_prog_type", "BPF_PROG_TYPE_"), Names<BpfProgramType>(ValuesOf(text, "bpf_prog_type", "BPF_PROG_TYPE_").Length));
    }

    // Of a header of this age: later ones add names at the end, and deprecated spellings with an explicit value.
    private static string[] ValuesOf(string header, string name, string prefix)
    {
        var body = Regex.Match(header, $@"enum {name} {{(.*?)}};", RegexOptions.Singleline).Groups[1].Value;
        return [.. Regex.Matches(body, $@"\b{prefix}(\w+),").Select(m => m.Groups[1].Value.Replace("_", "").ToLowerInvariant()).Take(32)];
    }

    private static string[] Names<T>(int count) where T : struct, Enum =>
        [.. Enum.GetValues<T>().Take(count).Select(v => v.ToString().ToLowerInvariant())];
}
