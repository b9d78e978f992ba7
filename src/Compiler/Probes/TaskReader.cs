using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>
/// Facts of the task that runs, by plain loads through the typed pointer that <c>bpf_get_current_task_btf</c> gives (5.11, with the kernel's BTF): a tenth of
/// what the helpers for them cost. Where a target can't, each falls back to its helper.
/// </summary>
public sealed class TaskReader
{
    /// <summary>The bytes of a task's name (TASK_COMM_LEN); at least one NUL ends it.</summary>
    public const int NameLength = 16;

    // What a place behind a pointer is: its offset, and how to relocate it.
    private readonly record struct Place(int Offset, CoreField Field, CType Type);

    // Before this one the kernel leaves old bytes behind the NUL (__set_task_comm without padding), and a name would be two keys.
    private static readonly Version PaddedNames = new(5, 17);

    private readonly Target _target;
    private readonly CTypes _types;

    private TaskReader(Target target, CTypes types) => (_target, _types) = (target, types);

    /// <summary>The reader for the events of a site.</summary>
    public static TaskReader Of(ProbeSite site) => new(site.Target, site.Options.Types);

    /// <summary>The process id, as the first pid namespace has it.</summary>
    public VReg ProcessId(IrBuilder ir) => Word(ir, "tgid") ?? ir.Binary(IrBinary.ShrU, PidTgid(ir), 32);

    /// <summary>The thread id, as the first pid namespace has it.</summary>
    public VReg ThreadId(IrBuilder ir) => Word(ir, "pid") ?? ir.Binary(IrBinary.And, PidTgid(ir), 0xffffffff);

    /// <summary>The user id, as the first user namespace has it.</summary>
    public VReg UserId(IrBuilder ir) => Word(ir, "cred", "uid.val") ?? ir.Binary(IrBinary.And, UidGid(ir), 0xffffffff);

    /// <summary>The group id, as the first user namespace has it.</summary>
    public VReg GroupId(IrBuilder ir) => Word(ir, "cred", "gid.val") ?? ir.Binary(IrBinary.ShrU, UidGid(ir), 32);

    /// <summary>The id of the control group.</summary>
    public VReg ControlGroup(IrBuilder ir) => Word(ir, "cgroups", "dfl_cgrp", "kn", "id") ?? ir.Call(BpfHelper.GetCurrentCgroupId, CallEffect.PerRun);

    /// <summary>The parent's process id; null where it takes a read of memory that may fail.</summary>
    public VReg? Parent(IrBuilder ir) => Word(ir, "real_parent", "tgid");

    /// <summary>The task's name, in a buffer of <see cref="NameLength"/> bytes.</summary>
    public VReg Name(KernelEmitter e)
    {
        var ir = e.Ir;
        if (CanLoad && _target.Features.Version >= PaddedNames && PlaceOf(Task, "comm") is { Type: CType.Array { Length: NameLength } } name && name.Offset % 8 == 0)
        {
            var (task, words) = (Pointer(ir), e.Buffer(NameLength, "comm"));
            for (var at = 0; at < NameLength; at += 8) ir.Store(words, at, Load(ir, task, name with { Offset = name.Offset + at, Field = ElementOf(name.Field, at) }, 8));
            return words;
        }
        // What follows the name is ours to clear: 6.1's helper copies with strscpy, which doesn't pad.
        var buffer = e.ZeroedBuffer(NameLength, "comm");
        ir.CallVoid(BpfHelper.GetCurrentComm, buffer, NameLength);
        return buffer;
    }

    /// <summary>
    /// One of the registers of user space that the kernel keeps while it works for the task, at so many bytes of <c>struct pt_regs</c>; null where the target
    /// has no <c>bpf_task_pt_regs</c> (5.15).
    /// </summary>
    public VReg? UserRegister(IrBuilder ir, int offset)
    {
        if (!CanLoad || !_target.Features.TaskRegisters) return null;
        return ir.Load(ir.Call(BpfHelper.TaskPtRegs, CallEffect.PerRun, Pointer(ir)), offset);
    }

    private static CType.Aggregate Task => new(false, "task_struct", 0);

    private bool CanLoad => _target.Features.CurrentTaskBtf && _types.HasBtf;

    private static VReg Pointer(IrBuilder ir) => ir.Call(BpfHelper.GetCurrentTaskBtf, CallEffect.PerRun);

    private static VReg PidTgid(IrBuilder ir) => ir.Call(BpfHelper.GetCurrentPidTgid, CallEffect.PerRun);

    private static VReg UidGid(IrBuilder ir) => ir.Call(BpfHelper.GetCurrentUidGid, CallEffect.PerRun);

    // The number at the end of a path of pointers from the task, without sign. Some kernels (built with tags for RCU) want each pointer tested; one that is null gives 0.
    private VReg? Word(IrBuilder ir, params ReadOnlySpan<string> path)
    {
        if (!CanLoad) return null;
        var places = new Place[path.Length];
        var type = Task;
        for (var i = 0; i < path.Length; i++)
        {
            if (PlaceOf(type, path[i]) is not { } place) return null;
            places[i] = place;
            if (i == path.Length - 1) break;
            if (place.Type is not CType.Pointer { Target: CType.Aggregate next }) return null;
            type = next;
        }
        if (places[^1].Type is not CType.Integer { Size: 1 or 2 or 4 or 8 } number) return null;
        var at = Pointer(ir);
        if (places.Length == 1) return Load(ir, at, places[0], number.Size);

        var result = ir.Copy(0L);
        var done = ir.NewBlock();
        foreach (var place in places.AsSpan(..^1))
        {
            var there = ir.NewBlock();
            at = Load(ir, at, place, 8);
            ir.Branch(IrCondition.Ne, at, 0, there, done);
            ir.Start(there);
        }
        ir.Assign(result, Load(ir, at, places[^1], number.Size));
        ir.Start(done);
        return result;
    }

    private static VReg Load(IrBuilder ir, VReg at, Place place, int size)
    {
        var dst = ir.NewRegister();
        ir.Emit(new IrOp.Load(dst, size, Signed: false, at, place.Offset, ir.Span) { Field = place.Field });
        return dst;
    }

    // A member, of structs in the struct too (uid.val); null where there is none that one load reaches.
    private Place? PlaceOf(CType.Aggregate root, string name)
    {
        var (type, path, bits) = ((CType?)root, new List<int>(), 0);
        foreach (var part in name.Split('.'))
        {
            if (type is not CType.Aggregate inner || _types.Member(inner, part) is not { BitSize: 0 } member || member.Path.IsEmpty) return null;
            path.AddRange(member.Path);
            bits += member.BitOffset;
            type = _types.Resolve(member.Type);
        }
        var offset = bits / 8;
        return type is not null && offset + NameLength <= short.MaxValue
            ? new Place(offset, new CoreField(_types.KernelId(root), "0:" + string.Join(':', path), $"{root}.{name}"), type)
            : null;
    }

    private static CoreField ElementOf(CoreField array, int index) => array with { Access = $"{array.Access}:{index}", Description = $"{array.Description}[{index}]" };
}
