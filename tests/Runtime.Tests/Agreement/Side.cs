using System.Text;
using Ktap.Compiler.Binding;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Evaluation;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Syntax;
using Ktap.Compiler.Text;
using Ktap.Compiler.Values;
using Ktap.Runtime.Rendering;
using Ktap.Runtime.Symbols;

using Target = Ktap.Compiler.Types.Target;

namespace Ktap.Runtime.Tests.Agreement;

/// <summary>One side of the comparison: the script bound and its main stage run, with variables and tables of its own.</summary>
internal sealed class Side
{
    /// <summary>What both sides let a loop do: more than the kernel's own bound, so that loops there need no counter; no program's loops are long.</summary>
    public const int MaxLoop = 10_000_000;

    private readonly OutputBuffer _output = OutputBuffer.InMemory();

    /// <summary>Runs the main stage; throws where the script has errors before there is anything to compare.</summary>
    public Side(SourceText source, KernelSymbols symbols, Target target)
    {
        var diagnostics = new DiagnosticBag();
        var script = Parser.Parse(source, diagnostics);
        var bound = Binder.Bind(script, diagnostics, "arg");
        if (diagnostics.FirstOrDefault(d => d.Severity == Severity.Error) is { } error) throw new ScriptException(error);
        World = new World(_output, symbols, target);
        Evaluator = new Evaluator(bound, new Dictionary<string, Value> { ["arg"] = Value.Table(new Table("arg")) }, World, new EvaluatorOptions(MaxLoop));
        Main = Evaluator.RunMain();
        Probes = [.. Main.Registrations.OfType<Registration.Probe>()];
    }

    /// <summary>The world that the script sees.</summary>
    public World World { get; }

    /// <summary>The evaluator.</summary>
    public Evaluator Evaluator { get; }

    /// <summary>What the main stage left.</summary>
    public MainResult Main { get; }

    /// <summary>The handlers, one a program.</summary>
    public IReadOnlyList<Registration.Probe> Probes { get; }

    /// <summary>Calls a handler in user space.</summary>
    public Outcome Call(int program)
    {
        var ending = "";
        try
        {
            Evaluator.Call((Closure)Probes[program].Handler);
        }
        catch (ScriptException e) when (Ending.OfUser(e.Diagnostic) is { } kind)
        {
            ending = Ending.Error(kind, e.Diagnostic.Source, e.Diagnostic.Span);
        }
        catch (ScriptException e)
        {
            return new Outcome("", $"{e.Diagnostic.Code}: {e.Diagnostic.Message}");
        }
        catch (ExitException e)
        {
            ending = Ending.Exit(e.Code);
        }
        return new Outcome(ending + TakeOutput(), null);
    }

    /// <summary>What was printed since the last time.</summary>
    public string TakeOutput()
    {
        var text = Encoding.Latin1.GetString(_output.Written);
        _output.Clear();
        return text;
    }

    /// <summary>What is in the variables that a handler can reach: globals whose names begin with a prefix, and what it captured.</summary>
    public string State(int program, string prefix)
    {
        var text = new StringBuilder();
        for (var i = 0; i < Main.Globals.Length; i++)
            if (Main.Script.Globals[i].Name is var name && name.StartsWith(prefix, StringComparison.Ordinal) && BuiltinTable.Find(name) is null) Write(text, Main.Script.Globals[i].Name, Main.Globals[i].Value);
        var handler = (Closure)Probes[program].Handler;
        for (var i = 0; i < handler.Captures.Length; i++) Write(text, handler.Captures[i].Name, handler.Captures[i].Value);
        return text.ToString();
    }

    private void Write(StringBuilder text, string name, Value value)
    {
        if (value.Kind == ValueKind.Function) return;
        if (value.Kind != ValueKind.Table)
        {
            text.Append(name).Append(" = ").Append(Describe(value)).Append('\n');
            return;
        }
        text.Append("len(").Append(name).Append(") = ").Append(value.AsTable.Count).Append('\n');
        foreach (var (key, slot) in value.AsTable.Store.Snapshot().Select(p => (Describe(p.Key), p.Value)).OrderBy(p => p.Item1, StringComparer.Ordinal))
            Write(text, $"{name}[{key}]", slot);
    }

    // Every byte, and kinds kept apart.
    private string Describe(Value value) => value.Kind switch
    {
        ValueKind.String => '"' + string.Concat(value.AsString.Span.ToArray().Select(b => b is >= 32 and < 127 ? ((char)b).ToString() : $"\\x{b:x2}")) + '"',
        ValueKind.Tuple => string.Join(", ", value.AsTuple.Parts.Select(Describe)),
        ValueKind.Nil or ValueKind.Bool or ValueKind.Int => value.ToString(),
        _ => Encoding.UTF8.GetString(World.Render(value).Span),
    };
}

/// <summary>How a run of a handler ended and what it printed; or why it can't be compared: it came to where the language has the sides differ.</summary>
internal readonly record struct Outcome(string Text, string? Unlike);

/// <summary>How a run of a handler ended early, told the same for both sides.</summary>
internal static class Ending
{
    /// <summary>What ends a handler where user space reports this error, or null where they differ.</summary>
    public static HandlerError? OfUser(Diagnostic diagnostic) => diagnostic.Code switch
    {
        "KT0601" => HandlerError.DivideByZero,
        "KT0603" => HandlerError.LoopLimit,
        "KT0604" or "KT0605" or "KT0606" or "KT0608" or "KT0617" => HandlerError.BadOperand,
        "KT0618" => HandlerError.ZeroStep,
        _ => null,
    };

    /// <summary>An error at a line.</summary>
    public static string Error(HandlerError kind, SourceText source, TextSpan span) => $"{kind} in line {source.PositionOf(span.Start).Line}\n";

    /// <summary><c>exit</c> with a code.</summary>
    public static string Exit(int code) => $"exit {code}\n";
}
