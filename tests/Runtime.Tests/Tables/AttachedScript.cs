using System.Collections.Immutable;
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

namespace Ktap.Runtime.Tests.Tables;

/// <summary>A script whose handlers run in the kernel for one process alone, this one where no other is named: the test has the work done, and looks at the values.</summary>
internal sealed class AttachedScript : IDisposable
{
    private readonly LocalMachine _machine = new();
    private readonly MainResult _main;

    /// <summary>Main has run, the handlers are attached.</summary>
    public AttachedScript(string script, int maxEntries = 1000, int? process = null)
    {
        Skip.Unless(Environment.IsPrivilegedProcess, "loading programs into the kernel needs root");
        var symbols = new KernelSymbols(() => _machine.ReadFile("/proc/kallsyms"));
        var world = new World(OutputBuffer.InMemory(), symbols, new LiveTarget(_machine, symbols));
        var diagnostics = new DiagnosticBag();
        var bound = Binder.Bind(Parser.Parse(SourceText.From(script), diagnostics), diagnostics, "arg");
        Assert.Equal("", string.Join('\n', diagnostics));
        Evaluator = new Evaluator(bound, new Dictionary<string, Value>(), world, new EvaluatorOptions());
        _main = Evaluator.RunMain();
        var code = new CodeOptions(maxEntries, 0, [process ?? Environment.ProcessId], null, false, 100_000_000, false);
        var compiled = Compilation.Compile(_main, world.Target, new CompileOptions(new ProbeOptions(null, 256, _main.Types) { Processes = [process ?? Environment.ProcessId] }, code, false), diagnostics);
        Assert.Equal("", string.Join('\n', diagnostics));
        Tracing = new Tracing(_machine, compiled!);
        Tracing.Attach();
    }

    public Evaluator Evaluator { get; }

    public Tracing Tracing { get; }

    /// <summary>What a global holds now, for a run of its own.</summary>
    public Value this[string global]
    {
        get
        {
            Tracing.Runs.Begin();
            return _main.Globals.Single(g => g.Name == global).Value;
        }
    }

    /// <summary>Runs the script's only tick.</summary>
    public void Tick() => Evaluator.Call(_main.Registrations.OfType<Registration.Tick>().Single().Handler);

    /// <summary>Detaches, and makes tables and variables ordinary ones.</summary>
    public void End()
    {
        Tracing.Stop();
        Tracing.MoveBack();
    }

    public void Dispose()
    {
        Tracing.Dispose();
        _machine.Dispose();
    }
}
