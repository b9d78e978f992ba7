using Ktap.Compiler.Binding;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Evaluation;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Text;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Tests.Evaluation;

/// <summary>Runs scripts through parser, binder and evaluator.</summary>
public static class Scripts
{
    private static readonly Dictionary<string, Value> Predefined = new() { ["arg"] = Arguments() };

    /// <summary>Binds a script that has no errors.</summary>
    public static BoundScript Bind(string text)
    {
        var diagnostics = new DiagnosticBag();
        var bound = Binder.Bind(Parser.Parse(SourceText.From(text), diagnostics), diagnostics, "arg");
        Assert.Equal("", string.Join('\n', diagnostics));
        return bound;
    }

    /// <summary>The binder's diagnostics, one a line: <c>line:column CODE message</c>.</summary>
    public static string Diagnose(string text)
    {
        var diagnostics = new DiagnosticBag();
        var script = Parser.Parse(SourceText.From(text), diagnostics);
        Assert.Equal("", string.Join('\n', diagnostics));
        Binder.Bind(script, diagnostics, "arg");
        return string.Join('\n', diagnostics.Select(Short));
    }

    /// <summary>An evaluator, ready for the main stage.</summary>
    public static Evaluator Evaluator(string text, FakeWorld world, long maxLoop = 1_000_000) =>
        new(Bind(text), Predefined, world, new EvaluatorOptions(maxLoop));

    /// <summary>What a script writes in its main stage, and after that the error that ended it.</summary>
    public static string Run(string text, long maxLoop = 1_000_000)
    {
        var world = new FakeWorld();
        try
        {
            OnBigStack(() => Evaluator(text, world, maxLoop).RunMain());
            return world.Output;
        }
        catch (ScriptException e)
        {
            return world.Output + Short(e.Diagnostic);
        }
        catch (ExitException e)
        {
            return $"{world.Output}exit {e.Code}";
        }
    }

    /// <summary>What the main stage left.</summary>
    public static MainResult RunMain(string text) => Evaluator(text, new FakeWorld()).RunMain();

    /// <summary>Does something on a thread with the stack that the evaluator asks for.</summary>
    public static void OnBigStack(Action action)
    {
        System.Runtime.ExceptionServices.ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                action();
            }
            catch (Exception e)
            {
                failure = System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(e);
            }
        }, Compiler.Evaluation.Evaluator.StackBytes);
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    /// <summary>A diagnostic on one line, without the script's name.</summary>
    public static string Short(Diagnostic d)
    {
        var at = d.Source.PositionOf(d.Span.Start);
        return $"{at.Line}:{at.Column} {d.Code} {d.Message}";
    }

    private static Value Arguments()
    {
        var table = new Table("arg");
        table[Value.Int(0)] = Value.String("script.kp");
        table[Value.Int(1)] = Value.Int(42);
        return Value.Table(table);
    }
}
