using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>Kernel functions that one program serves: what is used of their parameters lies in the same places and has the same types.</summary>
/// <param name="Description">What messages call them.</param>
/// <param name="Functions">The functions.</param>
/// <param name="IsReturn">Whether it is their return.</param>
/// <param name="Offset">How many bytes behind the start of the one function; 0 for the entry.</param>
/// <param name="IsMulti">Whether they are attached together (kprobe.multi).</param>
/// <param name="Fetched">The fetch arguments that were given.</param>
/// <param name="Signature">Their parameters and result, as far as they are known.</param>
internal sealed record FunctionGroup(
    string Description, ImmutableArray<KernelFunction> Functions, bool IsReturn, ulong Offset, bool IsMulti, ImmutableArray<FetchArgument> Fetched, FunctionSignature? Signature)
{
    /// <summary>Whether fetch arguments were given: then <c>argN</c> are those.</summary>
    public bool HasFetchArguments { get; init; }

    /// <summary>Whether it is <c>ftrace:function</c>, whose fields are <c>ip</c> and <c>parent_ip</c>.</summary>
    public bool IsTracer { get; init; }

    /// <summary>Functions of the pattern that can't be probed.</summary>
    public ImmutableArray<KernelFunction> LeftOut { get; init; } = [];
}

/// <summary>Entries of kernel functions, their returns, or a place inside one, by kprobes: the program's context is <c>struct pt_regs</c>.</summary>
internal sealed class KernelFunctionSite : ProbeSite
{
    private static readonly KtapType Address = new KtapType.IntType(IntFormat.Kernel);

    private readonly FunctionGroup _group;
    private readonly FetchReader _reader;

    public KernelFunctionSite(Target target, FunctionGroup group, ProbeOptions options) : base(target, options)
    {
        _group = group;
        ProbeNames = new NameSet(group.Functions.Select(f => f.Name));
        _reader = new FetchReader(this, isUser: false) { Parameter = Parameter };
    }

    /// <inheritdoc/>
    public override string Section => (_group.IsReturn ? "kretprobe" : "kprobe") + _group switch
    {
        { IsMulti: true } => ".multi",
        { Functions: [var only] } => "/" + only.Name + (_group.Offset > 0 ? $"+0x{_group.Offset:x}" : ""),
        _ => "",
    };

    /// <inheritdoc/>
    public override string Description => _group.Description;

    /// <inheritdoc/>
    public override ImmutableArray<AttachPoint> AttachPoints => _group.IsMulti
        ? [new AttachPoint.KprobeMulti(Description, _group.Functions.Select(f => new KprobeTarget(f.Name, f.Address, CookieOf(f))).ToImmutableArray(), _group.IsReturn)]
        : [.. _group.Functions.Select(f => new AttachPoint.Kprobe(f.Name, f.Address, _group.Offset, _group.IsReturn, ProbeNames.Names.Length > 1 ? CookieOf(f) : 0))];

    /// <inheritdoc/>
    public override ImmutableArray<KernelFunction> LeftOut => _group.LeftOut;

    /// <inheritdoc/>
    public override NameSet ProbeNames { get; }

    /// <inheritdoc/>
    public override ImmutableArray<string> ProbeGroups => [.. ProbeNames.Names.Select(_ => _group.IsTracer ? "ftrace" : "probe")];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FieldNames =>
        [.. _group.Fetched.Select(f => f.Name).OfType<string>(), .. _group.IsTracer ? ["ip", "parent_ip"] : (string[])[], .. Parameters.Select(p => p.Name).Where(n => n.Length > 0), .. _group.IsReturn ? ["retval"] : (string[])[]];

    /// <inheritdoc/>
    public override EventText Text => FunctionText.Of(ProbeNames, _group.IsReturn, _group.Offset, Index, TextFields);

    // As in the kernel's own text, what has no type is hexadecimal.
    private ImmutableArray<(ProbeField, bool)> TextFields => _group switch
    {
        { HasFetchArguments: true } => _group.Fetched.Select((f, i) => (_reader.Field(f, i + 1), f.Type.IsImplied)).ToImmutableArray(),
        { IsTracer: true } => [(ParentAddress, false)],
        { IsReturn: true } => Result is { } result ? [(result, false)] : [],
        _ => Parameters.Select(OfParameter).OfType<ProbeField>().Select(f => (f, false)).ToImmutableArray(),
    };

    /// <inheritdoc/>
    public override string? OverrideRefusal => _group switch
    {
        { IsReturn: true } or { Offset: not 0 } => base.OverrideRefusal,
        _ when !Target.Features.OverrideReturn => "this kernel lets no function be given a return value",
        _ when _group.Functions.FirstOrDefault(f => !Target.AllowsErrors(f.Name)) is { } strict => $"this kernel doesn't let '{strict.Name}' be given a return value",
        _ => null,
    };

    private ImmutableArray<FunctionParameter> Parameters => _group is { IsReturn: false, Offset: 0, Signature: { } signature } ? signature.Parameters : [];

    private ulong CookieOf(KernelFunction function) => (ulong)ProbeNames.IndexOf(function.Name) + 1;

    /// <inheritdoc/>
    public override IrOperand EmitPrologue(KernelEmitter emitter, IrBlock reject) => Index(emitter.Ir);

    private IrOperand Index(IrBuilder ir) => ProbeNames.Names.Length == 1 ? 0L : ir.Binary(IrBinary.Sub, ir.Call(BpfHelper.GetAttachCookie, CallEffect.PerRun, ir.Context()), 1);

    /// <inheritdoc/>
    public override ProbeField? Field(string name)
    {
        for (var i = 0; i < _group.Fetched.Length; i++)
            if (_group.Fetched[i].Name == name) return _reader.Field(_group.Fetched[i], i + 1);
        if (_group.IsReturn && name == "ret") return Result;
        if (_group.IsTracer && name == "ip") return new ProbeField(name, new KtapType.NameType(ProbeNames), e => IrValue.OfWord(new KtapType.NameType(ProbeNames), Index(e.Ir)));
        if (_group.IsTracer && name == "parent_ip") return ParentAddress;
        return Parameter(name);
    }

    /// <inheritdoc/>
    public override ProbeField? Argument(int number)
    {
        // Older numberings count the fields that the kernel puts before a probe's own: its address, and on return the caller's.
        if (Options.ArgumentBase is { } first)
        {
            number -= first;
            if (_group.IsReturn && number == 1) return CallerAddress;
            if (_group.IsReturn && number > 1) number--;
        }
        if (number == 0) return ProbedAddress;
        if (_group.HasFetchArguments) return number <= _group.Fetched.Length ? _reader.Field(_group.Fetched[number - 1], number) : null;
        if (_group.IsReturn) return number == 1 ? Result : null;
        if (_group.Offset > 0 || number < 1) return null;
        if (_group.Signature is not null) return number <= Parameters.Length ? OfParameter(Parameters[number - 1]) : null;
        return number <= Target.Architecture.FunctionArguments.Length ? _reader.Field(Word(new FetchValue.Parameter(number)), number) : null;
    }

    private ProbeField? Parameter(string name) => name.Length > 0 && Parameters.FirstOrDefault(p => p.Name == name) is { } parameter ? OfParameter(parameter) : null;

    private ProbeField? OfParameter(FunctionParameter parameter)
    {
        var signature = _group.Signature!;
        if (signature.TypeOf(parameter.Type) is not { } type || Place(parameter) is not { } place) return null;
        var word = _reader.Field(Word(place), parameter.Slot + 1);
        return new ProbeField(parameter.Name, word.Type.MayBeNil ? type.OrNil : type, e =>
        {
            var read = word.Emit(e);
            var value = signature.Value(e.Ir, parameter.Type, read.Word);
            return read.Present is { } present ? value.When(present) : value;
        });
    }

    // The first words are in registers; a struct of more than two words is on the stack, and what doesn't fit the registers.
    private FetchValue.Parameter? Place(FunctionParameter parameter)
    {
        var (register, stacked, most) = (0, 0, Target.Architecture.FunctionArguments.Length);
        foreach (var p in Parameters)
        {
            var inRegisters = p.Words <= 2 && register + p.Words <= most;
            if (p == parameter) return p.Words > 1 ? null : new FetchValue.Parameter(inRegisters ? register + 1 : most + stacked + 1);
            if (inRegisters) register += p.Words;
            else stacked += p.Words;
        }
        return null;
    }

    private FetchArgument Word(FetchValue value) => new(default, null, value, FetchType.Word(Target.Architecture.WordSize));

    private ProbeField? Result
    {
        get
        {
            var word = _reader.Field(Word(new FetchValue.Result()), 1);
            if (_group.Signature is not { } signature) return word with { Name = "ret" };
            return signature.TypeOf(signature.Result) is { } type ? new ProbeField("ret", type, e => signature.Value(e.Ir, signature.Result, word.Emit(e).Word)) : null;
        }
    }

    private ProbeField ProbedAddress => new("ip", Address, e => _group switch
    {
        { Offset: 0 } when Target.Features.PerfCookies => IrValue.OfWord(Address, e.Ir.Call(BpfHelper.GetFuncIp, CallEffect.PerRun, e.Ir.Context())),
        // Before Linux 5.15 there is neither the helper nor a cookie, so each function has its program. The helper says 0 inside of functions.
        _ => IrValue.OfWord(Address, (long)(_group.Functions[0].Address + _group.Offset)),
    });

    // When a function returns, the next instruction is the caller's.
    private ProbeField CallerAddress => new("ret_ip", Address, e => IrValue.OfWord(Address, e.Ir.Load(e.Ir.Context(), Target.Architecture.Registers[Target.Architecture.InstructionPointer])));

    private ProbeField ParentAddress
    {
        get
        {
            var word = _reader.Field(new FetchArgument(default, null, new FetchValue.StackWord(0), new FetchType(FetchKind.Symbol, Target.Architecture.WordSize, false)), 1);
            return word with { Name = "parent_ip" };
        }
    }
}
