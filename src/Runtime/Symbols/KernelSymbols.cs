using System.Collections.Immutable;
using System.Text;
using Ktap.Compiler.Types;

namespace Ktap.Runtime.Symbols;

/// <summary>
/// The kernel's symbols: names for addresses, as the kernel's own <c>%pS</c> gives them without the size. They are read when the
/// first one is asked for. Safe to use from several threads.
/// </summary>
/// <param name="kallsyms">Reads the whole of /proc/kallsyms; empty where it can't be read.</param>
public sealed class KernelSymbols(Func<ReadOnlyMemory<byte>> kallsyms)
{
    /// <summary>The most bytes that <see cref="Format"/> writes: KSYM_NAME_LEN (512 since Linux 6.1), an offset and a module.</summary>
    public const int MaxLength = 1024;

    private readonly Lazy<KallsymsIndex> _index = new(() => new KallsymsIndex(kallsyms()));

    /// <summary>Why addresses can't get names, as one sentence for the user; null where they can, or before the first look-up.</summary>
    public string? Note => !_index.IsValueCreated ? null
        : _index.Value.IsEmpty ? "/proc/kallsyms gives no symbols: kernel addresses are shown as numbers"
        : _index.Value.IsHidden ? "the kernel hides its addresses (kernel.kptr_restrict): they are shown as numbers"
        : null;

    /// <summary>The symbol that covers an address; not <see cref="KernelSymbol.IsFound"/> where none does.</summary>
    public KernelSymbol Find(ulong address)
    {
        var index = _index.Value;
        var at = index.Find(address, out var start);
        return at < 0 ? default : new KernelSymbol(index.NameAt(at), index.ModuleAt(at), address - start);
    }

    /// <summary>
    /// Writes <c>name</c>, <c>name+0x1c</c> or <c>name+0x1c [module]</c>, or the address in hexadecimal where no symbol covers it;
    /// returns the number of bytes. <paramref name="destination"/> holds at least <see cref="MaxLength"/>.
    /// </summary>
    public int Format(ulong address, Span<byte> destination)
    {
        var symbol = Find(address);
        if (!symbol.IsFound) return Hex(address, destination);
        var name = symbol.Name[..Math.Min(symbol.Name.Length, MaxLength / 2)];
        name.CopyTo(destination);
        var length = name.Length;
        if (symbol.Offset != 0)
        {
            destination[length++] = (byte)'+';
            length += Hex(symbol.Offset, destination[length..]);
        }
        if (symbol.Module.Length is 0 or > MaxLength / 4) return length;
        destination[length++] = (byte)' ';
        symbol.Module.CopyTo(destination[length..]);
        return length + symbol.Module.Length;
    }

    /// <summary>What <see cref="Format"/> writes, as text.</summary>
    public string Describe(ulong address)
    {
        Span<byte> buffer = stackalloc byte[MaxLength];
        return Encoding.UTF8.GetString(buffer[..Format(address, buffer)]);
    }

    /// <summary>The address of a symbol, of a function first where several have the name; null where there is none or addresses are hidden.</summary>
    public ulong? AddressOf(string name)
    {
        if (name.Length == 0) return null;
        var address = _index.Value.AddressOf(Encoding.UTF8.GetBytes(name));
        return address == 0 ? null : address;
    }

    /// <summary>Where a variable is, and how many bytes there are up to the next symbol; null where there is none, or where it is a function.</summary>
    public MemoryPlace? DataOf(string name) => name.Length > 0 && _index.Value.DataOf(Encoding.UTF8.GetBytes(name), out var size) is > 0 and var address ? new MemoryPlace(address, size) : null;

    /// <summary>Where the functions of certain names are, as ascending ranges that don't touch; a function ends where the next symbol of code starts.</summary>
    public ImmutableArray<(ulong Start, ulong End)> RangesOf(NameTest isWanted) => _index.Value.RangesOf(isWanted);

    /// <summary>The functions of certain names, in the order of their addresses; not those that BPF and the tracers made. Empty where addresses are hidden.</summary>
    public List<KernelFunction> Functions(NameTest isWanted)
    {
        var functions = new List<KernelFunction>();
        foreach (var (address, name) in _index.Value.Functions(isWanted))
        {
            var module = Encoding.UTF8.GetString(_index.Value.ModuleAt(name)).Trim('[', ']');
            if (!module.StartsWith("bpf", StringComparison.Ordinal) && !module.StartsWith("__builtin__", StringComparison.Ordinal))
                functions.Add(new KernelFunction(Encoding.UTF8.GetString(_index.Value.NameAt(name)), address, module));
        }
        return functions;
    }

    private static int Hex(ulong value, Span<byte> destination)
    {
        "0x"u8.CopyTo(destination);
        value.TryFormat(destination[2..], out var written, "x");
        return written + 2;
    }
}

/// <summary>A question about a symbol's name.</summary>
public delegate bool NameTest(ReadOnlySpan<byte> name);

/// <summary>A symbol and how far behind its start an address is.</summary>
/// <param name="name">The name.</param>
/// <param name="module">The module in brackets, <c>[nf_tables]</c>; empty for the kernel itself.</param>
/// <param name="offset">Bytes from the symbol's start.</param>
public readonly ref struct KernelSymbol(ReadOnlySpan<byte> name, ReadOnlySpan<byte> module, ulong offset)
{
    /// <summary>The name.</summary>
    public ReadOnlySpan<byte> Name { get; } = name;

    /// <summary>The module in brackets, or empty.</summary>
    public ReadOnlySpan<byte> Module { get; } = module;

    /// <summary>Bytes from the symbol's start.</summary>
    public ulong Offset { get; } = offset;

    /// <summary>Whether there is one.</summary>
    public bool IsFound => Name.Length > 0;
}
