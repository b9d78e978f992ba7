using Ktap.Compiler.Text;

namespace Ktap.Compiler.Diagnostics;

// KT027n: aggregates. KT063n: aggregates in user space.
public static partial class Errors
{
    /// <summary>KT0280: bounds of a linear distribution that make no rows.</summary>
    public static Diagnostic BadSteps(SourceText source, TextSpan span, string problem) =>
        Error("KT0280", source, span, $"these are no rows of a distribution: {problem}", "lhist(e, 0, 100, 10) has rows [0, 10), [10, 20) … [90, 100), one below and one above");

    /// <summary>KT0281: bounds of a linear distribution in a handler that are not constants.</summary>
    public static Diagnostic StepsNotConstant(SourceText source, TextSpan span, string name) =>
        Error("KT0281", source, span, $"the bounds and the step of '{name}' have to be constants");

    /// <summary>KT0282: a table or variable that one place samples and another fills otherwise.</summary>
    public static Diagnostic MixedAggregates(SourceText source, TextSpan span, string what) =>
        Error("KT0282", source, span, $"{what} would hold aggregates and something else, or aggregates of two kinds", "a table or variable is filled in one way: by <<<, or by one of count() sum(e) avg(e) …, or by plain values");

    /// <summary>KT0283: a handler that uses the value of an aggregate.</summary>
    public static Diagnostic AggregateRead(SourceText source, TextSpan span, string what) =>
        Error("KT0283", source, span, $"{what} holds an aggregate: a handler can add to it, and not read it", "read it in a tick or in trace_end");

    /// <summary>KT0284: what makes an aggregate stands where nothing can hold one.</summary>
    public static Diagnostic AggregateAlone(SourceText source, TextSpan span, string name) =>
        Error("KT0284", source, span, $"'{name}' has no value in a handler", $"as the whole right side of '=' it makes an aggregate: t[k] = {name}(…)");

    /// <summary>KT0285: a sample of a local variable in a handler.</summary>
    public static Diagnostic LocalAggregate(SourceText source, TextSpan span, string name) =>
        Error("KT0285", source, span, $"'{name}' is gone when the handler ends, so it can't be an aggregate", "declare it outside the handler");

    /// <summary>KT0286: a sample that is no integer.</summary>
    public static Diagnostic BadSample(SourceText source, TextSpan span, string kind) =>
        Error("KT0286", source, span, $"a sample is an integer, not {A(kind)}");

    /// <summary>KT0287: removing one aggregate of a table in a handler.</summary>
    public static Diagnostic AggregateRemoved(SourceText source, TextSpan span, string table) =>
        Error("KT0287", source, span, $"'{table}' holds aggregates: a handler can't remove one", "delete it in a tick, or the whole table: delete(t)");

    /// <summary>KT0630: a sample that is no integer, in user space.</summary>
    public static Diagnostic SampleKind(SourceText source, TextSpan span, string kind) =>
        Error("KT0630", source, span, $"a sample is an integer, not {Article(kind)}");

    /// <summary>KT0631: a sample for something that holds another kind of value.</summary>
    public static Diagnostic NotAnAggregate(SourceText source, TextSpan span, string kind) =>
        Error("KT0631", source, span, $"'<<<' adds to an aggregate, and this is {Article(kind)}", "assign nil to begin anew");
}
