using Ktap.Compiler;
using Ktap.Compiler.Binding;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Evaluation;
using Ktap.Compiler.Lowering;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Text;
using Ktap.Compiler.Values;
using Ktap.Runtime.Machine;
using Ktap.Runtime.Rendering;
using Ktap.Runtime.Symbols;

namespace Ktap.Runtime.Tests.Strings;

/// <summary>The same statements in main and in a handler that the kernel runs once: what both leave in the variables.</summary>
internal static class BothSides
{
    private const int StringLength = 256;

    /// <summary>What <paramref name="body"/> leaves in <paramref name="results"/> when user space runs it.</summary>
    public static string[] InUserSpace(string inputs, string body, params string[] results)
    {
        var (_, main, _, _) = Evaluate($"{inputs}\n{body}\n");
        return [.. results.Select(r => Show(main, r))];
    }

    /// <summary>What <paramref name="body"/> leaves in <paramref name="results"/> when a handler runs it; the inputs are variables that could change while tracing, so that nothing is known when compiling.</summary>
    public static string[] InKernel(string inputs, string body, params string[] results) => InKernel(inputs, body, results, out _);

    /// <summary>The same, with the kinds of errors that were counted.</summary>
    public static string[] InKernel(string inputs, string body, string[] results, out string errors)
    {
        Skip.Unless(Environment.IsPrivilegedProcess, "needs root");
        var names = inputs.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[..line.IndexOf('=')].Trim()).ToArray();
        // The tick never runs: it makes inputs variables, and results globals.
        var changes = string.Concat(names.Concat(results).Select(n => $"{n} = {n} "));
        var (machine, main, target, diagnostics) = Evaluate($"{inputs}\ntrace sched:sched_switch {{\n{body}\n}}\ntick-1000s {{ {changes} }}\n");
        using var owned = machine;
        var options = new CompileOptions(new ProbeOptions(null, StringLength, main.Types), new CodeOptions(1024, 0, [], null, false, 1000, false), false);
        var compiled = Compilation.Compile(main, target, options, diagnostics);
        Assert.True(compiled is not null, string.Join("\n", diagnostics.Select(d => $"{d.Code} {d.Message}")));
        try
        {
            using var tracing = new Tracing(machine, compiled);
            machine.RunOnce(tracing.Loaded.Program(Assert.Single(compiled.Program.Programs).Name), new byte[12 * 8]);
            errors = string.Join(" ", tracing.Errors.Select(e => $"{e.Counter.Kind}:{e.Count}"));
            tracing.MoveBack();
            return [.. results.Select(r => Show(main, r))];
        }
        catch (LoadException e)
        {
            throw new InvalidOperationException($"{e.Message}\n{string.Join('\n', e.VerifierLog.Split('\n').TakeLast(60))}");
        }
    }

    private static (LocalMachine Machine, MainResult Main, LiveTarget Target, DiagnosticBag Diagnostics) Evaluate(string script)
    {
        var diagnostics = new DiagnosticBag();
        var bound = Binder.Bind(Parser.Parse(SourceText.From(script, "test.kp"), diagnostics), diagnostics);
        Assert.True(diagnostics.IsClean, string.Join("\n", diagnostics.Select(d => d.Message)));
        var machine = new LocalMachine();
        var symbols = new KernelSymbols(() => machine.ReadFile("/proc/kallsyms"));
        var target = new LiveTarget(machine, symbols);
        var evaluator = new Evaluator(bound, new Dictionary<string, Value>(), new World(OutputBuffer.InMemory(), symbols, target), new EvaluatorOptions(1000));
        return (machine, evaluator.RunMain(), target, diagnostics);
    }

    private static string Show(MainResult main, string name)
    {
        var value = main.Globals.Single(g => g.Name == name).Value;
        return value.Kind == ValueKind.String ? "\"" + System.Text.Encoding.Latin1.GetString(value.AsString.Span) + "\"" : value.ToString();
    }
}
