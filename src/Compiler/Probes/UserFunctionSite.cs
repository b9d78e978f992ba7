using System.Collections.Immutable;
using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>Entries, or returns, of functions of programs and libraries. What is known of their parameters is where the ABI has them: each is an integer.</summary>
internal sealed class UserFunctionSite(
    Target target, string description, ImmutableArray<UserProbePlace> places, bool isReturn, ImmutableArray<FetchArgument> fetch, ProbeOptions options)
    : UserSite(target, description, places, isReturn, options)
{
    // bpf_get_func_ip in programs on user functions.
    private static readonly Version FunctionAddress = new(6, 6);

    /// <inheritdoc/>
    public override IReadOnlyList<string> FieldNames => [.. fetch.Select(f => f.Name).OfType<string>(), .. IsReturn ? new[] { "ret" } : []];

    /// <inheritdoc/>
    public override ProbeField? Field(string name)
    {
        for (var i = 0; i < fetch.Length; i++)
            if (fetch[i].Name == name) return Reader.Field(fetch[i], i + 1);
        return IsReturn && name == "ret" ? Fetched("ret", new FetchValue.Result(), 1) : null;
    }

    /// <inheritdoc/>
    public override ProbeField? Argument(int number)
    {
        if (number == 0) return Address;
        if (!fetch.IsEmpty) return number <= fetch.Length ? Reader.Field(fetch[number - 1], number) : null;
        if (IsReturn) return number == 1 ? Field("ret") : null;
        return Fetched($"arg{number}", new FetchValue.Parameter(number), number);
    }

    private FetchReader Reader => new(this, isUser: true);

    private ProbeField Fetched(string name, FetchValue value, int number) =>
        Reader.Field(new FetchArgument(default, name, value, FetchType.Word(Target.Architecture.WordSize)), number);

    // At the entry the instruction's address is that of the probe; at the return only the kernel still knows it.
    private ProbeField? Address
    {
        get
        {
            var type = new KtapType.IntType(IntFormat.User);
            if (!IsReturn) return new ProbeField("arg0", type, e => IrValue.OfWord(type, e.Ir.Load(e.Ir.Context(), Target.Architecture.Registers[Target.Architecture.InstructionPointer])));
            return Target.Features.Version < FunctionAddress ? null
                : new ProbeField("arg0", type, e => IrValue.OfWord(type, e.Ir.Call(BpfHelper.GetFuncIp, CallEffect.PerRun, e.Ir.Context())));
        }
    }
}
