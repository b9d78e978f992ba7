using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Builtins;

/// <summary>What a handler can see of the task and the processor that it interrupted (language §8).</summary>
internal static class TaskFacts
{
    /// <summary>The current task; also what <c>curr_taskinfo</c> reads.</summary>
    public static readonly Builtin CurrentTask = new("curtask", [], "The task that runs, a pointer to the kernel's `struct task_struct`: `curtask.mm.total_vm`.")
    {
        IsValue = true,
        Kernel = new KernelBody((_, _) => TaskType, (context, _) => TaskPointer(context)),
    };

    public static readonly BuiltinFamily Family = new("The task and the processor",
    [
        new("pid", [], "The process id.") { IsValue = true, Kernel = Word(ir => ir.Binary(IrBinary.ShrU, PidTgid(ir), 32)) },
        new("tid", [], "The thread id.") { IsValue = true, Kernel = Word(ir => ir.Binary(IrBinary.And, PidTgid(ir), 0xffffffff)) },
        CurrentTask,
        new("ppid", [], "The process id of the parent.") { IsValue = true, Kernel = Member("real_parent", "tgid") },
        new("uid", [], "The user id.") { IsValue = true, Kernel = Word(ir => ir.Binary(IrBinary.And, UidGid(ir), 0xffffffff)) },
        new("gid", [], "The group id.") { IsValue = true, Kernel = Word(ir => ir.Binary(IrBinary.ShrU, UidGid(ir), 32)) },
        new("cpu", [], "The number of the processor, from 0.") { IsValue = true, Kernel = Word(ir => ir.Call(BpfHelper.GetSmpProcessorId, CallEffect.PerRun)) },
        new("numa_node", [], "The number of the processor's memory node.") { IsValue = true, Kernel = Word(ir => ir.Call(BpfHelper.GetNumaNodeId, CallEffect.PerRun)) },
        new("execname", [], "The thread's name, at most 15 bytes.") { IsValue = true, Kernel = Comm },
        new("comm", [], "The same as `execname`.") { IsValue = true, Kernel = Comm },
        new("cgroup", [], "The id of the task's control group.") { IsValue = true, Kernel = Word(ir => ir.Call(BpfHelper.GetCurrentCgroupId, CallEffect.PerRun)) },
        new("in_interrupt", [], "Whether an interrupt is being handled."),
        new("in_iowait", [], "1 where the task waits for input or output, else 0.") { IsValue = true, Kernel = Member("in_iowait") },
    ]);

    // TASK_COMM_LEN; at least one NUL ends the name. What follows it is ours to clear: 6.1's bpf_get_current_comm copies with strscpy, which doesn't pad.
    private const int CommLength = 16;

    private static KernelBody Word(Func<IrBuilder, VReg> emit) => new((_, _) => KtapType.Int, (context, _) => IrValue.OfInt(emit(context.Ir)));

    private static KernelBody Comm => new((_, _) => new KtapType.StringType(CommLength), (context, _) =>
    {
        var buffer = context.Emitter.ZeroedBuffer(CommLength, "comm");
        context.Ir.CallVoid(BpfHelper.GetCurrentComm, buffer, CommLength);
        return IrValue.OfString(CommLength, buffer);
    });

    private static KtapType TaskType => new KtapType.PointerType(new CType.Aggregate(false, "task_struct", 0), IsUser: false);

    // A member of the current task, which is always there to be read.
    private static KernelBody Member(params string[] path) => new(
        (site, _) => site.Options.Types.HasBtf ? KtapType.Int : throw new BuiltinException("this kernel has no BTF, which would tell where it is", "a kernel built with CONFIG_DEBUG_INFO_BTF has it"),
        (context, _) => IrValue.OfInt(MemoryReader.Of(context.Site).Path(context.Emitter, TaskPointer(context), path).Word));

    private static IrValue TaskPointer(KernelContext context) => IrValue.OfWord(TaskType, context.Ir.Call(BpfHelper.GetCurrentTask, CallEffect.PerRun));

    private static VReg PidTgid(IrBuilder ir) => ir.Call(BpfHelper.GetCurrentPidTgid, CallEffect.PerRun);

    private static VReg UidGid(IrBuilder ir) => ir.Call(BpfHelper.GetCurrentUidGid, CallEffect.PerRun);
}
