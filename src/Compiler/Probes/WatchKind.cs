using System.Collections.Immutable;
using Ktap.Compiler.Btf;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Types;

namespace Ktap.Compiler.Probes;

/// <summary>Watchpoints on memory: <c>mem:0xADDR[/LEN][:rwx]</c>, <c>mem:SYMBOL:w</c>, of the kernel or of the traced process.</summary>
public sealed class WatchKind : ProbeKind
{
    private const string Prefix = "mem:";

    // PERF_TYPE_BREAKPOINT.
    private const uint BreakpointType = 5;

    /// <inheritdoc/>
    public override bool Claims(LiteralEventSpec spec, Target target) => spec.Text.StartsWith(Prefix, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override IEnumerable<ProbeSite> Resolve(ImmutableArray<LiteralEventSpec> specs, ProbeRequest request) =>
        specs.SelectMany(spec => Watch(spec, request) is { } error ? Reported(error(request.Source, spec.Span), request) : Sites(spec, request)).ToArray();

    /// <inheritdoc/>
    public override IEnumerable<string> Forms => ["mem:ADDRESS[/LENGTH][:rwx]", "mem:SYMBOL[+OFFSET][/LENGTH][:rwx]"];

    private delegate Diagnostic Error(Text.SourceText source, Text.TextSpan span);

    private static ProbeSite[] Reported(Diagnostic error, ProbeRequest request)
    {
        request.Diagnostics.Add(error);
        return [];
    }

    // What is wrong with the form of a spec, or null.
    private static Error? Watch(LiteralEventSpec spec, ProbeRequest request)
    {
        if (spec.FetchArguments.Length > 0) return (s, p) => Errors.NoFetchArguments(s, p, spec.Text);
        if (WatchSpec.Parse(spec.Text) is not { } watch) return (s, p) => Errors.MalformedWatch(s, p, spec.Text);
        // arch/x86/kernel/hw_breakpoint.c, arch_build_bp_info.
        var executes = (watch.Access & WatchSpec.Execute) != 0;
        if (executes && watch.Access != WatchSpec.Execute) return (s, p) => Errors.WatchesExecution(s, p, spec.Text);
        if (watch.Access == WatchSpec.Read && !request.Target.Architecture.WatchesReads) return (s, p) => Errors.WatchesReads(s, p, request.Target.Architecture.Name);
        return null;
    }

    private static IEnumerable<ProbeSite> Sites(LiteralEventSpec spec, ProbeRequest request)
    {
        var (target, options) = (request.Target, request.Options);
        var watch = WatchSpec.Parse(spec.Text)!;
        var processes = options.CommandFile is not null ? [options.TargetPid] : options.Processes;
        if (watch.Symbol is null)
            return IsUser(watch.Address) && processes.IsEmpty ? Reported(Errors.WatchNeedsProcess(request.Source, spec.Span), request) : Site(new MemoryPlace(watch.Address, 8), null, null);
        // Who names a process means its variables; a program doesn't know what the kernel calls its own.
        var found = new List<ProbeSite>();
        foreach (var pid in processes)
        {
            var symbols = target.ProgramSymbols(options.CommandFile ?? $"/proc/{pid}/exe");
            if (symbols?.TryGetValue(watch.Symbol, out var place) != true) continue;
            if (place.IsAmbiguous) return Reported(Errors.SeveralVariables(request.Source, spec.Span, watch.Symbol), request);
            found.AddRange(Site(place, pid, new ProgramPlace(pid, place.Address + watch.Address)));
        }
        if (found.Count > 0) return found;
        if (IsPerCpu(target, watch.Symbol)) return Reported(Errors.WatchesPerCpu(request.Source, spec.Span, watch.Symbol), request);
        var executes = watch.Access == WatchSpec.Execute;
        if (executes && target.SymbolAddress(watch.Symbol) is { } code) return Site(new MemoryPlace(code, 8), null, null);
        if (target.KernelData(watch.Symbol) is { } data) return Site(data, null, null);
        return Reported(Missing(spec, watch.Symbol, processes, request), request);

        ProbeSite[] Site(MemoryPlace at, int? process, ProgramPlace? program)
        {
            var address = watch.Symbol is null ? at.Address : at.Address + watch.Address;
            // The instruction's own length is the processor's business: the kernel wants to be told that of a word.
            var length = watch.Access == WatchSpec.Execute ? target.Architecture.WordSize : watch.Length > 0 ? watch.Length : LengthOf(address, at.Size - (address - at.Address));
            if (watch.Access != WatchSpec.Execute && address % (ulong)length != 0) return Reported(Errors.Misaligned(request.Source, spec.Span, address, length), request);
            var point = new AttachPoint.PerfEvent(BreakpointType, 0, Sampling.Every(1))
            {
                Name = spec.Text,
                Cpu = options.Cpu,
                BreakpointType = watch.Access,
                Config1 = address,
                Config2 = (ulong)length,
                Place = program,
            };
            return [new WatchSite(target, spec.Text[Prefix.Length..], point, process, options)];
        }
    }

    private static bool IsUser(ulong address) => (long)address >= 0;

    // The most that a debug register can watch of it: 8, 4, 2 or 1 bytes.
    private static int LengthOf(ulong address, ulong size)
    {
        var length = 8;
        while (length > 1 && ((ulong)length > size || address % (ulong)length != 0)) length /= 2;
        return length;
    }

    private static bool IsPerCpu(Target target, string symbol)
    {
        if (target.Btf is not { } btf || btf.Find(BtfKind.Variable, symbol) is not (> 0 and var id)) return false;
        var section = btf.Find(BtfKind.DataSection, ".data..percpu");
        return section > 0 && btf.SectionVariables(section).Any(v => v.VariableId == id);
    }

    private static Diagnostic Missing(LiteralEventSpec spec, string symbol, ImmutableArray<int> processes, ProbeRequest request)
    {
        // Every kernel has this variable.
        var names = request.Target.KernelData("init_task") is not null;
        var kernel = names ? "" : "the kernel's symbols are those of functions alone here (no CONFIG_KALLSYMS_ALL): give a kernel variable's address";
        if (processes.IsEmpty)
            return Errors.NoSuchVariable(request.Source, spec.Span, symbol, names ? "/proc/kallsyms lists the kernel's variables; a program's are found with -p PID or -- COMMAND" : kernel);
        var file = request.Options.CommandFile ?? $"/proc/{processes[0]}/exe";
        if (request.Target.ProgramSymbols(file) is not { Count: > 0 } known) return Errors.NoSuchVariable(request.Source, spec.Span, symbol, $"{file} has no symbols: it is stripped, or no ELF program");
        var near = Errors.Nearest(symbol, known.Keys, 3);
        return Errors.NoSuchVariable(request.Source, spec.Span, symbol, near.Count > 0 ? $"the nearest in {file}: {string.Join(", ", near)}" : $"neither {file} nor the kernel has it{(names ? "" : $"; {kernel}")}");
    }
}
