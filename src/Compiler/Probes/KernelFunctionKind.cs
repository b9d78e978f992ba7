using System.Collections.Immutable;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>Functions of the kernel by kprobes: <c>probe:f</c>, <c>probe:f+0x10</c>, <c>probe:f%return</c>, <c>kprobe:</c>, <c>kretprobe:</c>, with patterns and fetch arguments.</summary>
internal sealed class KernelFunctionKind : ProbeKind
{
    private const string Return = "kretprobe";

    // From here on kprobe.multi stands on the function graph tracer's registers: those of arguments, result, stack and instruction.
    private static readonly Version FewRegisters = new(6, 14);

    /// <summary>Specs of kernel functions; an event of that name that <c>perf probe</c> made is a tracepoint.</summary>
    public override bool Claims(LiteralEventSpec spec, Target target)
    {
        var colon = spec.Text.IndexOf(':');
        if (colon < 0 || spec.Text[..colon] is not ("probe" or "kprobe" or Return)) return false;
        // What has a path or a library's name is a function of user space.
        if (spec.Text.AsSpan(colon + 1).ContainsAny('/', ':')) return false;
        return spec.FetchArguments.Length > 0 || !target.MadeEvents.ContainsKey(spec.Text);
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Forms => ["probe:FUNCTION[+OFFSET][%return] [NAME=%REGISTER ...]", "kprobe:FUNCTION", "kretprobe:FUNCTION"];

    /// <inheritdoc/>
    public override IEnumerable<ListedEvent> List(ListRequest request) => ListFunctions(request, Return, "probe", "kprobe", Return);

    /// <summary>The functions that a listing's pattern means, of kinds of probes; a pattern that leaves the kind open means none: there are too many.</summary>
    internal static IEnumerable<ListedEvent> ListFunctions(ListRequest request, string returns, params string[] kinds)
    {
        const string ReturnMark = "%return";
        var colon = request.Pattern.IndexOf(':');
        if (colon < 0 || request.Pattern[..colon] is var kind && !kinds.Contains(kind)) yield break;
        var (name, mark) = (request.Pattern[(colon + 1)..], "");
        if (name.EndsWith(ReturnMark, StringComparison.Ordinal)) (name, mark) = (name[..^ReturnMark.Length], ReturnMark);
        var (isReturn, types, seen) = (mark.Length > 0 || kind == returns, new FunctionPrototypes(request.Target.Btf), new HashSet<string>());
        foreach (var function in Glob.IsPattern(name) ? request.Target.FunctionsMatching(name) : request.Target.Functions(name))
            if (function.Refusal is null && seen.Add(function.Name) && (kinds.Length > 2 || types.Has(function.Name)))
                yield return new ListedEvent($"{kind}:{function.Name}{mark}", () => types.Describe(function.Name, isReturn));
    }

    /// <inheritdoc/>
    public override IEnumerable<ProbeSite> Resolve(ImmutableArray<LiteralEventSpec> specs, ProbeRequest request)
    {
        var (plain, seen) = (new List<Found>(), new HashSet<string>());
        foreach (var spec in specs)
        {
            if (FunctionSpec.Read(spec, spec.Text.StartsWith(Return + ":", StringComparison.Ordinal), request) is not { } read) continue;
            var (functions, leftOut) = read.Find(request);
            if (functions.Count == 0) continue;
            var fetched = Fetch(read, functions[0], request);
            plain.Add(new Found(read, [.. functions.Where(f => seen.Add($"{f.Address}:{f.Name}+{read.Offset}{read.IsReturn} {spec.FetchArguments}"))], [.. leftOut], fetched));
        }
        return plain.GroupBy(f => (f.Spec.IsReturn, f.Spec.Offset, f.Spec.Spec.FetchArguments)).SelectMany(g => Sites([.. g], request));
    }

    private static ImmutableArray<FetchArgument> Fetch(FunctionSpec read, KernelFunction function, ProbeRequest request)
    {
        if (read.Spec.FetchArguments.Length == 0) return [];
        var (target, architecture) = (request.Target, request.Target.Architecture);
        var named = read is { IsReturn: false, Offset: 0, IsGlob: false } ? FunctionSignature.Of(function.Name, target, request.Options) : null;
        var context = new FetchContext(architecture.Registers, architecture.WordSize, read.IsReturn, IsUser: false, target.SymbolAddress)
        {
            Parameters = [.. named?.Parameters.Select(p => p.Name).Where(n => n.Length > 0) ?? []],
        };
        return FetchArguments.Parse(read.Spec, context, request.Source, request.Diagnostics);
    }

    // What the specs of one kind of place with the same fetch arguments found.
    private static IEnumerable<ProbeSite> Sites(ImmutableArray<Found> found, ProbeRequest request)
    {
        var (first, features) = (found[0], request.Target.Features);
        var functions = found.SelectMany(f => f.Functions).ToImmutableArray();
        var description = string.Join(", ", found.Select(f => f.Spec.Spec.Text));
        var group = new FunctionGroup(description, [], first.Spec.IsReturn, first.Spec.Offset, false, first.Fetched, null)
        {
            HasFetchArguments = first.Spec.Spec.FetchArguments.Length > 0,
            LeftOut = [.. found.SelectMany(f => f.LeftOut)],
        };
        var canMulti = features.KprobeMulti && first.Spec.Offset == 0 && functions.Length > 1 &&
            (features.Version < FewRegisters || group.Fetched.All(a => HasRegisters(a.Value, request.Target.Architecture)));
        return FunctionGroups.Split(group, functions, f => canMulti && f.IsTraceable, request).Select(g => new KernelFunctionSite(request.Target, g, request.Options));
    }

    private static bool HasRegisters(FetchValue value, Architecture architecture) => value switch
    {
        FetchValue.Memory m => HasRegisters(m.Address, architecture),
        FetchValue.Register r => architecture.FunctionArguments.Contains(r.Name) || r.Name == architecture.Result || r.Name == architecture.StackPointer || r.Name == architecture.InstructionPointer,
        _ => true,
    };

    private sealed record Found(FunctionSpec Spec, ImmutableArray<KernelFunction> Functions, ImmutableArray<KernelFunction> LeftOut, ImmutableArray<FetchArgument> Fetched);
}
