using System.Buffers.Binary;
using System.Text;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Builtins;

/// <summary>Network addresses as text.</summary>
internal static class Network
{
    private const int Ipv4Family = 2, Ipv6Family = 10;

    public static readonly BuiltinFamily Family = new("Network",
    [
        new("net.ip_sock_saddr", [Row.Int("sk")], "The local IPv4 address of a socket (`struct sock *`), as the kernel holds it.") { Kernel = SocketMember("inet_saddr") },
        new("net.ip_sock_daddr", [Row.Int("sk")], "The remote IPv4 address of a socket (`struct sock *`), as the kernel holds it.") { Kernel = SocketMember("sk", "__sk_common", "skc_daddr") },
        new("net.format_ip_addr", [Row.Int("address")], "An IPv4 address as text, from the integer that the kernel holds it in.")
        {
            User = (context, args) => Value.String(Format(Bytes(context, args[0]))),
            Kernel = new KernelBody((_, _) => KtapType.String(LongestIpv4), (context, args) => Ipv4Text(context, args[0].Word)),
        },
        new("net.ntop", [Row.Any("family_or_address"), Row.Any("address").Optional],
            "An address as text: an integer (IPv4) or a string of 4 or 16 bytes; its family (2 or 10) may stand before it. In a handler an IPv4 one.")
        {
            Kernel = KernelBody.Seeing(
                (_, args) => args[^1].Type is KtapType.IntType && (args.Length == 1 || args[0].Constant is { } family && family == Value.Int(Ipv4Family))
                    ? KtapType.String(LongestIpv4)
                    : throw new BuiltinException("in a handler the address is an IPv4 one, an integer", "net.ntop(address), or net.ntop(2, address)"),
                (context, args) => Ipv4Text(context, args[^1].Word)),
            User = (context, args) =>
            {
                var bytes = Bytes(context, args[1].IsNil ? args[0] : args[1]);
                var family = bytes.Length == 4 ? Ipv4Family : Ipv6Family;
                if (!args[1].IsNil && args[0] != Value.Int(family)) throw new BuiltinException($"the address is not one of family {args[0]}", "2 is IPv4, 10 is IPv6");
                return Value.String(Format(bytes));
            },
        },
    ]);

    // An IPv4 socket is a struct inet_sock, which begins with its struct sock.
    private static KernelBody SocketMember(params string[] path) => new(
        (site, types) => !site.Options.Types.HasBtf
            ? throw new BuiltinException("this kernel has no BTF, which would tell where the address is", "a kernel built with CONFIG_DEBUG_INFO_BTF has it")
            : types[0].NotNil is KtapType.IntType or KtapType.PointerType or KtapType.NeverType ? KtapType.Int.OrNil
            : throw new BuiltinException($"the socket is a pointer, not a {types[0].Describe()}"),
        (context, args) =>
        {
            var socket = IrValue.OfWord(new KtapType.PointerType(new CType.Aggregate(false, "inet_sock", 0), IsUser: false), args[0].Word);
            return MemoryReader.Of(context.Site).Path(context.Emitter, args[0].Present is { } there ? socket.When(there) : socket, path);
        }) { TakesNil = true };

    private const int LongestIpv4 = 15;

    // Four numbers from a table of their texts, with dots between.
    private static IrValue Ipv4Text(KernelContext context, IrOperand address)
    {
        var (ir, e) = (context.Ir, context.Emitter);
        var texts = new byte[256 * 8];
        for (var i = 0; i < 256; i++) Encoding.ASCII.GetBytes($"{i}.", texts.AsSpan(i * 8));
        var table = ir.Data(DataKind.Rodata, e.Constant([.. texts]));
        var parts = new IrValue[4];
        for (var i = 0; i < 4; i++)
        {
            // The kernel loads the four bytes as one integer of its own byte order.
            var shift = e.IsBigEndian ? 24 - 8 * i : 8 * i;
            var number = ir.Binary(IrBinary.And, ir.Binary(IrBinary.ShrU, ir.Materialize(address), shift), 255);
            parts[i] = IrValue.OfString(8, ir.Binary(IrBinary.Add, table, ir.Binary(IrBinary.Shl, number, 3)));
        }
        var text = KernelText.Join(e, parts, int.MaxValue);
        // Without the last dot; what is behind the longest address are NULs.
        var length = KernelText.Length(e, text);
        KernelText.Clamp(ir, IrCondition.GtU, length, LongestIpv4 + 1);
        KernelText.Clamp(ir, IrCondition.LtU, length, 1);
        ir.Store(ir.Binary(IrBinary.Add, text.Address, length), -1, 0, 1);
        return IrValue.OfString(KtapType.String(LongestIpv4).Capacity, text.Address);
    }

    private static byte[] Bytes(UserContext context, Value address)
    {
        switch (address.Kind)
        {
            case ValueKind.Int:
                // The kernel loads the four bytes as one integer of its own byte order.
                var bytes = new byte[4];
                if (context.World.Target.Architecture.IsBigEndian) BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)address.AsInt);
                else BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)address.AsInt);
                return bytes;
            case ValueKind.String when address.AsString.Length is 4 or 16:
                return address.AsString.Span.ToArray();
            default:
                throw new BuiltinException("the address must be an integer, or a string of 4 or 16 bytes");
        }
    }

    private static string Format(byte[] bytes) => bytes.Length == 4 ? string.Join('.', bytes) : FormatIpv6(bytes);

    // RFC 5952: the longest run of two or more zero groups, the first of equals, becomes "::".
    private static string FormatIpv6(byte[] bytes)
    {
        var groups = Sequence.Range(0, 8).Select(i => BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(2 * i))).ToArray();
        var (start, length) = (8, 1);
        for (var i = 0; i < 8; i++)
        {
            var run = groups.AsSpan(i).IndexOfAnyExcept((ushort)0) is >= 0 and var end ? end : 8 - i;
            if (run > length) (start, length) = (i, run);
        }
        if (start == 8) return string.Join(':', groups.Select(g => $"{g:x}"));
        var text = new StringBuilder();
        text.AppendJoin(':', groups[..start].Select(g => $"{g:x}")).Append("::").AppendJoin(':', groups[(start + length)..].Select(g => $"{g:x}"));
        return text.ToString();
    }
}
