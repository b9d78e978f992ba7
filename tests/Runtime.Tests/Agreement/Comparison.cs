using System.Text;
using Ktap.Compiler;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Evaluation;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Lowering;
using Ktap.Compiler.Probes;
using Ktap.Runtime.Events;
using Ktap.Runtime.Machine;
using Ktap.Runtime.Symbols;

using Target = Ktap.Compiler.Types.Target;

namespace Ktap.Runtime.Tests.Agreement;

/// <summary>Makes an object of a script: the compiler's pipeline, or one with a fault in it.</summary>
internal delegate CompiledScript? Pipeline(MainResult main, Target target, CompileOptions options, DiagnosticBag diagnostics);

/// <summary>
/// Runs programs in the evaluator and in the kernel and compares what they leave behind. Handlers are loaded but not attached: the
/// kernel runs each when asked to (BPF_PROG_TEST_RUN), more than once, so that later runs meet what earlier ones left.
/// </summary>
internal sealed class Comparison : IDisposable
{
    private const int Rounds = 2;

    /// <summary>Why a program is left out that can't be run without its event.</summary>
    public const string UsesEvent = "uses the event";

    private readonly LocalMachine _machine = new();
    private readonly KernelSymbols _symbols;
    private readonly LiveTarget _target;

    /// <summary>A comparison on this machine.</summary>
    public Comparison()
    {
        _symbols = new KernelSymbols(() => _machine.ReadFile("/proc/kallsyms"));
        _target = new LiveTarget(_machine, _symbols);
        // Read once, before several threads ask.
        _ = (_target.Features, _target.Tracepoints, _target.Format("sched", "sched_switch"), _target.Btf);
    }

    public void Dispose() => _machine.Dispose();

    /// <summary>What the comparison of a batch found: the first difference, and programs that the compiler would not take.</summary>
    public sealed record Result(string? Difference, IReadOnlyList<(string Program, string Diagnostic)> Refused, IReadOnlyList<Side> Compared);

    /// <summary>Compares all programs of a batch, compiled by the compiler or by a pipeline with a fault.</summary>
    public Result Compare(Batch batch, Pipeline? pipeline = null)
    {
        var refused = new List<(string, string)>();
        while (batch.Programs.Count > 0)
        {
            var diagnostics = new DiagnosticBag();
            try
            {
                var kernel = new Side(Facts.ForKernel(batch.Source), _symbols, _target);
                if ((pipeline ?? Compilation.Compile)(kernel.Main, _target, Options(kernel.Main), diagnostics) is { } compiled)
                {
                    var attached = compiled.Program.Module.Programs.Select((p, i) => (p.Section, i)).Where(p => p.Section != "raw_tp").Select(p => p.i).ToHashSet();
                    if (attached.Count == 0) return Compare(batch, kernel, compiled, refused);
                    // Shrinking may have taken the declaration of a variable away, which then is a field of the event.
                    refused.AddRange(attached.Select(i => (batch.Programs[i].Text, UsesEvent)));
                    batch = batch.Without(attached);
                    continue;
                }
            }
            catch (ScriptException e)
            {
                diagnostics.Add(e.Diagnostic);
            }
            catch (LoadException e)
            {
                return new Result($"{batch.Programs[ProgramOf(e) ?? 0].Text}\nthe kernel refuses it: {e.Message}\n{e.VerifierLog}", refused, []);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                return new Result($"the compiler failed: {e}", refused, []);
            }
            var wrong = diagnostics.Where(d => d.Severity == Severity.Error).GroupBy(d => batch.ProgramAt(d.Source.PositionOf(d.Span.Start).Line)).ToDictionary(g => g.Key, g => g.First());
            refused.AddRange(wrong.Select(w => (batch.Programs[w.Key].Text, w.Value.ToString())));
            batch = batch.Without(wrong.Keys.ToHashSet());
        }
        return new Result(null, refused, []);
    }

    // Strings without length get room for 64 bytes, tables for few slots: the objects load faster.
    private static CompileOptions Options(MainResult main) => new(new ProbeOptions(null, 64, main.Types), new CodeOptions(256, 0, [], null, false, Side.MaxLoop, false), KeepCoreRelocations: false);

    private static string SavedOptions => $"--strlen 64 --max-entries 256 --max-loop {Side.MaxLoop}";

    private Result Compare(Batch batch, Side kernel, CompiledScript compiled, List<(string, string)> refused)
    {
        var user = new Side(Facts.ForUser(batch.Source), _symbols, _target);
        // Shrinking may have taken the handler away.
        if (user.Probes.Count != batch.Programs.Count) return new Result(null, refused, []);
        using var run = new KernelRun(_machine, _symbols, _target, kernel, compiled);
        if (Environment.GetEnvironmentVariable("KTAP_CORPUS") is { } folder && batch.Programs.Count > 1) batch.Save(folder, SavedOptions);
        var left = new HashSet<int>();
        for (var round = 0; round < Rounds; round++)
        {
            for (var program = 0; program < batch.Programs.Count; program++)
            {
                if (left.Contains(program)) continue;
                var (prefix, text) = batch.Programs[program];
                var (expected, found) = (user.Call(program), run.Call(program));
                if ((expected.Unlike ?? found.Unlike) is { } unlike)
                {
                    left.Add(program);
                    refused.Add((text, unlike));
                    _ = (user.TakeOutput(), kernel.TakeOutput());
                    continue;
                }
                var (a, b) = (expected.Text + user.State(program, prefix), found.Text + kernel.State(program, prefix));
                if (a != b) return new Result($"{text}\nrun {round + 1}, user space:\n{a}\nkernel:\n{b}", refused, [kernel]);
            }
        }
        return new Result(null, refused, [kernel]);
    }

    // The programs of an object are named by their number.
    private static int? ProgramOf(LoadException e) =>
        e.ProgramName is ['h', .. var rest] && rest.IndexOf('_') is > 0 and var end && int.TryParse(rest.AsSpan(0, end), out var number) ? number : null;
}
