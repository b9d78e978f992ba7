using System.Collections.Immutable;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Builtins;

/// <summary>Builtins for aggregates (language §6): in user space they read one, in handlers they make one of what they are assigned to.</summary>
internal static class Aggregates
{
    private const string HowToMake = "t[k] <<< e makes one, or in a handler t[k] = hist(e)";

    public static readonly BuiltinFamily Family = new("Aggregates",
    [
        // Without arguments it only counts, in a handler; the number of them is looked at here, as nil is an argument too.
        new("count", [Row.Any("a").Rest], "The number of samples of an aggregate, 0 of nil; in a handler `t[k] = count()` counts.")
        {
            Makes = new(AggregateView.Count, AggregateParts.Count, 0),
            Reads = AggregateParts.Count,
            User = (_, args) => args.Length == 1
                ? Value.Int(args[0].IsNil ? 0 : AggregateIn(args[0]).Count)
                : throw new BuiltinException($"takes an aggregate, not {args.Length} arguments", "count() without arguments counts in handlers only"),
        },
        new("sum", [Row.Any("a")], "The sum of the samples, 0 of nil; in a handler `t[k] = sum(e)` adds.")
        {
            Makes = new(AggregateView.Sum, AggregateParts.Sum, 1),
            Reads = AggregateParts.Sum,
            User = (_, args) => args[0].IsNil ? Value.Int(0) : Read(args[0], AggregateParts.Sum, a => a.Statistics.Sum),
        },
        new("avg", [Row.Any("a")], "The average of the samples, truncated; in a handler `t[k] = avg(e)` keeps it.")
        {
            Makes = new(AggregateView.Average, AggregateParts.Sum, 1),
            Reads = AggregateParts.Count | AggregateParts.Sum,
            User = (_, args) => Read(args[0], AggregateParts.Count | AggregateParts.Sum, a => a.Average),
        },
        new("stddev", [Row.Any("a")], "The standard deviation of the samples, truncated; in a handler `t[k] = stddev(e)` keeps it.")
        {
            Makes = new(AggregateView.Deviation, AggregateParts.Sum | AggregateParts.Squares, 1),
            Reads = AggregateParts.Count | AggregateParts.Sum | AggregateParts.Squares,
            User = (_, args) => Read(args[0], AggregateParts.Count | AggregateParts.Sum | AggregateParts.Squares, a => a.Deviation),
        },
        new("quantile", [Row.Any("a"), Row.Int("percent")], "The value that so many percent of the samples don't exceed, to within 1.6 % of it.")
        {
            Reads = AggregateParts.Fine,
            User = (_, args) => args[1].AsInt is >= 0 and <= 100 and var percent
                ? Read(args[0], AggregateParts.Fine, a => a.Quantile((int)percent))
                : throw new BuiltinException($"{args[1].AsInt} is no percentage", "the median is quantile(a, 50)"),
        },
        Distribution("quantize", "Writes the distribution of the samples by powers of two; in a handler `t[k] = quantize(e)` keeps it."),
        Distribution("hist", "The same as `quantize`."),
        Linear("lquantize", "Writes the distribution of the samples by steps, which have to be constants; in a handler `t[k] = lquantize(e, lo, hi, step)` keeps it."),
        Linear("lhist", "The same as `lquantize`."),
    ]);

    /// <summary>What a reader gives for an aggregate or nil, where the aggregate keeps what it needs.</summary>
    public static Value Read(Value value, AggregateParts needs, Func<Aggregate, long?> read)
    {
        if (value.IsNil) return Value.Nil;
        var aggregate = AggregateIn(value);
        if (!aggregate.Plan.Has(needs)) throw new BuiltinException("this aggregate doesn't keep what that needs", "use t[k] <<< e, from which everything can be read");
        return read(aggregate) is { } result ? Value.Int(result) : Value.Nil;
    }

    private static Aggregate AggregateIn(Value value) => value.Kind == ValueKind.Aggregate
        ? value.AsAggregate
        : throw new BuiltinException($"takes an aggregate, not {(value.Kind is ValueKind.Int ? "an" : "a")} {value.KindName}",
            value.Kind == ValueKind.Int ? "what t[k] = count() and its kin make is read as an integer, by its name: t[k]" : HowToMake);

    private static Builtin Distribution(string name, string doc) => new(name, [Row.Any("a")], doc)
    {
        Makes = new(AggregateView.Distribution, AggregateParts.Powers, 1),
        Reads = AggregateParts.Powers,
        Prints = true,
        User = (context, args) => Print(context, args[0], a => a.Plan.Has(AggregateParts.Powers) ? a.As(new AggregatePlan(AggregateView.Distribution, AggregateParts.Powers)) : null),
    };

    private static Builtin Linear(string name, string doc) => new(name, [Row.Any("a"), Row.Int("lo"), Row.Int("hi"), Row.Int("step")], doc)
    {
        Makes = new(AggregateView.Linear, AggregateParts.None, 4),
        Reads = AggregateParts.None,
        TakesSteps = true,
        Prints = true,
        User = (context, args) => Print(context, args[0], a => a.Linear(new LinearSteps(args[1].AsInt, args[2].AsInt, args[3].AsInt))),
    };

    private static Value Print(UserContext context, Value value, Func<Aggregate, Aggregate?> show)
    {
        if (value.IsNil) return Value.Nil;
        var shown = show(AggregateIn(value)) ?? throw new BuiltinException("the samples weren't counted in these steps", "bounds and step of a linear distribution are written as constants");
        context.World.Print([Value.Aggregate(shown)]);
        return Value.Nil;
    }
}
