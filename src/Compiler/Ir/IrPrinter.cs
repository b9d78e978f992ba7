using System.Text;
using Ktap.Compiler.Bpf;

namespace Ktap.Compiler.Ir;

/// <summary>The printed form of the IR (<c>--dump ir</c>, golden tests, bug reports): one op a line, <c>v3 = load u64 [v1 + 16]</c>.</summary>
public static class IrPrinter
{
    /// <summary>All of a module: maps, data, programs.</summary>
    public static string Print(IrModule module)
    {
        var text = new StringBuilder();
        foreach (var map in module.Maps)
            text.Append($"map {map.Name}: {map.Type} key {map.KeySize} value {map.ValueSize} max {map.MaxEntries}{(map.Flags == 0 ? "" : $" flags 0x{map.Flags:x}")}\n");
        foreach (var data in module.Data)
        {
            text.Append($"{Section(data.Kind)}: {data.Size} bytes\n");
            foreach (var variable in data.Variables) text.Append($"    {variable.Name} at {variable.Offset}, {variable.Size} bytes\n");
        }
        foreach (var program in module.Programs)
        {
            if (text.Length > 0) text.Append('\n');
            text.Append($"section \"{program.Section}\"\n").Append(Print(program.Function));
        }
        foreach (var callback in module.Callbacks) text.Append('\n').Append(Print(callback));
        return text.ToString();
    }

    /// <summary>One function.</summary>
    public static string Print(IrFunction function)
    {
        var text = new StringBuilder($"function {function.Name}\n");
        foreach (var slot in function.Slots) text.Append($"  slot {Slot(slot)}: {slot.Size} bytes\n");
        foreach (var block in function.Blocks)
        {
            text.Append($"{block}:\n");
            foreach (var op in block.Ops) text.Append("  ").Append(Print(op)).Append('\n');
        }
        return text.ToString();
    }

    /// <summary>One op, without a newline.</summary>
    public static string Print(IrOp op) => op switch
    {
        IrOp.Const o => $"{o.Dst} = {o.Value}",
        IrOp.Copy o => $"{o.Dst} = {o.Src}",
        IrOp.Binary o => $"{o.Dst} = {Name(o.Op)} {o.A}, {o.B}",
        IrOp.Swap o => $"{o.Dst} = big-endian {o.Src}",
        IrOp.Compare o => $"{o.Dst} = {o.A} {Name(o.Condition)} {o.B}",
        IrOp.Load o => $"{o.Dst} = load {(o.Signed ? 's' : 'u')}{o.Size * 8} {Address(o.Base, o.Offset)}{(o.Field is { } f ? $" {f.Description}" : "")}",
        IrOp.Store o => $"store u{o.Size * 8} {Address(o.Base, o.Offset)}, {o.Value}",
        IrOp.Atomic o => $"{Result(o.Dst)}atomic {Name(o.Op)} u{o.Size * 8} {Address(o.Base, o.Offset)}, {o.Value}{(o.Expected is { } e ? $" if {e}" : "")}",
        IrOp.FrameAddress o => $"{o.Dst} = frame {Slot(o.Slot)}{Plus(o.Offset)}",
        IrOp.MapAddress o => $"{o.Dst} = map {o.Map.Name}",
        IrOp.DataAddress o => $"{o.Dst} = data {Section(o.Section)}{Plus(o.Offset)}",
        IrOp.Context o => $"{o.Dst} = context",
        IrOp.Parameter o => $"{o.Dst} = parameter {o.Index}",
        IrOp.FunctionAddress o => $"{o.Dst} = function {o.Name}",
        IrOp.FieldOffset o => $"{o.Dst} = offset {o.Field.Description} ({o.Value})",
        IrOp.Call o => $"{Result(o.Dst)}call {o.Function?.Name ?? Helper(o.Helper)}({string.Join(", ", o.Args)}){Effect(o.Effect)}",
        IrOp.Jump o => $"jump {o.Target}",
        IrOp.Branch o => $"if {o.A} {Name(o.Condition)} {o.B} then {o.Then} else {o.Else}",
        IrOp.Guard o => $"guard {(o.Rounds is { } rounds ? $"{rounds} " : "")}{o.Inside} else {o.Exhausted}",
        IrOp.Return o => $"return {o.Value}",
        _ => throw new InvalidOperationException($"no printed form for this op, at {op.Span}"),
    };

    private static string Slot(FrameSlot slot) => $"%{slot.Id}({slot.Purpose})";

    private static string Section(DataKind kind) => kind == DataKind.Bss ? ".bss" : ".rodata";

    private static string Address(VReg at, int offset) => $"[{at}{Plus(offset)}]";

    private static string Plus(int offset) => offset == 0 ? "" : offset > 0 ? $" + {offset}" : $" - {-(long)offset}";

    private static string Result(VReg? dst) => dst is null ? "" : $"{dst} = ";

    private static string Helper(BpfHelper helper) => BpfHelperNames.NameOf((int)helper)?["bpf_".Length..] ?? $"helper_{(int)helper}";

    private static string Effect(CallEffect effect) => effect switch { CallEffect.PerRun => " per run", CallEffect.Read => " reads", _ => "" };

    private static string Name(IrBinary op) => op switch
    {
        IrBinary.DivU => "divu",
        IrBinary.ModU => "modu",
        IrBinary.ShrU => "shru",
        IrBinary.ShrS => "shrs",
        _ => op.ToString().ToLowerInvariant(),
    };

    private static string Name(IrAtomic op) => op switch
    {
        IrAtomic.Exchange => "xchg",
        IrAtomic.CompareExchange => "cmpxchg",
        _ => op.ToString().ToLowerInvariant(),
    };

    private static string Name(IrCondition condition) => condition switch
    {
        IrCondition.Eq => "==",
        IrCondition.Ne => "!=",
        IrCondition.LtS => "<s",
        IrCondition.LeS => "<=s",
        IrCondition.GtS => ">s",
        IrCondition.GeS => ">=s",
        IrCondition.LtU => "<u",
        IrCondition.LeU => "<=u",
        IrCondition.GtU => ">u",
        IrCondition.GeU => ">=u",
        IrCondition.Test => "test",
        _ => throw new InvalidOperationException($"no printed form for {condition}"),
    };
}
