using Ktap.Compiler.Values;

namespace Ktap.Compiler.Tests.Values;

public class PrintfFormatTests
{
    [Fact]
    public void AFormatIsTakenApart()
    {
        var format = PrintfFormat.TryParse(new KString("100%% of %-5.3lli|%0*x%.*s\n"), out var problem)!;
        Assert.Null(problem);
        Assert.Equal(5, format.ArgumentCount);
        Assert.Equal<PrintfPiece[]>(
            [
                new PrintfPiece.Literal(new KString("100% of ")),
                new PrintfPiece.Conversion('d', PrintfFlags.Left, 5, 3, false, false, 0),
                new PrintfPiece.Literal(new KString("|")),
                new PrintfPiece.Conversion('x', PrintfFlags.Zero, 0, -1, true, false, 1),
                new PrintfPiece.Conversion('s', PrintfFlags.None, 0, 0, false, true, 3),
                new PrintfPiece.Literal(new KString("\n")),
            ], [.. format.Pieces]);
        Assert.Equal([0, 2, 4], format.Pieces.OfType<PrintfPiece.Conversion>().Select(c => c.ValueArgument));
        Assert.Equal([true, true, false], format.Pieces.OfType<PrintfPiece.Conversion>().Select(c => c.WantsInteger));
    }

    [Theory]
    [InlineData("%", "the format ends inside '%'")]
    [InlineData("%n", "unknown conversion '%n' in the format")]
    [InlineData("%.-5d", "unknown conversion '%.-' in the format")]
    [InlineData("%.1000001d", "a field of more than 1000000 bytes in the format")]
    public void WhatIsWrongIsSaid(string text, string expected)
    {
        Assert.Null(PrintfFormat.TryParse(new KString(text), out var problem));
        Assert.Equal(expected, problem);
    }
}
