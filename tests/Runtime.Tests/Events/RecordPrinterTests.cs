using System.Collections.Immutable;
using System.Text;
using Ktap.Compiler.Builtins;
using Ktap.Compiler.Lowering;
using Ktap.Compiler.Text;
using Ktap.Compiler.Types;
using Ktap.Compiler.Typing;
using Ktap.Compiler.Values;
using Ktap.Runtime.Events;
using Ktap.Runtime.Rendering;
using static Ktap.Runtime.Tests.Rendering.Rendered;

namespace Ktap.Runtime.Tests.Events;

public class RecordPrinterTests
{
    private const int Capacity = 16;

    private static readonly Printf Printf = new(Values);
    private static readonly KtapType Text = new KtapType.StringType(Capacity);

    private static OutputSite Site(string format, params KtapType[] types) => new(
        0, BuiltinTable.Find("printf")!, [new OutputArgument.Constant(Value.String(format)), .. types.Select(t => new OutputArgument.Dynamic(t))], SourceText.From(""), default);

    private static byte[] Record(bool timestamps, params object[] arguments)
    {
        var bytes = new List<byte>(new byte[8]);
        if (timestamps) bytes.AddRange(BitConverter.GetBytes(12_000_034_567L));
        foreach (var argument in arguments)
            if (argument is string text) bytes.AddRange(Encoding.UTF8.GetBytes(text.PadRight(Capacity, '\0')));
            else bytes.AddRange(BitConverter.GetBytes((long)argument));
        return [.. bytes];
    }

    [Fact]
    public void ItWritesWhatPrintfWrites()
    {
        string[] flags = ["", "-", "+", " ", "#", "0", "-+", "0+", "# "], widths = ["", "1", "9", "30"], precisions = ["", ".0", ".3", ".20"];
        long[] numbers = [0, 1, -1, 255, 1234567, long.MaxValue, long.MinValue];
        string[] strings = ["", "a", "\x1b[31m", "fifteen letters"];
        var formats = 0;
        foreach (var conversion in "diuxXops")
            foreach (var flag in flags)
                foreach (var width in widths)
                    foreach (var precision in precisions)
                    {
                        var format = $"<%{flag}{width}{precision}{conversion}|%%>\n";
                        var printer = RecordPrinter.For(Site(format, conversion == 's' ? Text : KtapType.Int), timestamps: false, Printf);
                        Assert.NotNull(printer);
                        formats++;
                        foreach (var escaping in new[] { StringEscaping.None, StringEscaping.Terminal })
                            foreach (var (raw, value) in conversion == 's'
                                ? strings.Select(s => ((object)s, Value.String(s)))
                                : numbers.Select(n => ((object)n, Value.Int(n))))
                                Assert.Equal(
                                    By(o => Printf.Write(o, new KString(format), [value]), escaping),
                                    By(o => printer.Write(o, Record(false, raw)), escaping));
                    }
        Assert.Equal(8 * 9 * 4 * 4, formats);
    }

    [Fact]
    public void ArgumentsAreInTheirPlacesBehindTheTime()
    {
        var printer = RecordPrinter.For(Site("%d %s %d\n", KtapType.Int, Text, KtapType.Int), timestamps: true, Printf);
        Assert.Equal("12.000034 7 sh -9\n", By(o => printer!.Write(o, Record(true, 7L, "sh", -9L))));
    }

    [Fact]
    public void CallsThatNeedTheEvaluatorAreLeftToIt()
    {
        Assert.Null(RecordPrinter.For(Site("%d", new KtapType.OptionalType(KtapType.Int)), false, Printf));
        Assert.Null(RecordPrinter.For(Site("%d", Text), false, Printf));
        Assert.Null(RecordPrinter.For(Site("%s", KtapType.Int), false, Printf));
        Assert.Null(RecordPrinter.For(Site("%*d", KtapType.Int, KtapType.Int), false, Printf));
        Assert.Null(RecordPrinter.For(Site("%d %d", KtapType.Int), false, Printf));
        Assert.Null(RecordPrinter.For(Site("%y", KtapType.Int), false, Printf));
        Assert.Null(RecordPrinter.For(Site("%d", KtapType.Int) with { Builtin = BuiltinTable.Find("print")! }, false, Printf));
        Assert.Null(RecordPrinter.For(new OutputSite(0, BuiltinTable.Find("printf")!, [new OutputArgument.Dynamic(Text)], SourceText.From(""), default), false, Printf));
    }
}
