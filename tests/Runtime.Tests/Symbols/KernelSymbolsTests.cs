using System.Globalization;
using System.Text;
using Ktap.Runtime.Symbols;

namespace Ktap.Runtime.Tests.Symbols;

public class KernelSymbolsTests
{
    private const string Sample = """
        0000000000000000 A fixed_percpu_data
        0000000000028000 A this_cpu_off
        ffffffff81000000 D data_first
        ffffffff81000000 T vfs_read
        ffffffff81000000 t vfs_read_alias
        ffffffff81000100 t vfs_write
        ffffffff81000200 T _etext
        ffffffff82000000 D __start_rodata
        ffffffff82000400 d jiffies
        ffffffff82000408 B _end
        ffffffffc0202000 t nft_two	[nf_tables]
        ffffffffc0201000 t nft_one	[nf_tables]
        ffffffffc0201000 t nft_alias	[nf_tables]

        """;

    private static KernelSymbols Of(string text) => new(() => Encoding.UTF8.GetBytes(text));

    [Theory]
    [InlineData(0, "0x0")]
    [InlineData(0x28004, "0x28004")]
    [InlineData(0xffffffff80ffffff, "0xffffffff80ffffff")]
    [InlineData(0xffffffff81000000, "vfs_read")]
    [InlineData(0xffffffff8100001c, "vfs_read+0x1c")]
    [InlineData(0xffffffff810000ff, "vfs_read+0xff")]
    [InlineData(0xffffffff81000100, "vfs_write")]
    [InlineData(0xffffffff810001ff, "vfs_write+0xff")]
    [InlineData(0xffffffff81000200, "0xffffffff81000200")]
    [InlineData(0xffffffff82000000, "0xffffffff82000000")]
    [InlineData(0xffffffff82000404, "jiffies+0x4")]
    [InlineData(0xffffffff82000408, "0xffffffff82000408")]
    [InlineData(0xffffffffc0201000, "nft_one [nf_tables]")]
    [InlineData(0xffffffffc0201010, "nft_one+0x10 [nf_tables]")]
    [InlineData(0xffffffffc0202abc, "nft_two+0xabc [nf_tables]")]
    [InlineData(0xffffffffc0302000, "0xffffffffc0302000")]
    [InlineData(ulong.MaxValue, "0xffffffffffffffff")]
    public void AddressesGetTheNamesThatTheKernelGivesThem(ulong address, string expected) =>
        Assert.Equal(expected, Of(Sample).Describe(address));

    [Fact]
    public void NamesGetTheirAddresses()
    {
        var symbols = Of(Sample + "0000000000000010 d twice\nffffffffd0000000 t twice\nffffffffd0000010 t last");
        Assert.Equal(0xffffffff81000100, symbols.AddressOf("vfs_write"));
        Assert.Equal(0xffffffffc0202000, symbols.AddressOf("nft_two"));
        Assert.Equal(0x28000u, symbols.AddressOf("this_cpu_off"));
        Assert.Equal(0xffffffffd0000000, symbols.AddressOf("twice"));
        Assert.Equal(0xffffffffd0000010, symbols.AddressOf("last"));
        Assert.Null(symbols.AddressOf("vfs"));
        Assert.Null(symbols.AddressOf("nf_tables"));
        Assert.Null(symbols.AddressOf("read"));
        Assert.Null(symbols.AddressOf(""));
    }

    [Fact]
    public void HiddenAddressesAreNumbersWithOneNote()
    {
        var symbols = Of("0000000000000000 T vfs_read\n0000000000000000 T vfs_write\n");
        Assert.Null(symbols.Note);
        Assert.Equal("0xffffffff81000000", symbols.Describe(0xffffffff81000000));
        Assert.Null(symbols.AddressOf("vfs_read"));
        Assert.Equal("the kernel hides its addresses (kernel.kptr_restrict): they are shown as numbers", symbols.Note);
    }

    [Fact]
    public void NoSymbolsAtAllAreANoteToo()
    {
        var symbols = Of("");
        Assert.Equal("0x10", symbols.Describe(0x10));
        Assert.Equal("/proc/kallsyms gives no symbols: kernel addresses are shown as numbers", symbols.Note);
    }

    [Fact]
    public void TheyAreReadOnceAndNotBeforeTheyAreWanted()
    {
        var reads = 0;
        var symbols = new KernelSymbols(() => { reads++; return Encoding.UTF8.GetBytes(Sample); });
        Assert.Equal(0, reads);
        symbols.Describe(1);
        symbols.Describe(2);
        Assert.Equal(1, reads);
    }

    [Fact]
    public void LinesThatAreNoSymbolsArePassedOver() =>
        Assert.Equal("good+0x1", Of("\n\nrubbish\n12\nffffffff81000000\nffffffff81000000 T\nffffffff81000010 T good\n").Describe(0xffffffff81000011));

    [Fact]
    public void TheRunningKernelsFunctionsAreFound()
    {
        byte[] text = [];
        try
        {
            text = File.ReadAllBytes("/proc/kallsyms");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Skip.Because($"/proc/kallsyms can't be read: {e.Message}");
        }
        var symbols = new KernelSymbols(() => text);
        symbols.Describe(0);
        Skip.Unless(symbols.Note is null, symbols.Note!);
        var read = symbols.AddressOf("vfs_read");
        Assert.NotNull(read);
        Assert.Equal("vfs_read", symbols.Describe(read.Value));
        Assert.Equal("vfs_read+0x5", symbols.Describe(read.Value + 5));
        // Each function that has an address of its own comes back under its name.
        var lines = Encoding.UTF8.GetString(text).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ', 3)).ToList();
        var alone = lines.GroupBy(l => l[0]).Where(g => g.Count() == 1).Select(g => g.Single())
            .Where(l => l[1] is "t" or "T" && l[2] is not ("_etext" or "_einittext" or "_end")).ToList();
        Assert.True(alone.Count > 10_000);
        foreach (var line in alone)
            Assert.Equal(line[2].Replace('\t', ' '), symbols.Describe(ulong.Parse(line[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
    }
}
