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
        new("pid", [], "The process id.") { IsValue = true, Kernel = Fact((task, ir) => task.ProcessId(ir)) },
        new("tid", [], "The thread id.") { IsValue = true, Kernel = Fact((task, ir) => task.ThreadId(ir)) },
        CurrentTask,
        new("ppid", [], "The process id of the parent.") { IsValue = true, Kernel = Member((task, ir) => task.Parent(ir), "real_parent", "tgid") },
        new("uid", [], "The user id.") { IsValue = true, Kernel = Fact((task, ir) => task.UserId(ir)) },
        new("gid", [], "The group id.") { IsValue = true, Kernel = Fact((task, ir) => task.GroupId(ir)) },
        new("cpu", [], "The number of the processor, from 0.") { IsValue = true, Kernel = Processor },
        new("numa_node", [], "The number of the processor's memory node.") { IsValue = true, Kernel = Fact((_, ir) => ir.Call(BpfHelper.GetNumaNodeId, CallEffect.PerRun)) },
        new("execname", [], "The thread's name, at most 15 bytes.") { IsValue = true, Kernel = Comm },
        new("comm", [], "The same as `execname`.") { IsValue = true, Kernel = Comm },
        new("cgroup", [], "The id of the task's control group.") { IsValue = true, Kernel = Fact((task, ir) => task.ControlGroup(ir)) },
        new("in_interrupt", [], "Whether an interrupt is being handled, soft ones and NMIs included.") { Kernel = InInterrupt },
        new("in_iowait", [], "1 where the task waits for input or output, else 0.") { IsValue = true, Kernel = Member((_, _) => null, "in_iowait") },
    ]);

    private static KernelBody Fact(Func<TaskReader, IrBuilder, VReg> emit) => new((_, _) => KtapType.Int, (context, _) => IrValue.OfInt(emit(TaskReader.Of(context.Site), context.Ir)));

    private static KernelBody Processor => new((_, _) => KtapType.Int, (context, _) => IrValue.OfInt(context.Ir.Call(BpfHelper.GetSmpProcessorId, CallEffect.PerRun)))
    {
        Limit = target => target.Features.PossibleCpus,
    };

    private static KernelBody Comm => new((_, _) => new KtapType.StringType(TaskReader.NameLength), (context, _) =>
        IrValue.OfString(TaskReader.NameLength, TaskReader.Of(context.Site).Name(context.Emitter)));

    // The bits of the count that tell of interrupts: NMI_MASK | HARDIRQ_MASK | SOFTIRQ_MASK (linux/preempt.h).
    private const long InterruptBits = 0x00ffff00;

    // The count is a variable of each processor's: __preempt_count, from Linux 6.2 to 6.14 a member of pcpu_hot; __per_cpu_offset has where a
    // processor's variables are.
    private const string PerCpuOffsets = "__per_cpu_offset", Count = "__preempt_count", Hot = "pcpu_hot", HotCount = "preempt_count";

    private static KernelBody InInterrupt => new(
        (site, _) => site.Target.SymbolAddress(PerCpuOffsets) is not null && (site.Target.SymbolAddress(Count) ?? site.Target.SymbolAddress(Hot)) is not null
            ? KtapType.Bool
            : throw new BuiltinException("this kernel doesn't tell where it counts interrupts", "a kernel built with CONFIG_KALLSYMS_ALL does; a profile handler always interrupts"),
        (context, _) =>
        {
            var (ir, target) = (context.Ir, context.Site.Target);
            var slot = ir.Binary(IrBinary.Shl, ir.Call(BpfHelper.GetSmpProcessorId, CallEffect.PerRun), 3);
            var offset = Read(context, ir.Binary(IrBinary.Add, slot, (long)target.SymbolAddress(PerCpuOffsets)!.Value), 8);
            var count = target.SymbolAddress(Count) is { } plain
                ? Read(context, ir.Binary(IrBinary.Add, offset, (long)plain), 4)
                : ir.Materialize(MemoryReader.Of(context.Site).Path(context.Emitter,
                    IrValue.OfWord(new KtapType.PointerType(new CType.Aggregate(false, Hot, 0), IsUser: false), ir.Binary(IrBinary.Add, offset, (long)target.SymbolAddress(Hot)!.Value)), HotCount).Word);
            return IrValue.OfBool(ir.Compare(IrCondition.Ne, ir.Binary(IrBinary.And, count, InterruptBits), 0L));
        });

    // Memory of the kernel that is always there.
    private static VReg Read(KernelContext context, VReg address, int size)
    {
        var buffer = context.Emitter.ZeroedBuffer(8, "per processor");
        context.Ir.CallVoid(BpfHelper.ProbeReadKernel, buffer, size, address);
        return context.Ir.Load(buffer, 0, size);
    }

    private static KtapType TaskType => new KtapType.PointerType(new CType.Aggregate(false, "task_struct", 0), IsUser: false);

    // A member of the current task, which is always there to be read: loaded where that is possible.
    private static KernelBody Member(Func<TaskReader, IrBuilder, VReg?> load, params string[] path) => new(
        (site, _) => site.Options.Types.HasBtf ? KtapType.Int : throw new BuiltinException("this kernel has no BTF, which would tell where it is", "a kernel built with CONFIG_DEBUG_INFO_BTF has it"),
        (context, _) => IrValue.OfInt(load(TaskReader.Of(context.Site), context.Ir) is { } loaded ? loaded : MemoryReader.Of(context.Site).Path(context.Emitter, TaskPointer(context), path).Word));

    private static IrValue TaskPointer(KernelContext context) => IrValue.OfWord(TaskType, context.Ir.Call(BpfHelper.GetCurrentTask, CallEffect.PerRun));
}
