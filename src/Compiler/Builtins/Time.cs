using Ktap.Compiler.Bpf;
using Ktap.Compiler.Ir;
using Ktap.Compiler.Types;
using Ktap.Compiler.Values;

namespace Ktap.Compiler.Builtins;

/// <summary>Clocks.</summary>
internal static class Time
{
    public static readonly BuiltinFamily Family = new("Time",
    [
        new("nsecs", [], "Nanoseconds of the monotonic clock.") 
        {
            IsValue = true,
            User = (context, _) => Value.Int(context.World.MonotonicNanoseconds),
            Kernel = new KernelBody((_, _) => KtapType.Int, (context, _) => IrValue.OfInt(context.Ir.Call(BpfHelper.KtimeGetNs, CallEffect.Read))),
        },
        new("elapsed", [], "Nanoseconds since ktap started.")
        {
            IsValue = true,
            User = (context, _) => Value.Int(context.World.MonotonicNanoseconds - context.World.StartNanoseconds),
            Kernel = Clock(IrBinary.Sub, ControlBlock.Start, 1),
        },
        new("gettimeofday_ns", [], "Nanoseconds since 1970.") { User = (context, _) => Value.Int(context.World.WallClockNanoseconds), Kernel = Clock(IrBinary.Add, ControlBlock.WallClock, 1) },
        new("gettimeofday_us", [], "Microseconds since 1970.") { User = (context, _) => Value.Int(context.World.WallClockNanoseconds / 1_000), Kernel = Clock(IrBinary.Add, ControlBlock.WallClock, 1_000) },
        new("gettimeofday_ms", [], "Milliseconds since 1970.") { User = (context, _) => Value.Int(context.World.WallClockNanoseconds / 1_000_000), Kernel = Clock(IrBinary.Add, ControlBlock.WallClock, 1_000_000) },
        new("gettimeofday_s", [], "Seconds since 1970.") { User = (context, _) => Value.Int(context.World.WallClockNanoseconds / 1_000_000_000), Kernel = Clock(IrBinary.Add, ControlBlock.WallClock, 1_000_000_000) },
        new("strftime", [Row.String("format"), Row.Int("ns")], "A time in nanoseconds since 1970 as text, by a format of C's strftime, in local time; `%f` is microseconds, `%N` nanoseconds. A handler can print it, and nothing else.")
        {
            Kernel = KernelBody.Seeing((_, args) => TextOf(args[0].Constant), (_, args) => IrValue.OfWord(TextOf(args[0].Constant), args[1].Word)),
            User = (context, args) => Value.String(TimeFormat.Format(args[0].AsString.ToString(), args[1].AsInt, context.World.UtcOffset)),
        },
    ]);

    private static KtapType.IntType TextOf(Value? format) => format is { Kind: ValueKind.String } known
        ? new KtapType.IntType(new IntFormat.Time(known.AsString.ToString()))
        : throw new BuiltinException("in a handler the format must be known when compiling", "strftime(\"%H:%M:%S\", gettimeofday_ns())");

    // The monotonic clock and a word that user space wrote, in units of so many nanoseconds.
    private static KernelBody Clock(IrBinary op, int word, long unit) => new((_, _) => KtapType.Int, (context, _) =>
    {
        var ir = context.Ir;
        var time = ir.Binary(op, ir.Call(BpfHelper.KtimeGetNs, CallEffect.Read), ir.Load(ir.Data(DataKind.Bss, word), 0));
        return IrValue.OfInt(unit == 1 ? time : ir.Binary(IrBinary.DivU, time, unit));
    });
}
