using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Lowering;

/// <summary>
/// How a command's processes are known where there is no cgroup2 to put it into: a hash of process ids, which two programs of ktap's own keep. A fork
/// in a process that is in it puts the child in, before the child can run; a process leaves it when the kernel frees its first thread, which is the last to go, so that
/// what a task does while it ends is still the command's.
/// </summary>
internal sealed class CommandTracking(MapSpec processes, TrackingContext context)
{
    private const string Fork = "sched_process_fork", Free = "sched_process_free";
    private const int MostProcesses = 65_536;

    /// <summary>The hash of process ids: 4 bytes, with a word that means nothing.</summary>
    public static MapSpec Map => new(KernelNames.Command, BpfMapType.Hash, 4, 4, MostProcesses);

    /// <summary>The two programs, with where they attach.</summary>
    public ImmutableArray<(IrProgram Program, AttachPoint Point)> Programs =>
    [
        // sched_process_fork(parent, child): also when a thread is made, which changes nothing.
        Program(Fork, (e, no) => PutIn(e, Member(e, 0, "tgid"), Member(e, 1, "tgid"), no)),
        Program(Free, (e, no) => TakeOut(e, Member(e, 0, "tgid"), Member(e, 0, "pid"), no)),
    ];

    /// <summary>Emits the look whether a process is in the hash: goes to <paramref name="no"/> where it isn't.</summary>
    public static void Check(KernelEmitter e, MapSpec processes, IrOperand process, IrBlock no)
    {
        var ir = e.Ir;
        var (key, yes) = (e.Buffer(8, "process"), ir.NewBlock());
        ir.Store(key, 0, process, 4);
        ir.Branch(IrCondition.Ne, ir.Call(BpfHelper.MapLookupElem, CallEffect.Any, ir.Map(processes), key), 0, yes, no);
        ir.Start(yes);
    }

    private (IrProgram, AttachPoint) Program(string tracepoint, Action<KernelEmitter, IrBlock> body)
    {
        var ir = new IrBuilder("ktap_" + tracepoint, context.Source) { Span = context.Span };
        VReg Slot(int size, string purpose) => ir.Address(ir.NewSlot((size + 7) / 8 * 8, purpose));
        var end = ir.NewBlock();
        // A task that the kernel passes can be read, so no error is counted.
        var emitter = new KernelEmitter(ir, Slot, Slot, _ => throw new InvalidOperationException("no constants here"), _ => { }, _ => { }, context.Target.Architecture.IsBigEndian);
        ir.Start(ir.NewBlock());
        body(emitter, end);
        ir.Start(end);
        ir.Return(0);
        return (new IrProgram("raw_tp", ir.Finish()), new AttachPoint.RawTracepoint(tracepoint));
    }

    private void PutIn(KernelEmitter e, VReg parent, VReg child, IrBlock no)
    {
        Check(e, processes, parent, no);
        var key = e.Buffer(8, "child");
        e.Ir.Store(key, 0, child, 4);
        e.Ir.CallVoid(BpfHelper.MapUpdateElem, e.Ir.Map(processes), key, key, 0L);
    }

    private void TakeOut(KernelEmitter e, VReg process, VReg thread, IrBlock no)
    {
        var last = e.Ir.NewBlock();
        e.Ir.Branch(IrCondition.Eq, process, thread, last, no);
        e.Ir.Start(last);
        var key = e.Buffer(8, "process");
        e.Ir.Store(key, 0, process, 4);
        e.Ir.CallVoid(BpfHelper.MapDeleteElem, e.Ir.Map(processes), key);
    }

    // A member of the task that is an argument of the tracepoint.
    private VReg Member(KernelEmitter e, int argument, string name)
    {
        var type = new KtapType.PointerType(new CType.Aggregate(false, "task_struct", 0), IsUser: false);
        var task = IrValue.OfWord(type, e.Ir.Load(e.Ir.Context(), argument * 8));
        return e.Ir.Materialize(new MemoryReader(context.Types, 0, context.Target.Architecture.IsBigEndian).Path(e, task, name).Word);
    }
}

/// <summary>What the programs are made with: the target, its types, and where in the script they are said to come from.</summary>
internal sealed record TrackingContext(Target Target, CTypes Types, SourceText Source, TextSpan Span);
