using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>One tracepoint attached through perf, whose program gets the formatted record as its context.</summary>
public sealed class TracepointSite(Target target, TracepointFormat format, ProbeOptions options) : ProbeSite(target, options)
{
    // Room for the strings behind a record's fixed part; a record that has more is cut there.
    private const int DynamicRoom = 1024;

    private readonly ImmutableArray<TracepointField> _own = [.. format.Fields.Where(f => !f.IsCommon)];

    /// <summary>True: a processor runs one program of perf's events and tracepoints at a time (<c>bpf_prog_active</c>).</summary>
    public override bool NeverInterruptsItself => true;

    /// <inheritdoc/>
    public override string Section => $"tp/{format.Group}/{format.Name}";

    /// <inheritdoc/>
    public override bool IsTracepoint => true;

    /// <inheritdoc/>
    public override string Description => $"{format.Group}:{format.Name}";

    /// <inheritdoc/>
    public override ImmutableArray<AttachPoint> AttachPoints => [new AttachPoint.Tracepoint(format.Group, format.Name)];

    /// <inheritdoc/>
    public override NameSet ProbeNames { get; } = new([format.Name]);

    /// <inheritdoc/>
    public override ImmutableArray<string> ProbeGroups => [format.Group];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FieldNames => [.. _own.Select(f => f.Name)];

    /// <inheritdoc/>
    public override IrOperand EmitPrologue(KernelEmitter emitter, IrBlock reject) => 0;

    /// <inheritdoc/>
    public override ProbeField? Field(string name) =>
        format.Field(name) is { } field ? FieldTypes.OfRecord(field, Options.StringLength, Options.Types) : null;

    /// <inheritdoc/>
    public override ProbeField? Argument(int number)
    {
        var index = number - (Options.ArgumentBase ?? 1);
        return index >= 0 && index < _own.Length ? FieldTypes.OfRecord(_own[index], Options.StringLength, Options.Types) : null;
    }

    /// <inheritdoc/>
    public override EventText Text
    {
        get
        {
            var fixedSize = format.FixedSize;
            var dynamic = _own.Where(f => f.Location != DataLocation.None).ToArray();
            var capacity = (fixedSize + (dynamic.Length > 0 ? DynamicRoom : 0) + 7) / 8 * 8;
            return new EventText(new EventTextFormat.Record(format), capacity, (e, to) => EmitRecord(e, to, fixedSize, dynamic, capacity));
        }
    }

    // Copies the record: the fixed part, or up to the end of the dynamic field that lies furthest behind it.
    private static IrOperand EmitRecord(KernelEmitter e, VReg to, int fixedSize, TracepointField[] dynamic, int capacity)
    {
        var ir = e.Ir;
        if (dynamic.Length == 0)
        {
            ir.CallVoid(BpfHelper.ProbeReadKernel, to, fixedSize, ir.Context());
            return fixedSize;
        }
        var end = ir.Const(fixedSize);
        foreach (var field in dynamic)
        {
            var place = ir.Load(ir.Context(), field.Offset, 4);
            var last = ir.Binary(IrBinary.Add, ir.Binary(IrBinary.And, place, 0xffff), ir.Binary(IrBinary.ShrU, place, 16));
            if (field.Location == DataLocation.RelLoc) last = ir.Binary(IrBinary.Add, last, field.Offset + field.Size);
            KeepLarger(ir, end, last);
        }
        var (cut, copy) = (ir.NewBlock(), ir.NewBlock());
        ir.Branch(IrCondition.GtU, end, capacity, cut, copy);
        ir.Start(cut);
        e.CountError(HandlerError.EventCut);
        ir.Assign(end, capacity);
        ir.Start(copy);
        ir.CallVoid(BpfHelper.ProbeReadKernel, to, end, ir.Context());
        return end;
    }

    private static void KeepLarger(IrBuilder ir, VReg largest, VReg candidate)
    {
        var (take, next) = (ir.NewBlock(), ir.NewBlock());
        ir.Branch(IrCondition.GtU, candidate, largest, take, next);
        ir.Start(take);
        ir.Assign(largest, candidate);
        ir.Start(next);
    }
}
