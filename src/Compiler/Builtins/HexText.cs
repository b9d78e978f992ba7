using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Builtins;

/// <summary><c>hex(p, n)</c> in handlers: bytes of memory as digits, at most as many as fit a string of <c>--strlen</c>. A read that faults gives nil, and is counted.</summary>
internal static class HexText
{
    public static KernelBody Body { get; } = KernelBody.Seeing(TypeOf, Emit).ThatTakesNil;

    private static KtapType TypeOf(ProbeSite site, ImmutableArray<KernelArgument> arguments)
    {
        foreach (var argument in arguments)
            if (argument.Type.NotNil is not (KtapType.IntType or KtapType.PointerType or KtapType.NeverType))
                throw new BuiltinException($"it takes an address and a number of bytes, not a {argument.Type.Describe()}", "for instance hex(skb.dev.dev_addr, 6)");
        return KtapType.String(2 * Most(site, arguments[1].Constant)).OrNil;
    }

    // The most bytes that can come: what a literal says, else what fits.
    private static int Most(ProbeSite site, Value? bytes)
    {
        var most = site.Options.StringLength / 2;
        return bytes is { Kind: ValueKind.Int } known ? (int)Math.Clamp(known.AsInt, 0, most) : most;
    }

    private static IrValue Emit(KernelContext context, ImmutableArray<IrValue> arguments)
    {
        var (ir, pointer) = (context.Ir, arguments[0]);
        var most = Most(context.Site, arguments[1].Constant);
        var text = KtapType.String(2 * most);
        var helper = pointer.Type.NotNil is KtapType.PointerType { IsUser: true } or KtapType.IntType { Format: IntFormat.UserAddress } ? BpfHelper.ProbeReadUser : BpfHelper.ProbeReadKernel;
        var (bytes, digits) = (context.Emitter.Buffer(Math.Max(most, 1), "bytes"), context.Emitter.ZeroedBuffer(text.Capacity, "hex"));
        var present = ir.Copy(0L);
        var (read, fault, good, done) = (ir.NewBlock(), ir.NewBlock(), ir.NewBlock(), ir.NewBlock());
        if (pointer.Type is KtapType.NilType) return IrValue.Nil;
        if (pointer.Present is { } given) ir.Branch(IrCondition.Ne, given, 0, read, done);
        ir.Start(read);
        var size = Memory.AtMost(ir, arguments[1], most);
        ir.Branch(IrCondition.LtS, ir.Call(helper, CallEffect.Any, bytes, size, pointer.Word), 0, fault, good);
        ir.Start(fault);
        context.Emitter.CountError(HandlerError.Fault);
        ir.Jump(done);
        ir.Start(good);
        ir.Assign(present, 1);
        WriteDigits(ir, bytes, size, digits, done);
        ir.Start(done);
        return IrValue.OfString(text.Capacity, digits).When(present);
    }

    private static void WriteDigits(IrBuilder ir, VReg bytes, VReg size, VReg digits, IrBlock done)
    {
        var at = ir.Copy(0L);
        var (loop, next) = (ir.NewBlock(), ir.NewBlock());
        ir.Start(loop);
        ir.Branch(IrCondition.GeU, at, size, done, next);
        ir.Start(next);
        var value = ir.Load(ir.Binary(IrBinary.Add, bytes, at), 0, 1);
        var to = ir.Binary(IrBinary.Add, digits, ir.Binary(IrBinary.Shl, at, 1));
        ir.Store(to, 0, Digit(ir, ir.Binary(IrBinary.ShrU, value, 4)), 1);
        ir.Store(to, 1, Digit(ir, ir.Binary(IrBinary.And, value, 15)), 1);
        ir.Assign(at, ir.Binary(IrBinary.Add, at, 1));
        ir.Jump(loop);
    }

    // '0' to '9' begin at 48; 'a' stands 39 behind where ten would.
    internal static VReg Digit(IrBuilder ir, VReg nibble)
    {
        var isLetter = ir.Binary(IrBinary.ShrU, ir.Binary(IrBinary.Sub, 9L, nibble), 63);
        return ir.Binary(IrBinary.Add, ir.Binary(IrBinary.Add, nibble, 48), ir.Binary(IrBinary.Mul, isLetter, 39));
    }
}
