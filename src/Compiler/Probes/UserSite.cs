using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>
/// Places in programs and libraries that one program serves; its context is the <c>struct pt_regs</c> of the process. One link for all of a file where the kernel
/// has uprobe.multi (6.6), else one through perf for each; the cookie tells which it was.
/// </summary>
internal abstract class UserSite(Target target, string description, ImmutableArray<UserProbePlace> places, bool isReturn, ProbeOptions options) : ProbeSite(target, options)
{
    // The kernel compares the process that is traced, and not the one thread, from here on.
    private static readonly Version ProcessesByLink = new(6, 10);

    // bpf_get_func_ip in programs on user functions.
    private static readonly Version FunctionAddress = new(6, 6);

    /// <summary>Whether they are returns.</summary>
    protected bool IsReturn => isReturn;

    // At the entry the instruction's address is that of the probe; at the return only the kernel still knows it.
    /// <summary>The probed address; null where the kernel doesn't tell.</summary>
    protected ProbeField? Address
    {
        get
        {
            var type = new KtapType.IntType(IntFormat.User);
            if (!isReturn) return new ProbeField("arg0", type, e => IrValue.OfWord(type, e.Ir.Load(e.Ir.Context(), Target.Architecture.Registers[Target.Architecture.InstructionPointer])));
            return Target.Features.Version < FunctionAddress ? null
                : new ProbeField("arg0", type, e => IrValue.OfWord(type, e.Ir.Call(BpfHelper.GetFuncIp, CallEffect.PerRun, e.Ir.Context())));
        }
    }

    private bool IsMulti => Target.Features.UprobeMulti;

    /// <inheritdoc/>
    public override string Section => IsMulti ? "uprobe.multi" : "uprobe";

    /// <inheritdoc/>
    public override string Description => description;

    /// <inheritdoc/>
    public override ImmutableArray<AttachPoint> AttachPoints
    {
        get
        {
            var pid = Options.Processes is [var only] && (!IsMulti || Target.Features.Version >= ProcessesByLink) ? only : 0;
            return
            [
                .. places.GroupBy(p => p.File.Place).SelectMany(file => IsMulti ? [[.. file]] : file.Select(p => new[] { p }))
                    .Select(some => new AttachPoint.User(some[0].File.Place, some.Select(Place).ToImmutableArray(), isReturn, IsMulti) { Pid = pid }),
            ];
        }
    }

    /// <inheritdoc/>
    public override NameSet ProbeNames { get; } = new(places.Select(p => NameOf(p, places)));

    /// <inheritdoc/>
    public override ImmutableArray<string> ProbeGroups => [.. ProbeNames.Names.Select(n => places.First(p => NameOf(p, places) == n).Group)];

    /// <inheritdoc/>
    public override EventText Text => FunctionText.Of(ProbeNames, isReturn, 0, Index, TextFields);

    /// <summary>What the event's text has behind the name; those with a mark as hexadecimal.</summary>
    protected abstract ImmutableArray<(ProbeField Field, bool IsHex)> TextFields { get; }

    /// <inheritdoc/>
    public override IrOperand EmitPrologue(KernelEmitter emitter, IrBlock reject) => Index(emitter.Ir);

    private IrOperand Index(IrBuilder ir) => ProbeNames.Names.Length == 1 ? 0L : ir.Binary(IrBinary.Sub, ir.Call(BpfHelper.GetAttachCookie, CallEffect.PerRun, ir.Context()), 1);

    // One name alone needs no cookie, which older kernels don't have.
    private UserPlace Place(UserProbePlace place) =>
        new(place.Offset, ProbeNames.Names.Length > 1 ? (ulong)ProbeNames.IndexOf(NameOf(place, places)) + 1 : 0, place.Semaphore, place.Name);

    // Functions of one name in two files are told apart.
    private static string NameOf(UserProbePlace place, ImmutableArray<UserProbePlace> all) =>
        all.Any(p => p.Name == place.Name && p.Group != place.Group) ? $"{place.Group}:{place.Name}" : place.Name;
}
