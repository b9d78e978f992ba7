using Ktap.Compiler.Ir;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Builtins;

/// <summary>Builtins for addresses and what is there.</summary>
internal static class Memory
{
    public static readonly BuiltinFamily Family = new("Memory and symbols",
    [
        new("user_string", [Row.Int("p"), Row.Int("n").Optional], "The string at an address of the traced process, up to a NUL or `n` bytes.") { Kernel = StringAt(BpfHelper.ProbeReadUserStr) },
        new("kernel_string", [Row.Int("p"), Row.Int("n").Optional], "The string at an address of the kernel, up to a NUL or `n` bytes.") { Kernel = StringAt(BpfHelper.ProbeReadKernelStr) },
        new("hex", [Row.Int("p"), Row.Int("n")], "The `n` bytes at an address as hexadecimal digits, two for each.") { Kernel = HexText.Body },
        new("ipof", [Row.Int("p")], "An address of kernel code, which prints as its symbol.") { User = (_, args) => Value.Int(args[0].AsInt, IntFormat.Kernel), Kernel = Address(IntFormat.Kernel) },
        new("ksym", [Row.Int("p")], "The symbol of an address of the kernel, `name+0x1c`; in a handler the address, which prints as its symbol.")
        {
            Kernel = Address(IntFormat.Kernel),
            User = (context, args) => Value.String(context.World.KernelSymbol((ulong)args[0].AsInt)),
        },
        new("usym", [Row.Int("p")], "An address in a traced process, which prints as such.") { User = (_, args) => Value.Int(args[0].AsInt, IntFormat.User), Kernel = Address(IntFormat.User) },
        new("kaddr", [Row.String("name")], "The address of a kernel symbol; nil where there is none.")
        {
            Kernel = KernelBody.Seeing(
                (site, args) => args[0].Constant is not { } name
                    ? throw new BuiltinException("the name must be known when compiling", "write it as a literal, or keep it in a variable that only the main stage assigns")
                    : site.Target.SymbolAddress(name.AsString.ToString()) is null ? KtapType.Nil : new KtapType.IntType(IntFormat.Kernel),
                (context, args) => context.Site.Target.SymbolAddress(args[0].Constant!.Value.AsString.ToString()) is { } address
                    ? IrValue.OfWord(new KtapType.IntType(IntFormat.Kernel), (long)address) : IrValue.Nil),
            User = (context, args) => context.World.Target.SymbolAddress(args[0].AsString.ToString()) is { } address
                ? Value.Int((long)address, IntFormat.Kernel) : Value.Nil,
        },
    ]);

    // A read that faults gives nil, and is counted.
    private static KernelBody StringAt(BpfHelper helper) => new(
        (site, types) => types[0].NotNil is KtapType.IntType or KtapType.PointerType or KtapType.NeverType
            ? KernelEmitter.TypeOfText(site.Options.StringLength).OrNil
            : throw new BuiltinException($"the address of a string is an integer or a pointer, not a {types[0].Describe()}", "the event's field that points to it, for instance user_string(filename)"),
        (context, args) =>
        {
            var ir = context.Ir;
            var most = context.Site.Options.StringLength;
            var capacity = KernelEmitter.TypeOfText(most).Capacity;
            var buffer = context.Emitter.ZeroedBuffer(capacity, "string");
            var present = ir.Copy(0L);
            var (read, fault, good, done) = (ir.NewBlock(), ir.NewBlock(), ir.NewBlock(), ir.NewBlock());
            if (args[0].Present is { } given) ir.Branch(IrCondition.Ne, given, 0, read, done);
            ir.Start(read);
            var result = args.Length < 2 || args[1].Type is KtapType.NilType
                ? context.Emitter.ReadText(buffer, helper, args[0].Word, most)
                : ir.Call(helper, CallEffect.Any, buffer, ir.Binary(IrBinary.Add, AtMost(ir, args[1], most), 1), args[0].Word);
            ir.Branch(IrCondition.LtS, result, 0, fault, good);
            ir.Start(fault);
            context.Emitter.CountError(HandlerError.Fault);
            ir.Jump(done);
            ir.Start(good);
            ir.Assign(present, 1);
            ir.Start(done);
            return IrValue.OfString(capacity, buffer).When(present);
        }) { TakesNil = true };

    // The same number, which user space shows as an address.
    private static KernelBody Address(IntFormat format) => new((_, _) => new KtapType.IntType(format), (_, args) => IrValue.OfWord(new KtapType.IntType(format), args[0].Word));

    /// <summary>A number of bytes that the script gives: what is below 0 or nil is 0. The verifier has to see the bounds.</summary>
    internal static VReg AtMost(IrBuilder ir, IrValue bytes, int most)
    {
        var result = ir.Copy(bytes.Present is { } present ? ir.Binary(IrBinary.Mul, bytes.Word, present) : bytes.Word);
        Bound(IrCondition.LtS, 0);
        Bound(IrCondition.GtS, most);
        return result;

        void Bound(IrCondition outside, long limit)
        {
            var (beyond, within) = (ir.NewBlock(), ir.NewBlock());
            ir.Branch(outside, result, limit, beyond, within);
            ir.Start(beyond);
            ir.Assign(result, limit);
            ir.Start(within);
        }
    }
}
