using System.Buffers.Binary;
using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>One system call's event as a site needs it.</summary>
/// <param name="Number">The system call's number.</param>
/// <param name="Name">The event's name: <c>sys_enter_openat</c>.</param>
/// <param name="Fields">The fields of its format after the common ones; empty where none are used.</param>
public sealed record SyscallEvent(int Number, string Name, ImmutableArray<TracepointField> Fields);

/// <summary>
/// Entries, or returns, of system calls: all through the one raw tracepoint <c>sys_enter</c> or <c>sys_exit</c>, the number
/// looked at first. The events of one site have the fields that are used in the same places.
/// </summary>
public sealed class SyscallSite(Target target, bool isEnter, string description, ImmutableArray<SyscallEvent> events, ProbeOptions options) : ProbeSite(target, options)
{
    // The numbers of x86-64 and the others end well below; what is above is no system call of ours.
    private const int TableSize = 1024;

    /// <inheritdoc/>
    public override bool NeverInterruptsItself => RawTracepointsNeverInterruptThemselves;

    /// <inheritdoc/>
    public override string Section => isEnter ? "raw_tp/sys_enter" : "raw_tp/sys_exit";

    /// <inheritdoc/>
    public override bool IsTracepoint => true;

    /// <inheritdoc/>
    public override int TracingFrames => RawTracepointFrames;

    /// <inheritdoc/>
    public override string Description => description;

    /// <inheritdoc/>
    public override ImmutableArray<AttachPoint> AttachPoints => [new AttachPoint.RawTracepoint(isEnter ? "sys_enter" : "sys_exit")];

    /// <inheritdoc/>
    public override NameSet ProbeNames { get; } = new(events.Select(e => e.Name));

    /// <inheritdoc/>
    public override ImmutableArray<string> ProbeGroups => [.. events.Select(_ => "syscalls")];

    /// <inheritdoc/>
    public override bool IsSyscallEnter => isEnter;

    /// <inheritdoc/>
    public override IReadOnlyList<string> FieldNames => [.. events.SelectMany(e => e.Fields).Select(f => f.Name).Concat(isEnter ? [] : ["ret"]).Distinct()];

    /// <inheritdoc/>
    public override IrOperand EmitPrologue(KernelEmitter emitter, IrBlock reject)
    {
        var ir = emitter.Ir;
        var number = EmitNumber(emitter);
        if (events.Length == 1)
        {
            var only = ir.NewBlock();
            ir.Branch(IrCondition.Ne, number, events[0].Number, reject, only);
            ir.Start(only);
            return 0;
        }
        // A table in read-only data: number -> index of the name + 1, or 0.
        var table = new byte[TableSize * 2];
        for (var i = 0; i < events.Length; i++)
        {
            var entry = table.AsSpan(events[i].Number * 2, 2);
            if (Target.Architecture.IsBigEndian) BinaryPrimitives.WriteUInt16BigEndian(entry, (ushort)(i + 1));
            else BinaryPrimitives.WriteUInt16LittleEndian(entry, (ushort)(i + 1));
        }
        var (inRange, known) = (ir.NewBlock(), ir.NewBlock());
        ir.Branch(IrCondition.GeU, number, TableSize, reject, inRange);
        ir.Start(inRange);
        var address = ir.Binary(IrBinary.Add, ir.Data(DataKind.Rodata, emitter.Constant([.. table])), ir.Binary(IrBinary.Shl, number, 1));
        var index = ir.Load(address, 0, 2);
        ir.Branch(IrCondition.Eq, index, 0, reject, known);
        ir.Start(known);
        return ir.Binary(IrBinary.Sub, index, 1);
    }

    /// <inheritdoc/>
    public override ProbeField? Field(string name)
    {
        if (!isEnter && name == "ret") return Return;
        if (name == "__syscall_nr") return Number;
        var index = Arguments(events[0]).FindIndex(f => f.Name == name);
        return index < 0 ? null : OfArgument(index);
    }

    /// <inheritdoc/>
    public override ProbeField? Argument(int number)
    {
        // Older numberings count the format's own fields, the hidden __syscall_nr first.
        if (Options.ArgumentBase is { } first) number -= first;
        if (number == 0) return Number;
        if (!isEnter) return number == 1 ? Return : null;
        return number - 1 < Arguments(events[0]).Count ? OfArgument(number - 1) : null;
    }

    /// <inheritdoc/>
    public override EventText Text => isEnter
        ? new EventText(new EventTextFormat.SyscallEnter(), 7 * 8, EmitEnterText)
        : new EventText(new EventTextFormat.SyscallExit(), 2 * 8, EmitExitText);

    private static List<TracepointField> Arguments(SyscallEvent e) => [.. e.Fields.Where(f => f.Name != "__syscall_nr")];

    private ProbeField Number => new("__syscall_nr", KtapType.Int, e => IrValue.OfInt(EmitNumber(e))) { Limit = events.Max(e => e.Number) + 1 };

    private ProbeField Return { get; } = new("ret", KtapType.Int, e => IrValue.OfInt(e.Ir.Load(e.Ir.Context(), 8, 8, signed: true)));

    // On entry the tracepoint passes the number; on return only the registers still have it.
    private VReg EmitNumber(KernelEmitter e) => isEnter
        ? e.Ir.Load(e.Ir.Context(), 8)
        : ReadRegister(e, Target.Architecture.SyscallNumber);

    private ProbeField OfArgument(int index)
    {
        var field = Arguments(events[0])[index];
        var type = FieldTypes.Scalar(field.TypeText, isUser: true, Options.Types);
        var (size, signed) = type is KtapType.PointerType ? (8, false) : FieldTypes.OfArgument(field.TypeText);
        return new ProbeField(field.Name, type, e =>
        {
            var value = ReadRegister(e, Target.Architecture.SyscallArguments[index]);
            return IrValue.OfWord(type, Widen(e.Ir, value, size, signed));
        });
    }

    private static VReg Widen(IrBuilder ir, VReg value, int size, bool signed)
    {
        if (size == 8) return value;
        var bits = 64 - size * 8;
        return ir.Binary(signed ? IrBinary.ShrS : IrBinary.ShrU, ir.Binary(IrBinary.Shl, value, bits), bits);
    }

    // The raw tracepoint's first argument is the kernel's struct pt_regs, the one of the task that makes the call.
    private VReg ReadRegister(KernelEmitter e, int offset)
    {
        if (TaskReader.Of(this).UserRegister(e.Ir, offset) is { } value) return value;
        var buffer = e.Buffer(8, "register");
        e.Ir.CallVoid(BpfHelper.ProbeReadKernel, buffer, 8, e.Ir.Binary(IrBinary.Add, e.Ir.Load(e.Ir.Context(), 0), offset));
        return e.Ir.Load(buffer, 0);
    }

    private IrOperand EmitEnterText(KernelEmitter e, VReg to)
    {
        e.Ir.Store(to, 0, EmitNumber(e));
        for (var i = 0; i < 6; i++) e.Ir.Store(to, 8 + i * 8, ReadRegister(e, Target.Architecture.SyscallArguments[i]));
        return 7 * 8;
    }

    private IrOperand EmitExitText(KernelEmitter e, VReg to)
    {
        e.Ir.Store(to, 0, EmitNumber(e));
        e.Ir.Store(to, 8, e.Ir.Load(e.Ir.Context(), 8));
        return 2 * 8;
    }
}
