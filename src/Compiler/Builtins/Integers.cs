using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Builtins;

/// <summary>Builtins for integers, which with one argument are for aggregates.</summary>
internal static class Integers
{
    public static readonly BuiltinFamily Family = new("Integers",
    [
        Extreme("min", "The smallest of two or more integers; of one aggregate its least sample; in a handler `t[k] = min(e)` keeps that.",
            AggregateView.Min, AggregateParts.Min, a => a.Statistics.Min, isLess: true),
        Extreme("max", "The largest of two or more integers; of one aggregate its largest sample; in a handler `t[k] = max(e)` keeps that.",
            AggregateView.Max, AggregateParts.Max, a => a.Statistics.Max, isLess: false),
    ]);

    private static Builtin Extreme(string name, string doc, AggregateView view, AggregateParts part, Func<Aggregate, long> read, bool isLess) =>
        new(name, [Row.Any("a"), Row.Int("more").Rest], doc)
        {
            Makes = new(view, part, 1),
            Reads = AggregateParts.Count | part,
            User = (_, args) =>
            {
                if (args.Length == 1) return Aggregates.Read(args[0], AggregateParts.Count | part, a => a.Count == 0 ? null : read(a));
                if (args[0].Kind != ValueKind.Int) throw new BuiltinException($"takes two or more integers or one aggregate; the first is {args[0].KindName}");
                return isLess ? args.MinBy(a => a.AsInt) : args.MaxBy(a => a.AsInt);
            },
            Kernel = new KernelBody(
                // Of a nil it makes a nil, as arithmetic does.
                (_, types) => types.Length > 1 && types.All(t => t.NotNil is KtapType.IntType or KtapType.NeverType)
                    ? types.Any(t => t is KtapType.NilType) ? KtapType.Nil : types.Any(t => t.MayBeNil) ? KtapType.Int.OrNil : KtapType.Int
                    : throw new BuiltinException($"'{name}' takes two or more integers in a handler", $"alone on the right of '=' it makes an aggregate: t[k] = {name}(e)"),
                (context, values) =>
                {
                    if (values.Any(v => v.Type is KtapType.NilType)) return IrValue.Nil;
                    var ir = context.Ir;
                    var result = ir.Copy(values[0].Word);
                    VReg? present = values[0].Present;
                    foreach (var value in values.Skip(1))
                    {
                        var (take, next) = (ir.NewBlock(), ir.NewBlock());
                        ir.Branch(isLess ? IrCondition.LtS : IrCondition.GtS, ir.Materialize(value.Word), result, take, next);
                        ir.Start(take);
                        ir.Assign(result, value.Word);
                        ir.Start(next);
                        if (value.Present is { } p) present = present is { } so ? ir.Binary(IrBinary.And, so, p) : p;
                    }
                    return present is { } there ? IrValue.OfInt(result).When(there) : IrValue.OfInt(result);
                }),
        };
}
