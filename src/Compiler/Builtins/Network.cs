using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using Ktap.Compiler.Bpf;
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
            Kernel = KernelBody.Seeing(
                (_, args) => args[0].Type is KtapType.PointerType
                    ? throw new BuiltinException("the address is an integer, not where one stands", "net.ntop(p) takes a pointer to its bytes")
                    : KtapType.String(LongestIpv4),
                (context, args) => Ipv4Text(context, args[0].Word)),
        },
        new("net.ntop", [Row.Any("family_or_address"), Row.Any("address").Optional],
            "An address as text: an integer (IPv4), a string of 4 or 16 bytes, or in a handler a pointer to so many (`saddr`, `saddr_v6`); its family (2 or 10) may stand before it.")
        {
            Kernel = KernelBody.Seeing(
                (site, args) => KtapType.String(SizeOf(site, args) == 4 ? LongestIpv4 : Ipv6Text.Longest) is var text && args[^1].Type is KtapType.PointerType or KtapType.OptionalType ? text.OrNil : text,
                PointedText).ThatTakesNil,
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

    private static readonly BuiltinException NotAnAddress = new(
        "in a handler the address is an integer (IPv4) or a pointer to 4 or 16 bytes", "with the family as a literal before it, any pointer will do: net.ntop(2, p), net.ntop(10, p)");

    // The bytes of the address that a handler gives to net.ntop: by its family, or by what is pointed to.
    private static int SizeOf(ProbeSite site, ImmutableArray<KernelArgument> arguments)
    {
        var (type, types) = (arguments[^1].Type.NotNil, site.Options.Types);
        var known = type switch
        {
            KtapType.IntType or KtapType.NeverType => 4,
            KtapType.PointerType { Elements: var n and > 0, Pointee: var element } => n * types.SizeOf(element),
            KtapType.PointerType { Pointee: CType.Aggregate group } => types.SizeOf(group),
            KtapType.PointerType => null,
            _ => throw NotAnAddress,
        };
        var family = arguments.Length == 1 ? null : arguments[0].Constant;
        var said = family == Value.Int(Ipv4Family) ? 4 : family == Value.Int(Ipv6Family) ? 16 : (int?)null;
        var size = said ?? known;
        if (size is not (4 or 16) || arguments.Length > 1 && family is not null && said is null || type is KtapType.IntType && size == 16 || known is { } there && size > there) throw NotAnAddress;
        return size.Value;
    }

    private static IrValue PointedText(KernelContext context, ImmutableArray<IrValue> arguments)
    {
        var (ir, e, address) = (context.Ir, context.Emitter, arguments[^1]);
        if (address.Type is KtapType.NilType) return IrValue.Nil;
        var size = SizeOf(context.Site, [.. arguments.Select(a => new KernelArgument(a.Type, a.Constant))]);
        var capacity = KtapType.String(size == 4 ? LongestIpv4 : Ipv6Text.Longest).Capacity;
        if (address.Type.NotNil is not KtapType.PointerType pointer)
            return address.Present is { } given ? IrValue.OfString(capacity, Ipv4Text(context, address.Word).Address).When(given) : Ipv4Text(context, address.Word);
        // With room for a text: where there is none, something is copied all the same.
        var (bytes, text, present) = (e.ZeroedBuffer(capacity, "address"), ir.NewRegister(), ir.Copy(0L));
        var (read, fault, good, none, done) = (ir.NewBlock(), ir.NewBlock(), ir.NewBlock(), ir.NewBlock(), ir.NewBlock());
        if (address.Present is { } there) ir.Branch(IrCondition.Ne, there, 0, read, none);
        else ir.Jump(read);
        ir.Start(read);
        ir.Branch(IrCondition.LtS, ir.Call(pointer.IsUser ? BpfHelper.ProbeReadUser : BpfHelper.ProbeReadKernel, CallEffect.Any, bytes, size, address.Word), 0, fault, good);
        ir.Start(fault);
        e.CountError(HandlerError.Fault);
        ir.Jump(none);
        ir.Start(none);
        ir.Assign(text, bytes);
        ir.Jump(done);
        ir.Start(good);
        ir.Assign(present, 1);
        ir.Assign(text, size == 4 ? Ipv4Text(context, ir.Load(bytes, 0, 4)).Address : Ipv6(context, bytes));
        ir.Jump(done);
        ir.Start(done);
        return IrValue.OfString(capacity, text).When(present);
    }

    // An IPv4 address in an IPv6 one ends as IPv4 addresses are written.
    private static VReg Ipv6(KernelContext context, VReg bytes)
    {
        var (ir, e, text) = (context.Ir, context.Emitter, context.Ir.NewRegister());
        var (zeros, mapped, other, done) = (ir.NewBlock(), ir.NewBlock(), ir.NewBlock(), ir.NewBlock());
        ir.Branch(IrCondition.Eq, ir.Load(bytes, 0, 8), 0, zeros, other);
        ir.Start(zeros);
        ir.Branch(IrCondition.Eq, ir.Load(bytes, 8, 4), e.IsBigEndian ? 0xffff : 0xffff0000, mapped, other);
        ir.Start(mapped);
        var prefix = context.AsText(IrValue.OfConstant(KtapType.String(MappedPrefix.Length), Value.String(MappedPrefix)));
        var joined = KernelText.Join(e, [prefix, Ipv4Text(context, ir.Load(bytes, 12, 4))], Ipv6Text.Longest);
        var room = e.ZeroedBuffer(KtapType.String(Ipv6Text.Longest).Capacity, "mapped");
        for (var at = 0; at < KernelText.CapacityOf(joined); at += 8) ir.Store(room, at, ir.Load(joined.Address, at));
        ir.Assign(text, room);
        ir.Jump(done);
        ir.Start(other);
        ir.Assign(text, Ipv6Text.Emit(e, bytes));
        ir.Jump(done);
        ir.Start(done);
        return text;
    }

    private const string MappedPrefix = "::ffff:";

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

    // RFC 5952: what is an IPv4 address ends as one; the longest run of two or more zero groups, the first of equals, becomes "::".
    private static string FormatIpv6(byte[] bytes)
    {
        if (bytes.AsSpan(0, 10).IndexOfAnyExcept((byte)0) < 0 && bytes[10] == 0xff && bytes[11] == 0xff) return MappedPrefix + Format(bytes[12..]);
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
