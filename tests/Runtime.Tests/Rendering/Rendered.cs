using System.Text;
using Ktap.Compiler.Values;
using Ktap.Runtime.Rendering;
using Ktap.Runtime.Symbols;

namespace Ktap.Runtime.Tests.Rendering;

/// <summary>What the renderers write, as text, with a kernel of three functions.</summary>
internal static class Rendered
{
    public static readonly KernelSymbols Symbols = new(() => Encoding.UTF8.GetBytes(
        "ffffffff81000000 T vfs_read\nffffffff81001000 T __udp4_lib_rcv\nffffffff81002000 T _etext\nffffffffc0000000 t nft_do_chain\t[nf_tables]\n"));

    public static readonly ValueRenderer Values = new(Symbols);

    public static string By(Action<OutputBuffer> write, StringEscaping escaping = StringEscaping.None)
    {
        var output = OutputBuffer.InMemory(escaping);
        write(output);
        return Encoding.Latin1.GetString(output.Written);
    }

    public static Value Tuple(params Value[] parts) => Value.Tuple(new KTuple(parts));

    public static Value Str(string text) => Value.String(text);

    public static Table TableOf(params (Value Key, Value Value)[] slots)
    {
        var table = new Table();
        foreach (var (key, value) in slots) table[key] = value;
        return table;
    }
}
