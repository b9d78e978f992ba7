using Ktap.Compiler.Diagnostics;
using Ktap.Compiler.Text;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Evaluation;

/// <summary>
/// An expression made ready to run: slots, cells and operators are looked up once, when a function is called for the first time.
/// </summary>
internal abstract class Node
{
    /// <summary>The value; of a call its first result.</summary>
    public abstract Value Evaluate(Frame frame);

    /// <summary>The value as a condition.</summary>
    public virtual bool Test(Frame frame) => Evaluate(frame).IsTruthy;

    /// <summary>Whether it can give any number of values where it stands last.</summary>
    public virtual bool HasSeveral => false;

    /// <summary>All values.</summary>
    public virtual Value[] EvaluateAll(Frame frame) => [Evaluate(frame)];

    /// <summary>The values of expressions, all of the last one's.</summary>
    public static Value[] EvaluateList(Node[] nodes, Frame frame)
    {
        if (nodes.Length == 0) return [];
        var last = nodes[^1];
        if (!last.HasSeveral)
        {
            var values = new Value[nodes.Length];
            for (var i = 0; i < nodes.Length; i++) values[i] = nodes[i].Evaluate(frame);
            return values;
        }
        var list = new List<Value>(nodes.Length + 2);
        for (var i = 0; i < nodes.Length - 1; i++) list.Add(nodes[i].Evaluate(frame));
        list.AddRange(last.EvaluateAll(frame));
        return [.. list];
    }
}

/// <summary>How a statement ended.</summary>
internal enum Signal : byte
{
    /// <summary>The next statement follows.</summary>
    Next,

    /// <summary>The innermost loop ends.</summary>
    Break,

    /// <summary>The innermost loop goes round.</summary>
    Continue,

    /// <summary>The function ends; its results are in the frame.</summary>
    Return,

    /// <summary>The function ends with a call, which its caller makes: <see cref="Frame.Tail"/>.</summary>
    TailCall,
}

/// <summary>A statement made ready to run.</summary>
internal abstract class Step
{
    /// <summary>Runs it.</summary>
    public abstract Signal Execute(Frame frame);
}

/// <summary>One call of a function: its variables and its results.</summary>
internal sealed class Frame(Evaluator evaluator, FunctionCode code, System.Collections.Immutable.ImmutableArray<Cell> captures)
{
    public readonly Evaluator Evaluator = evaluator;
    public readonly FunctionCode Code = code;
    public readonly System.Collections.Immutable.ImmutableArray<Cell> Captures = captures;

    /// <summary>The variables that live on the stack.</summary>
    public readonly Value[] Locals = new Value[code.LocalCount];

    /// <summary>The variables that closures captured, under the same slots.</summary>
    public readonly Cell[] Cells = code.HasCells ? new Cell[code.LocalCount] : [];

    /// <summary>The first result, nil where there is none.</summary>
    public Value Result;

    /// <summary>The results where they aren't exactly one.</summary>
    public Value[]? Results;

    /// <summary>The call that takes this one's place.</summary>
    public Frame? Tail;

    /// <summary>All results.</summary>
    public Value[] AllResults => Results switch { null => [Result], [] => [Value.Nil], var several => several };
}

/// <summary>Where a piece of code stands, for errors.</summary>
internal readonly record struct Origin(SourceText Source, TextSpan Span)
{
    private const int LongestText = 40;

    /// <summary>The code itself, on one line and not too long.</summary>
    public string Text
    {
        get
        {
            var text = Source.TextOf(Span).Split('\n')[0].Trim();
            return text.Length > LongestText ? text[..LongestText] + "…" : text;
        }
    }

    /// <summary>An error of the script at this place.</summary>
    public ScriptException Error(Func<SourceText, TextSpan, Diagnostic> make) => new(make(Source, Span));
}
