using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Builtins;

/// <summary>Builtins that write.</summary>
internal static class Output
{
    private const int DefaultRows = 20;

    public static readonly BuiltinFamily Family = new("Output",
    [
        new("print", [Row.Any("values").Rest], "Writes the values, separated by tabs, and a newline.")
        {
            Prints = true,
            Reads = AggregateParts.Powers,
            Deferred = true,
            User = (context, args) =>
            {
                context.World.Print(args);
                return Value.Nil;
            },
        },
        new("printf", [Row.String("format"), Row.Any("values").Rest], "Writes the values by a format of C: `%d %i %u %x %X %o %c %s %p %%`, with flags, width and precision.")
        {
            IsFormatted = true,
            Prints = true,
            Reads = AggregateParts.Powers,
            Deferred = true,
            User = (context, args) =>
            {
                context.World.Printf(args[0].AsString, args.AsSpan(1));
                return Value.Nil;
            },
        },
        new("print_hist", [Row.Table("t"), Row.Int("rows").Optional], "Writes a histogram of a table's keys by their values, largest first, of at most so many rows (20); of a table of aggregates the distribution under each key.")
        {
            Prints = true,
            Reads = AggregateParts.Powers,
            Deferred = true,
            User = (context, args) =>
            {
                context.World.PrintHistogram(args[0].AsTable, args[1].IsNil ? DefaultRows : (int)Math.Clamp(args[1].AsInt, 0, int.MaxValue));
                return Value.Nil;
            },
        },
    ]);
}
