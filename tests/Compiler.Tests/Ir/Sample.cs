using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Text;

namespace Ktap.Compiler.Tests.Ir;

/// <summary>Functions as the lowering makes them, for the tests of the stages behind it.</summary>
internal static class Sample
{
    public static MapSpec Counts { get; } = new("counts", BpfMapType.Hash, 8, 8, 1024);

    public static IrBuilder Builder(string text = "# nothing\n") => new("handler", SourceText.From(text, "sample.kp"));

    /// <summary><c>trace … /pid == 42/ { s[arg2] += 1 }</c> in the plainest form: everything fetched where it is used.</summary>
    public static IrFunction CountByArgument()
    {
        const string text = "trace skb:kfree_skb /pid == 42/ {\n    s[arg2] += 1\n}\n";
        var ir = Builder(text);
        var (body, found, missing, end) = (ir.NewBlock(), ir.NewBlock(), ir.NewBlock(), ir.NewBlock());

        ir.Span = new TextSpan(text.IndexOf("pid", StringComparison.Ordinal), 9);
        var isOurs = ir.Compare(IrCondition.Eq, Pid(ir), 42);
        ir.Branch(IrCondition.Ne, isOurs, 0, body, end);

        ir.Start(body);
        ir.Span = new TextSpan(text.IndexOf("s[", StringComparison.Ordinal), 12);
        var key = ir.NewSlot(8, "key of s");
        ir.Store(ir.Address(key), 0, ir.Load(ir.Context(), 8));
        var place = ir.Call(BpfHelper.MapLookupElem, CallEffect.Any, ir.Map(Counts), ir.Address(key));
        ir.Branch(IrCondition.Ne, place, 0, found, missing);

        ir.Start(found);
        ir.AtomicAdd(place, 0, 1);
        ir.Jump(end);

        ir.Start(missing);
        var value = ir.NewSlot(8, "value of s");
        ir.Store(ir.Address(value), 0, 1);
        ir.CallVoid(BpfHelper.MapUpdateElem, ir.Map(Counts), ir.Address(key), ir.Address(value), 1);
        ir.Jump(end);

        ir.Start(end);
        return ir.Finish();
    }

    public static VReg Pid(IrBuilder ir) =>
        ir.Binary(IrBinary.ShrU, ir.Call(BpfHelper.GetCurrentPidTgid, CallEffect.PerRun), 32);
}
