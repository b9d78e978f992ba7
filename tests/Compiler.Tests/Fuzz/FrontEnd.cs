using Ktap.Compiler.Binding;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Evaluation;
using Ktap.Compiler.Lowering;
using Ktap.Compiler.Probes;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Tests.Evaluation;
using Ktap.Compiler.Text;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Tests.Fuzz;

/// <summary>Takes an input as far as it goes: parsing, binding, the main stage in a world without a machine, handlers compiled for a kernel of a few events.</summary>
public sealed class FrontEnd : IDisposable
{
    private const int MaxLoop = 200;
    private static readonly FrozenTarget Target = new();

    private readonly Timer _timer;
    private volatile FakeWorld? _world;

    /// <summary>For one thread.</summary>
    public FrontEnd() => _timer = new Timer(_ =>
    {
        if (_world is { } world) world.StopRequested = true;
    });

    /// <summary>How far an input came.</summary>
    public enum Stage
    {
        /// <summary>It doesn't parse.</summary>
        Parsed,
        /// <summary>It doesn't bind.</summary>
        Bound,
        /// <summary>Its main stage ended with an error, or was broken off.</summary>
        Ran,
        /// <summary>Its handlers don't compile.</summary>
        Typed,
        /// <summary>Nothing is wrong with it.</summary>
        Compiled,
    }

    /// <summary>Runs one input; throws what must not be thrown.</summary>
    public Stage Run(byte[] input)
    {
        var source = new SourceText("fuzz.kp", input);
        var diagnostics = new DiagnosticBag();
        var script = Parser.Parse(source, diagnostics);
        AstPrinter.Print(script);
        if (!InsideOf(source, diagnostics)) return Stage.Parsed;
        var bound = Binder.Bind(script, diagnostics, "arg");
        if (!InsideOf(source, diagnostics)) return Stage.Bound;

        var world = new FakeWorld();
        _world = world;
        _timer.Change(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        try
        {
            var evaluator = new Evaluator(bound, new Dictionary<string, Value> { ["arg"] = Value.Table(new Table("arg")) }, world, new EvaluatorOptions(MaxLoop));
            var main = evaluator.RunMain();
            var options = new CompileOptions(new ProbeOptions(null, 64, main.Types), new CodeOptions(256, 1, [], null, false, 1000, false), KeepCoreRelocations: false);
            var compiled = Compilation.Compile(main, Target, options, diagnostics);
            InsideOf(source, diagnostics);
            return compiled is null ? Stage.Typed : Stage.Compiled;
        }
        catch (Exception e) when (e is ScriptException or ExitException or InterruptedException)
        {
            return Stage.Ran;
        }
        finally
        {
            _world = null;
        }
    }

    public void Dispose() => _timer.Dispose();

    // Whether there is no error yet; every place has to be inside the script. Specs that were computed have texts of their own.
    private static bool InsideOf(SourceText source, DiagnosticBag diagnostics)
    {
        foreach (var d in diagnostics)
            if (d.Span.Start < 0 || d.Span.End < d.Span.Start || d.Span.End > d.Source.Length)
                throw new InvalidOperationException($"{d.Code} at {d.Span} of a text of {(d.Source == source ? "the script's " : "")}{d.Source.Length} bytes");
        return diagnostics.IsClean;
    }
}
