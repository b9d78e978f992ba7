using System.Diagnostics;
using Ktap.Compiler.Types;
using Ktap.Runtime.Machine;
using Ktap.Runtime.Symbols;

namespace Ktap.Runtime.Tests.User;

/// <summary>Finding programs and libraries, and reading what is in them.</summary>
public sealed class FileTests : IDisposable
{
    private readonly LocalMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void TheCacheOfTheLoaderIsWhatLdconfigPrints()
    {
        Skip.Unless(File.Exists("/etc/ld.so.cache") && File.Exists("/sbin/ldconfig"), "there is no ld.so.cache");
        using var ldconfig = Process.Start(new ProcessStartInfo("/sbin/ldconfig", ["-p"]) { RedirectStandardOutput = true })!;
        // "	libz.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libz.so.1"
        var printed = ldconfig.StandardOutput.ReadToEnd().Split('\n').Where(l => l.Contains(" => ", StringComparison.Ordinal) && !l.Contains("glibc-hwcaps", StringComparison.Ordinal))
            .Select(l => (l[1..l.IndexOf(' ')], l[(l.IndexOf(" => ", StringComparison.Ordinal) + 4)..])).ToArray();
        Assert.NotEmpty(printed);
        Assert.Equal(printed, LoaderCache.Parse(File.ReadAllBytes("/etc/ld.so.cache")).Where(l => !l.Path.Contains("glibc-hwcaps", StringComparison.Ordinal)));
    }

    [Fact]
    public void LibrariesAndProgramsByTheirShortNames()
    {
        Assert.Equal("libc.so.6", Found("libc").ShortName);
        Assert.Equal("libc.so.6", Found("libc.so.6").ShortName);
        Assert.StartsWith("libbpf.so.", Found("bpf").ShortName, StringComparison.Ordinal);
        Assert.Equal("ls", Found("ls").ShortName);
        Assert.Equal(KnownCalls.Path, Found(KnownCalls.Path).Path);
    }

    // A process of its own has its libraries mapped, whatever the loader would find now.
    [Fact]
    public void OfAProcessWhatItHasMapped()
    {
        using var process = Process.Start(new ProcessStartInfo(KnownCalls.Path, ["wait", "1"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        Assert.Equal("ready", process.StandardOutput.ReadLine());
        Assert.Equal(KnownCalls.Path, Found("ktap-calls", process.Id).Path);
        Assert.Contains(Found("libc", process.Id).Path, File.ReadAllText($"/proc/{process.Id}/maps"));
        process.StandardInput.Close();
        process.WaitForExit();
    }

    [Fact]
    public void OlderVersionsOfASymbolHaveTheirVersion()
    {
        Skip.Unless(File.Exists("/usr/bin/readelf"), "needs readelf");
        var file = Found("libc");
        using var readelf = Process.Start(new ProcessStartInfo("readelf", ["--dyn-syms", "-W", file.Path]) { RedirectStandardOutput = true })!;
        // "  1432: 0000000000089380  3821 FUNC    GLOBAL DEFAULT   16 pthread_create@GLIBC_2.2.5"
        var symbols = readelf.StandardOutput.ReadToEnd().Split('\n').Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(w => w is [_, _, _, "FUNC" or "IFUNC", _, _, not "UND", _]).Select(w => (Words: w, At: w[7].IndexOf('@'))).Where(s => s.At > 0)
            .Select(s => (Name: s.Words[7][..s.At], Version: s.Words[7][s.At + 1] == '@' ? null : s.Words[7][(s.At + 1)..], Kind: s.Words[3] == "IFUNC" ? FunctionKind.Indirect : FunctionKind.Function)).ToHashSet();
        Assert.True(symbols.Count > 1000);
        symbols.ExceptWith(file.Functions.Select(f => (f.Name, f.Version, f.Kind)));
        Assert.Empty(symbols);
    }

    // Every instruction of the C library, and of this one with vectors, as objdump sees them.
    [Theory]
    [InlineData("libc")]
    [InlineData("libstdc++")]
    public void InstructionsBeginWhereADisassemblerSaysSo(string library)
    {
        Skip.Unless(File.Exists("/usr/bin/objdump") && _machine.Features.Machine == "x86_64", "needs objdump, on x86-64");
        Skip.Unless(new UserFiles(_machine, 62, "x86_64").Find(library, 0) is UserFileSearch.Found, $"there is no {library}");
        var path = Found(library).Path;
        var bytes = File.ReadAllBytes(path);
        using var objdump = Process.Start(new ProcessStartInfo("objdump", ["-d", "-w", "-j", ".text", path]) { RedirectStandardOutput = true })!;
        var (wrong, count) = (new List<string>(), 0);
        // "   26800:	48 8d 0d 59 f3 16 00 	lea    0x16f359(%rip),%rcx"; addresses of code are offsets in these files.
        for (string? line; (line = objdump.StandardOutput.ReadLine()) is not null;)
        {
            var cells = line.Split('\t');
            if (cells.Length < 3 || cells[2].Contains("(bad)", StringComparison.Ordinal)) continue;
            var (length, offset) = (cells[1].Trim().Split(' ').Length, Convert.ToInt32(cells[0].Trim().TrimEnd(':'), 16));
            count++;
            if (X64Instruction.Length(bytes.AsSpan(offset, Math.Min(16, bytes.Length - offset))) != length) wrong.Add(line);
        }
        Assert.True(count > 100_000, $"only {count} instructions");
        Assert.Empty(wrong.Take(5));
    }

    [Fact]
    public void MarkersAsTheyStandInTheFile()
    {
        var markers = Found(KnownCalls.Path).Markers;
        Assert.Equal(["registers", "constants", "memory", "indexed", "symbol", "bare", "both", "both", "float", "asked"], markers.Select(m => m.Name));
        Assert.All(markers, m => Assert.Equal("shop", m.Provider));
        Assert.Equal("4@$5 -8@$-6 -1@$255", markers[1].Arguments);
        var bytes = File.ReadAllBytes(KnownCalls.Path);
        Assert.All(markers, m => Assert.Equal(0x90, bytes[m.Offset])); // nop
        Assert.All(markers, m => Assert.Equal(m.Name == "asked", m.Semaphore != 0));
        Assert.NotNull(Found(KnownCalls.Path).SymbolAddress("global"));
    }

    private UserFile Found(string name, int pid = 0)
    {
        var search = new UserFiles(_machine, Architecture.ForMachine(_machine.Features.Machine)!.ElfMachine, _machine.Features.Machine).Find(name, pid);
        return Assert.IsType<UserFileSearch.Found>(search).File;
    }
}
